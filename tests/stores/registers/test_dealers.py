"""Dealers and their default terms (D4, D6)."""

from __future__ import annotations

import pytest

from stores.imports.outcomes import Outcome, Refused
from stores.network.dealers import dealer


def test_a_new_dealer_has_the_default_terms(network):
    row = network.rows(dealer)[0]
    assert (row.platform_fee_bp, row.channel_fee_bp, row.collection_mode) == (
        500,
        0,
        "store_collects",
    )


def test_an_absent_column_keeps_and_an_empty_cell_takes_the_default(network):
    network.load(
        "dealers",
        {"dealer_code": "D1", "name": "Omar", "platform_fee_bp": "700", "channel_fee_bp": "30"},
    )
    network.load("dealers", {"dealer_code": "D1", "name": "Omar", "platform_fee_bp": ""})
    row = network.rows(dealer, "dealer_code")[0]
    assert (row.platform_fee_bp, row.channel_fee_bp) == (500, 30)


def test_fees_stored_and_given_are_added_up(network):
    network.load("dealers", {"dealer_code": "D1", "name": "Omar", "channel_fee_bp": "4000"})
    with pytest.raises(Refused, match="10500 basis points"):
        network.load("dealers", {"dealer_code": "D1", "name": "Omar", "platform_fee_bp": "6500"})


def test_an_unknown_branch_is_refused(network):
    with pytest.raises(Refused, match="NOPE"):
        network.load("dealers", {"dealer_code": "D1", "name": "Omar", "branch_code": "NOPE"})


def test_many_rows_at_once_are_new_then_unchanged_then_changed(network):
    """More than COPY_FROM rows take the fast way on PostgreSQL."""
    rows = [{"dealer_code": f"X{n}", "name": "x", "branch_code": "B2"} for n in range(300)]
    assert network.load("dealers", *rows) == Outcome(new=300)
    assert network.load("dealers", *rows) == Outcome(unchanged=300)
    assert network.load("dealers", *[{**row, "name": "y"} for row in rows]) == Outcome(changed=300)
    assert {row.name for row in network.rows(dealer) if row.dealer_code.startswith("X")} == {"y"}
