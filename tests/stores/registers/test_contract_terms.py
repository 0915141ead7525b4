"""Terms of single contracts: a part of the contract of its own, from a day on (D4, D6). Values in,
values out."""

from __future__ import annotations

import datetime as dt

import pytest

from stores.registers.contracts import Contract, UnsoundContract, contracts_after, with_terms

TODAY, MAY, JULY = dt.date(2025, 6, 1), dt.date(2025, 5, 1), dt.date(2025, 7, 1)
OPEN = Contract(1, MAY)


def test_terms_without_a_day_correct_the_contract_of_today():
    assert with_terms([OPEN], {"platform_fee_bp": 3}, None, TODAY) == [Contract(1, MAY, None, 3)]
    assert with_terms([OPEN], {"platform_fee_bp": 3}, MAY, TODAY) == [Contract(1, MAY, None, 3)]


def test_terms_from_a_day_split_the_contract_that_holds_then():
    split = with_terms([OPEN], {"platform_fee_bp": 3}, JULY, TODAY)
    assert split == [Contract(1, MAY, JULY), Contract(1, JULY, None, 3)]
    later = with_terms(
        [Contract(2, None, MAY), OPEN], {"channel_fee_bp": 1}, dt.date(2025, 4, 1), TODAY
    )
    assert later == [
        Contract(2, None, dt.date(2025, 4, 1)),
        Contract(2, dt.date(2025, 4, 1), MAY, None, 1),
        OPEN,
    ]


def test_the_same_terms_change_nothing():
    assert with_terms([OPEN], {"platform_fee_bp": None}, JULY, TODAY) == [OPEN]


def test_a_day_in_no_contract_is_refused():
    with pytest.raises(UnsoundContract, match="lies in no contract"):
        with_terms([OPEN], {"platform_fee_bp": 3}, dt.date(2025, 4, 1), TODAY)


@pytest.mark.parametrize("start", [None, MAY, dt.date(2025, 5, 20)])
def test_a_file_of_stores_that_names_any_start_of_the_parts_leaves_them(start):
    """A nightly file goes on naming the day the contract began, also after its terms were
    changed."""
    parts = [
        Contract(2, None, MAY),
        Contract(1, MAY, dt.date(2025, 5, 20)),
        Contract(1, dt.date(2025, 5, 20), None, 3),
    ]
    assert contracts_after(parts, 1, start, TODAY) == parts
