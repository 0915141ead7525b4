"""What a cell may hold (CONTRACT 2): one good and many bad cells of every column."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from stores.imports.cells import CLEAR, BadCell
from stores.imports.number_cells import to_minor
from tests.stores.imports.files import GOOD, checked, found, only

BAD_CELLS = [
    ("branches", "branch_code", "", "required"),
    ("branches", "branch_code", "x" * 65, "65 characters"),
    ("branches", "branch_code", "B\u200b1", "U+200B"),
    ("branches", "branch_code", "B\u00a0 1".replace(" ", "\u202e"), "U+00A0"),
    ("branches", "branch_code", "2.02503E+17", "shortened"),
    ("branches", "name", "", "required"),
    ("branches", "name", "n" * 201, "201 characters"),
    ("branches", "name", "a\x07b", "U+0007"),
    ("branches", "parent_code", "B1", "the branch itself"),
    ("dealers", "platform_fee_bp", "5%", "5 % is 500"),
    ("dealers", "platform_fee_bp", "0.6 ％", "0.6 % is 60"),
    ("dealers", "platform_fee_bp", "five", "whole number"),
    ("dealers", "platform_fee_bp", "500.0", "whole number"),
    ("dealers", "platform_fee_bp", "-1", "outside 0 to 10000"),
    ("dealers", "platform_fee_bp", "10001", "outside 0 to 10000"),
    ("dealers", "channel_fee_bp", "٣", "whole number"),
    ("dealers", "channel_fee_bp", "9" * 30, "whole number"),
    ("dealers", "collection_mode", "both", "none of store_collects"),
    ("stores", "latitude", "", "required"),
    ("stores", "latitude", "north", "decimal degrees"),
    ("stores", "latitude", "NaN", "decimal degrees"),
    ("stores", "latitude", "inf", "decimal degrees"),
    ("stores", "latitude", "3.12e1", "decimal degrees"),
    ("stores", "latitude", "31,2304", "decimal comma"),
    ("stores", "latitude", "31°13'", "decimal degrees"),
    ("stores", "latitude", "91", "outside -90 to 90"),
    ("stores", "latitude", "121.4737", "look swapped"),
    ("stores", "latitude", "-1000", "outside"),
    ("stores", "longitude", "181.5", "outside -180 to 180"),
    ("stores", "longitude", "--5", "decimal degrees"),
    ("stores", "crs", "", "required"),
    ("stores", "crs", "mars", "none of wgs84"),
    ("stores", "country", "Narnia", "ISO 3166"),
    ("stores", "country", "ZZ", "ISO 3166"),
    ("stores", "region_code", "310 000", "no region code"),
    ("stores", "address", "a" * 401, "401 characters"),
    ("stores", "status", "open", "none of active"),
    ("stores", "cloud_shop", "maybe", "neither on nor off"),
    ("stores", "opened_on", "7/1/62", "no date"),
    ("stores", "opened_on", "2025-02-30", "no day of the calendar"),
    ("stores", "opened_on", "20250301", "no date"),
    ("stores", "opened_on", "1025-03-01", "no date"),
    ("stores", "closed_on", "2025-03-01T10:00", "no date"),
    ("stores", "paused_until", "soon", "no date"),
    ("stores", "priority", "high", "whole number"),
    ("stores", "priority", "1.5", "whole number"),
    ("stores", "service_radius_m", "-5", "outside 0"),
    ("stores", "service_radius_m", "3km", "whole number"),
    ("stores", "hours", "9-21", "no span of hours"),
    ("stores", "hours", "09:00-25:00", "no time of day"),
    ("stores", "hours", "mon-fry 09:00-18:00", "no weekday"),
    ("stores", "timezone", "Beijing", "IANA"),
    ("stores", "timezone", "UTC+8", "IANA"),
    ("stores", "successor_store_code", "S1", "the store itself"),
    ("stores", "cloud_shop_url", "javascript:alert(1)", "no address"),
    ("stores", "cloud_shop_url", "https://a b", "no address"),
    ("stores", "cloud_shop_url", "//evil.example", "no address"),
    ("guides", "store_code", "", "required"),
    ("guides", "hired_on", "yesterday", "no date"),
    ("guides", "role", "boss", "none of guide"),
    ("customers", "customer_id", "c" * 129, "129 characters"),
    ("customers", "phone", "call me", "no phone number"),
    ("customers", "phone", "1234", "no phone number"),
    ("customers", "employee", "2", "neither yes nor no"),
    ("orders", "paid_at", "nonsense", "ISO 8601"),
    ("orders", "paid_at", "2025-13-45", "calendar"),
    ("orders", "paid_at", "2025-03-01T25:00:00Z", "clock"),
    ("orders", "paid_at", "2025-03-01T10:00:00+25:00", "offset"),
    ("orders", "paid_at", "1740801600", "ISO 8601"),
    ("orders", "amount", "", "required"),
    ("orders", "amount", "1,234.50", "thousands separator"),
    ("orders", "amount", "12,50", "decimal comma"),
    ("orders", "amount", "1e3", "exponent"),
    ("orders", "amount", "NaN", "no amount"),
    ("orders", "amount", "Infinity", "no amount"),
    ("orders", "amount", "¥12", "no amount"),
    ("orders", "amount", "12.", "no amount"),
    ("orders", "amount", ".5", "no amount"),
    ("orders", "amount", "1" * 30, "no amount"),
    ("orders", "currency", "XXQ", "no currency"),
    ("orders", "currency", "cny", "no currency"),
    ("orders", "kind", "return", "none of order, refund"),
    ("orders", "quantity", "0", "outside 1"),
    ("orders", "quantity", "-1", "outside 1"),
    ("orders", "quantity", "0.0", "whole number"),
    ("orders", "line_no", "0", "outside 1"),
    ("orders", "latitude", "95", "outside"),
    ("events", "type", "contact.lost", "none of contact.added"),
    ("events", "occurred_at", "2025-03-01 24:00", "clock"),
    ("events", "payload", "{", "no JSON"),
    ("events", "payload", "[1]", "no object"),
    ("events", "payload", '{"chats": NaN}', "NaN"),
    ("events", "payload", '{"chats": 1e999}', "beyond 10^15"),
    ("events", "payload", '{"chats": 9223372036854775808}', "beyond 10^15"),
    ("events", "payload", '{"a": 1, "a": 2}', "names a key twice"),
    ("events", "payload", '{"a": "\\ud800"}', "U+D800"),
    ("events", "payload", '{"a": "\\u0000"}', "U+0000"),
    ("events", "payload", "[" * 5_000, "no JSON"),
    ("targets", "period", "2025-13", "no month"),
    ("targets", "period", "2025-3", "no month"),
    ("targets", "level", "region", "none of guide"),
    ("targets", "metric", "fame", "none of adds"),
    ("targets", "target", "-1", "no number"),
    ("targets", "target", "1e3", "no number"),
]


@pytest.mark.parametrize(
    ("kind", "column", "text", "said"),
    BAD_CELLS,
    ids=[f"{k}.{c} {t[:12]!a}" for k, c, t, _ in BAD_CELLS],
)
def test_a_bad_cell_is_one_fault_that_says_why(tmp_path, kind, column, text, said):
    fault = only(checked(tmp_path, kind, {column: text}).faults)
    assert (fault.line, fault.column, fault.value) == (2, column, text)
    assert said in fault.reason


def test_the_good_row_of_every_kind_has_no_fault(tmp_path):
    assert [kind for kind in GOOD if checked(tmp_path, kind, {}).faults] == []


def test_cells_become_typed_values(tmp_path):
    row = checked(
        tmp_path,
        "stores",
        {
            "crs": "GCJ02",
            "status": "Active",
            "cloud_shop": "on",
            "opened_on": "2020-01-01",
            "priority": "-3",
            "service_radius_m": "3000",
            "hours": "mon-fri 09:00-18:00",
            "timezone": "Asia/Urumqi",
            "cloud_shop_url": "pages/shop?id=1",
            "name": "人民\n广场",
        },
    ).rows[0]
    got = [
        row.values[name]
        for name in (
            "crs",
            "status",
            "cloud_shop",
            "opened_on",
            "priority",
            "service_radius_m",
            "name",
            "latitude",
        )
    ]
    assert got == ["gcj02", "active", True, dt.date(2020, 1, 1), -3, 3000, "人民 广场", 31.2304]
    assert (round(row.point.latitude, 3), round(row.point.longitude, 3)) == (31.232, 121.469)


def test_an_empty_cell_clears_and_an_absent_column_keeps(tmp_path):
    row = checked(tmp_path, "stores", {"hours": "", "address": ""}).rows[0]
    assert row.values["hours"] is CLEAR
    assert "priority" not in row.values
    assert (row.get("hours"), row.get("priority")) == (None, None)


def test_a_country_may_be_named(tmp_path):
    rows = checked(
        tmp_path,
        "stores",
        *(
            {"store_code": f"S{n}", "country": name}
            for n, name in enumerate(("CN", "cn", "中国", "China", "CHN"))
        ),
    ).rows
    assert {row.values["country"] for row in rows} == {"CN"}


def test_times_without_offset_are_the_brands(tmp_path):
    rows = checked(
        tmp_path,
        "orders",
        {"paid_at": "2025-03-01"},
        {"order_no": "O2", "paid_at": "2025-03-01 10:00"},
    ).rows
    assert [row.values["paid_at"].isoformat() for row in rows] == [
        "2025-02-28T16:00:00+00:00",
        "2025-03-01T02:00:00+00:00",
    ]


def test_a_workbooks_true_and_false_are_yes_and_no(tmp_path):
    rows = checked(
        tmp_path, "customers", {"employee": "true"}, {"customer_id": "C2", "employee": "no"}
    ).rows
    assert [row.values["employee"] for row in rows] == [True, False]


def test_a_target_is_a_plain_decimal(tmp_path):
    assert checked(tmp_path, "targets", {"target": "0.5"}).rows[0].values["target"] == Decimal(
        "0.5"
    )


@pytest.mark.parametrize(
    ("text", "decimals", "minor", "rounded"),
    [
        ("12", 2, 1200, False),
        ("12.5", 2, 1250, False),
        ("12.50", 2, 1250, False),
        ("0.005", 2, 1, True),
        ("0.0049999", 2, 0, True),
        ("1.0050000", 2, 101, True),
        ("12.500", 2, 1250, False),
        ("299.995", 2, 30000, True),
        ("12.5", 0, 13, True),
        ("12.4", 0, 12, True),
        ("1.2345", 3, 1235, True),
        ("0", 2, 0, False),
        ("007.10", 2, 710, False),
        ("999999999.99", 2, 99999999999, False),
    ],
)
def test_amounts_are_rounded_half_up_to_the_currency_and_say_so(text, decimals, minor, rounded):
    amount = to_minor(text, decimals)
    assert (amount.minor, amount.rounded) == (minor, rounded)


def test_an_amount_above_ten_to_the_fifteen_is_refused():
    with pytest.raises(BadCell, match="largest"):
        to_minor("10000000000000.01", 2)


def test_all_faults_of_a_file_are_found_at_once(tmp_path):
    faults = checked(
        tmp_path, "stores", {"latitude": "x", "crs": "mars"}, {"store_code": "S2", "name": ""}
    ).faults
    assert found(faults) == [(2, "latitude"), (2, "crs"), (3, "name")]


@pytest.mark.parametrize(
    ("text", "minor"),
    [("1000000000.00", 10**11), ("1000000000", 10**11), ("999999999.995", 10**11)],
)
def test_the_largest_amount_is_taken(text: str, minor: int):
    assert to_minor(text, 2).minor == minor


@pytest.mark.parametrize("text", ["1000000000.01", "1000000000.005", "10000000000000.00"])
def test_beyond_the_largest_amount_it_is_refused(text: str):
    with pytest.raises(BadCell, match=r"10\^11"):
        to_minor(text, 2)
