"""How the contracts of a store follow from the dealer a row names (A2)."""

from __future__ import annotations

import datetime as dt

import pytest

from stores.registers.contracts import Contract, UnsoundContract, contracts_after

TODAY = dt.date(2025, 6, 1)
MAY, JULY = dt.date(2025, 5, 1), dt.date(2025, 7, 1)


def test_the_first_contract_has_no_lower_bound_unless_a_day_is_given():
    assert contracts_after([], 1, None, TODAY) == [Contract(1)]
    assert contracts_after([], 1, MAY, TODAY) == [Contract(1, MAY)]


def test_another_dealer_begins_today_and_ends_the_contract_before():
    assert contracts_after([Contract(1)], 2, None, TODAY, cleared=True) == [
        Contract(1, None, TODAY),
        Contract(2, TODAY),
    ]


def test_another_dealer_begins_on_the_day_given():
    assert contracts_after([Contract(1)], 2, MAY, TODAY) == [
        Contract(1, None, MAY),
        Contract(2, MAY),
    ]


def test_the_same_row_again_changes_nothing():
    after = contracts_after([Contract(1)], 2, MAY, TODAY)
    assert contracts_after(after, 2, MAY, TODAY) == after
    assert contracts_after(after, 2, None, JULY, cleared=True) == after


def test_a_contract_agreed_for_later_stays_when_the_present_dealer_is_named():
    agreed = contracts_after([Contract(1)], 2, JULY, TODAY)
    assert contracts_after(agreed, 1, None, TODAY) == agreed
    assert contracts_after(agreed, 2, JULY, TODAY) == agreed


def test_a_change_before_the_present_contract_began_is_refused():
    with pytest.raises(UnsoundContract, match="before the start"):
        contracts_after([Contract(1, TODAY)], 2, MAY, TODAY)


def test_a_wrong_dealer_of_the_same_day_is_replaced():
    assert contracts_after([Contract(1, None, TODAY), Contract(2, TODAY)], 3, None, TODAY) == [
        Contract(1, None, TODAY),
        Contract(3, TODAY),
    ]


def test_a_corrected_start_moves_the_end_of_the_contract_before():
    assert contracts_after([Contract(1, None, TODAY), Contract(2, TODAY)], 2, MAY, TODAY) == [
        Contract(1, None, MAY),
        Contract(2, MAY),
    ]


def test_a_corrected_start_that_swallows_the_contract_before_is_refused():
    with pytest.raises(UnsoundContract, match="no day of it"):
        contracts_after([Contract(1, MAY, TODAY), Contract(2, TODAY)], 2, MAY, TODAY)


def test_own_terms_survive_a_corrected_start():
    assert contracts_after([Contract(1, MAY, None, 300)], 1, TODAY, TODAY) == [
        Contract(1, TODAY, None, 300)
    ]


def test_an_empty_cell_frees_the_first_contract_of_its_start():
    assert contracts_after([Contract(1, MAY)], 1, None, TODAY, cleared=True) == [Contract(1)]
    assert contracts_after([Contract(1, MAY)], 1, None, TODAY) == [Contract(1, MAY)]
