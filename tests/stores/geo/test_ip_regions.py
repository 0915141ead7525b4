"""A9: a network address leads to a region where there is nothing better; nothing that is sent as
one is an error."""

from __future__ import annotations

import gzip
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.geo import ip_regions
from stores.geo.ip_regions import region_in, region_of
from stores.geo.regions import region_and_above, regions
from tests import mmdb

SHANGHAI = {
    "country": {"iso_code": "CN"},
    "subdivisions": [{"iso_code": "SH", "names": {"zh-CN": "上海市"}}],
    "city": {"names": {"zh-CN": "上海"}},
}


@pytest.fixture(autouse=True)
def _shipped_again() -> Iterator[None]:
    ip_regions.configure(ip_regions.SHIPPED)
    yield
    ip_regions.configure(ip_regions.SHIPPED)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("8.8.8.8", "US"),
        (" 8.8.8.8 ", "US"),
        ("::ffff:8.8.8.8", "US"),
        ("202.96.209.5", "CN"),
        ("168.95.1.1", "710000"),
        ("203.80.96.10", "810000"),
    ],
)
def test_a9_the_shipped_database_names_the_country(address, code):
    assert region_of(address) == (code, "ip_region")


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "192.168.1.7",
        "172.16.0.1",
        "127.0.0.1",
        "169.254.3.4",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "192.0.2.1",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:10.0.0.1",
        "ff02::1",
    ],
)
def test_a9_a_private_or_reserved_address_tells_no_region(address):
    assert region_of(address) == (None, "ip_private")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "999.1.1.1",
        "1.2.3",
        "01.02.03.04",
        "1.2.3.4:80",
        "1.2.3.4, 5.6.7.8",
        "8.8.8.8/24",
        "١.٢.٣.٤",
        "2001:4860:4860::8888",
    ],
)
def test_a9_what_cannot_be_read_is_a_note(address):
    assert region_of(address) == (None, "ip_unusable")


@given(
    st.one_of(
        st.text(max_size=60),
        st.text(string.digits + ".:/% abcdef", max_size=40),
        st.ip_addresses().map(str),
    )
)
def test_a9_no_text_is_an_error(text):
    code, note = region_of(text)
    assert note in ("ip_region", "ip_private", "ip_unusable", "ip_unknown") and (
        code is not None
    ) == (note == "ip_region")


def test_a9_a_database_of_cities_leads_to_divisions_and_states(tmp_path):
    path = mmdb.write(
        tmp_path / "cities.mmdb",
        {
            "8.8.0.0/16": {"country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "TX"}]},
            "8.8.8.0/24": SHANGHAI,
            "8.9.0.0/16": {"country_code": "CN", "adcode": "440305"},
            "8.10.0.0/16": {"country_code": "CN", "region": "广西", "city": "南宁"},
        },
    )
    ip_regions.configure(path)
    assert [region_of(f"8.{rest}")[0] for rest in ("8.1.1", "8.8.1", "9.1.1", "10.1.1")] == [
        "US-TX",
        "310100",
        "440305",
        "450100",
    ]
    assert region_of("9.9.9.9") == (None, "ip_unknown")
    packed = Path(f"{path}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    ip_regions.configure(packed)
    assert region_of("8.8.8.1") == ("310100", "ip_region")


def test_a9_a_database_of_both_protocols_reads_both(tmp_path):
    ip_regions.configure(
        mmdb.write(
            tmp_path / "both.mmdb",
            {"8.8.8.0/24": {"country_code": "US"}, "2001:4860::/32": {"country_code": "DE"}},
            ip_version=6,
        )
    )
    assert region_of("2001:4860:4860::8888")[0] == "DE" and region_of("8.8.8.8")[0] == "US"


def test_a9_without_a_database_every_address_is_unknown():
    ip_regions.configure(None)
    assert region_of("8.8.8.8") == (None, "ip_unknown") and region_of("10.0.0.1") == (
        None,
        "ip_private",
    )


def test_a9_a_file_that_is_no_database_is_refused_at_the_start(tmp_path):
    for name, content in (
        ("a.mmdb", b"nothing of the kind"),
        ("b.mmdb.gz", b"no gzip"),
        ("c.mmdb.gz", gzip.compress(b"no database")),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ip_regions.Unreadable):
            ip_regions.configure(tmp_path / name)


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({}, None),
        ({"country_code": "XYZ"}, None),
        ({"country_code": 7}, None),
        ({"country": "DE"}, "DE"),
        ({"country": {"iso_code": "HK"}}, "810000"),
        ({"country_code": "CN", "subdivisions": [{"iso_code": "31"}]}, "310000"),
        ({"country_code": "CN", "city": "Atlantis"}, "CN"),
        (
            {
                "country_code": "CN",
                "subdivisions": [{"iso_code": "GD"}],
                "city": {"names": {"zh-CN": "深圳"}},
            },
            "440300",
        ),
        ({"country_code": "US", "region_code": "CA"}, "US-CA"),
        ({"subdivisions": "odd", "city": 3, "country": None}, None),
    ],
)
def test_a9_records_of_the_usual_makers_are_read(record, code):
    assert region_in(record) == code


def test_every_province_of_the_iso_list_is_in_the_table():
    assert all(f"{digits}0000" in regions() for digits in ip_regions.ISO_OF_CHINA.values())


def test_a9_a_state_lies_in_its_country():
    assert (
        region_and_above("US-TX") == ("US-TX", "US")
        and region_and_above("US") == ("US",)
        and region_and_above("T-1") == ("T-1",)
    )
