"""Telephone numbers in one form, whatever way they are written (E.164)."""

from __future__ import annotations

import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st

from stores.base.calling_codes import calling_code, e164
from stores.base.countries import is_country


@pytest.mark.parametrize(
    ("country", "number", "written"),
    [
        (
            "CN",
            "+8613800138000",
            [
                "13800138000",
                "13800138000.0",
                "8613800138000",
                "+86 138 0013 8000",
                "+86 138-0013-8000",
                "0086 13800138000",
                "(+86)13800138000",
                "138 0013 8000",
                "１３８００１３８０００",
                "tel:+8613800138000",
                "86-138-0013-8000",
                "'13800138000",
                "+8613800138000.0",
                "13800138000\u202c",
            ],
        ),
        (
            "CN",
            "+862161234567",
            [
                "021-61234567",
                "(021) 6123 4567",
                "+86 (0)21 6123 4567",
                "+86 021 6123 4567",
                "862161234567",
                "2161234567",
            ],
        ),
        (
            "US",
            "+14155550123",
            [
                "(415) 555-0123",
                "415.555.0123",
                "1-415-555-0123",
                "+1 415 555 0123",
                "14155550123",
                "4155550123.0",
                "011 1 415 555 0123",
            ],
        ),
        (
            "DE",
            "+4915112345678",
            [
                "0151 12345678",
                "+49 (0)151 / 12345678",
                "004915112345678",
                "4915112345678",
                "15112345678",
            ],
        ),
        ("GB", "+442071234567", ["020 7123 4567", "+44 (0)20 7123 4567", "442071234567"]),
        ("IT", "+390612345678", ["06 1234 5678", "+39 06 1234 5678", "390612345678"]),
        (
            "RU",
            "+79161234567",
            ["8 916 123-45-67", "+7 916 123 45 67", "79161234567", "9161234567"],
        ),
        ("RU", "+78121234567", ["+7 812 1234567", "8 812 123 45 67"]),
        ("HU", "+3612345678", ["06 1 234 5678", "+36 1 234 5678"]),
        ("BR", "+5555999999999", ["(55) 99999-9999", "+55 55 99999 9999", "5555999999999"]),
        ("IN", "+919198765432", ["9198765432", "09198765432", "+91 91987 65432", "919198765432"]),
        ("HK", "+85291234567", ["9123 4567", "+852 9123 4567", "85291234567"]),
        ("JP", "+819012345678", ["090-1234-5678", "+81 90 1234 5678", "819012345678"]),
        ("CI", "+2250712345678", ["07 12 34 56 78", "+225 07 12 34 56 78"]),
        ("CN", "+13125550100", ["001 (312) 555 0100", "+1 312 555 0100"]),
        (None, "13800138000", ["138 0013 8000"]),
        (None, "+8613800138000", ["+86 138 0013 8000", "008613800138000"]),
    ],
)
def test_one_number_has_one_form(country, number, written):
    assert {text: e164(text, country) for text in written} == dict.fromkeys(written, number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "123",
        "1.38E+10",
        "13800138000/13900139000",
        "138-0013-8000 ext 5",
        "+" * 50,
        "1" * 61,
        "12.5.7x",
    ],
)
def test_what_is_no_number_is_none(text):
    assert e164(text, "CN") is None


@given(
    st.text(alphabet="+0123456789 ()-./", max_size=24),
    st.sampled_from(["CN", "US", "DE", "IT", "RU", "HK", None]),
)
def test_any_text_is_a_number_or_none(text, country):
    form = e164(text, country)
    assert form is None or form.removeprefix("+").isdigit()
    assert form is None or country is None or form.startswith("+")


def test_every_country_of_a_zone_that_a_brand_may_stand_in_has_a_calling_code():
    """But for those without a telephone network of their own."""
    missing = {
        str(country)
        for country in get_global("zone_territories").values()
        if is_country(str(country)) and calling_code(str(country)) is None
    }
    assert missing <= {
        "AI",
        "AG",
        "AQ",
        "AS",
        "AX",
        "BL",
        "BQ",
        "CC",
        "CX",
        "DM",
        "EH",
        "FK",
        "GD",
        "GS",
        "IO",
        "KN",
        "LC",
        "MF",
        "MP",
        "MS",
        "NF",
        "NU",
        "PN",
        "SJ",
        "SX",
        "TC",
        "TF",
        "TK",
        "UM",
        "VC",
        "VG",
        "VI",
        "WF",
        "YT",
    }
