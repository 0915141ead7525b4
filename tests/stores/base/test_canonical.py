"""One hash for one content (M9)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from stores.base.canonical import canonical_hash

PAID = dt.datetime(2025, 3, 1, 2, tzinfo=dt.UTC)
LINES = [
    {"line_no": 1, "amount_minor": 100, "quantity": 1},
    {"line_no": 2, "amount_minor": 200, "quantity": 1},
]
ORDER = {"order_no": "O1", "customer_id": "C1", "paid_at": PAID, "currency": "CNY", "lines": LINES}


@pytest.mark.parametrize(
    "same",
    [
        {"lines": LINES[::-1]},
        {"paid_at": PAID.astimezone(dt.timezone(dt.timedelta(hours=8)))},
        {"guide_code": None},
        {"location": {}},
        {"freight_minor": 0},
        {
            "lines": [
                LINES[0] | {"sku": None, "tax_minor": 0},
                LINES[1] | {"quantity": Decimal("1.0")},
            ]
        },
    ],
)
def test_the_way_of_writing_does_not_count(same):
    assert canonical_hash(ORDER | same) == canonical_hash(ORDER)


@pytest.mark.parametrize(
    "other",
    [
        {"order_no": "O2"},
        {"paid_at": PAID + dt.timedelta(microseconds=1)},
        {"guide_code": "G1"},
        {"freight_minor": 1},
        {"lines": LINES[:1]},
        {"lines": [LINES[0], LINES[1] | {"amount_minor": 201}]},
        {"lines": [*LINES, LINES[1]]},
    ],
)
def test_the_content_counts(other):
    assert canonical_hash(ORDER | other) != canonical_hash(ORDER)


def test_whole_numbers_are_one_however_json_writes_them():
    assert (
        canonical_hash({"latitude": 31.0})
        == canonical_hash({"latitude": 31})
        == canonical_hash({"latitude": Decimal("31.00")})
    )


@pytest.mark.parametrize("value", [dt.datetime(2025, 3, 1), Decimal("NaN"), float("inf")])
def test_what_has_no_one_meaning_is_not_hashed(value):
    with pytest.raises(ValueError):
        canonical_hash({"value": value})
