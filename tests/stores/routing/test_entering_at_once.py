"""Entries at the same moment, and edits between a decision and its write (M7, M12-M14)."""

from __future__ import annotations

import itertools
import time

import pytest

import db
from ledger.idempotency import KeyReused
from stores.facts.customers import customer, customer_identity
from stores.facts.entries import entry, entry_trace
from stores.network import network as networks
from stores.routing import entering
from tests.stores.routing.entrances import (
    all_entries,
    arrival,
    at_once,
    beside,
    enter,
    replayed,
    state_of,
    stored,
)


def test_a_hundred_first_entries_of_one_customer_leave_one_customer_and_no_gap(shops):
    """M12."""
    recorded = at_once(
        [
            lambda n=n: enter(
                arrival({"customer_id": "c1", "openid": f"o{n % 3}"}, beside(1 + n % 12))
            )
            for n in range(100)
        ]
    )
    assert [each for each in recorded if isinstance(each, Exception)] == []
    assert shops.count(customer) == 1
    used = sorted(row.state.get("rv", 0) for row in shops.rows(entry_trace, "entry_id"))
    assert used == list(range(100))
    assert state_of(shops, all_entries(shops)[0].customer_id).rv == 100
    assert {replayed(each.entry_id)["same"] for each in recorded} == {True}


def test_a_customer_entered_by_two_identities_at_once_is_one(shops):
    recorded = at_once(
        [
            lambda n=n: enter(
                arrival({"customer_id": "c1"} if n % 2 else {"customer_id": "c1", "unionid": "u1"})
            )
            for n in range(20)
        ]
    )
    assert {getattr(each, "customer_id", each) for each in recorded} == {"c1"}
    assert (shops.count(customer), shops.count(customer_identity), shops.count(entry)) == (1, 2, 20)


def test_a_crowd_that_waits_for_the_first_snapshot_does_not_starve_its_builder(shops, monkeypatch):
    """M14, M22: more visitors than the pool has connections; the builder has a connection of its
    own."""
    load = networks.load

    def load_slowly(*args):
        time.sleep(0.5)
        return load(*args)

    networks.forget()
    monkeypatch.setattr(networks, "load", load_slowly)
    recorded = at_once([lambda n=n: enter(arrival(f"c{n}", beside(2))) for n in range(90)])
    assert [each for each in recorded if isinstance(each, Exception)] == []
    assert shops.count(entry) == 90


def test_one_key_at_once_is_one_entry(shops):
    recorded = at_once(
        [
            lambda n=n: enter(arrival(f"c{n % 2}"), key="k", body_hash=f"body {n % 2}")
            for n in range(20)
        ]
    )
    refused = [each for each in recorded if isinstance(each, KeyReused)]
    assert (
        len(refused),
        len({each.entry_id for each in recorded if each not in refused}),
        shops.count(entry),
    ) == (10, 1, 1)


@pytest.mark.parametrize("edits", [1, 2, 5])
def test_an_edit_between_decision_and_write_is_decided_again(shops, monkeypatch, edits):
    """M14: the first tries are refused by the version, from the third on only eligibility is
    asked."""
    decide, left = entering.decide, iter(range(edits))

    def decide_while_somebody_edits(*args, **given):
        found = decide(*args, **given)
        if next(left, None) is not None and not db._current.get():
            shops.load(
                "stores",
                {
                    "store_code": "S9",
                    "name": f"edit {next(counter)}",
                    "dealer_code": "D2",
                    "latitude": "31",
                    "longitude": "121",
                    "crs": "wgs84",
                },
            )
        return found

    counter = itertools.count()
    monkeypatch.setattr(entering, "decide", decide_while_somebody_edits)
    recorded = enter(arrival("c1", beside(3)))
    assert (
        stored(recorded.entry_id).store_code,
        shops.count(entry),
        replayed(recorded.entry_id)["same"],
    ) == ("S3", 1, True)


def test_a_store_closed_between_decision_and_write_is_not_entered(shops, monkeypatch):
    """M14, by the version on the first try."""
    decide, left = entering.decide, iter(range(1))

    def decide_while_the_store_closes(*args, **given):
        found = decide(*args, **given)
        if next(left, None) is not None:
            shops.load(
                "stores",
                {
                    "store_code": "S3",
                    "name": "Shop 3",
                    "dealer_code": "D2",
                    "latitude": "31",
                    "longitude": "121",
                    "crs": "wgs84",
                    "status": "closed",
                },
            )
        return found

    monkeypatch.setattr(entering, "decide", decide_while_the_store_closes)
    assert stored(enter(arrival("c1", beside(3))).entry_id).store_code == "S2"


@pytest.mark.parametrize(
    "facts, eligible",
    [
        ({}, True),
        ({"status": "closed"}, False),
        ({"status": "paused"}, False),
        ({"cloud_shop": "off"}, False),
        ({"opened_on": "2025-06-01"}, True),
        ({"opened_on": "2025-06-02"}, False),
        ({"closed_on": "2025-06-01"}, False),
        ({"closed_on": "2025-06-02"}, True),
        ({"status": "paused", "paused_until": "2025-05-31"}, True),
        ({"status": "paused", "paused_until": "2025-06-01"}, False),
        ({"dealer_code": "D1"}, False),
    ],
)
def test_the_guard_of_the_third_try_knows_eligibility_as_the_ladder_does(
    shops, monkeypatch, facts, eligible
):
    """M14, A2: the snapshot is held back, so that only the guard can know."""
    old = networks.newest()
    row = {
        "store_code": "S3",
        "name": "Shop 3",
        "dealer_code": "D2",
        "latitude": "31.2304",
        "longitude": "121.5367",
        "crs": "wgs84",
        "contract_from": "2025-06-01",
    }
    shops.load("stores", {**row, **facts})
    monkeypatch.setattr(entering.network, "snapshot", lambda wanted: old)
    monkeypatch.setattr(entering, "LOCKED_FROM", 1)
    if eligible:
        assert stored(enter(arrival("c1", beside(3))).entry_id).store_code == "S3"
    else:
        with pytest.raises(entering.TooManyChanges):
            enter(arrival("c1", beside(3)))
        assert (shops.count(entry), shops.count(customer)) == (0, 0)


def test_entries_while_the_network_is_edited_never_lead_to_a_store_closed_before(shops):
    """M14, shortened: a store is closed and opened again while eight visitors keep entering beside
    it."""
    closed_at: dict[int, bool] = {}
    faults: list[str] = []

    def edit() -> None:
        for _ in range(12):
            for status in ("closed", "active"):
                shops.load(
                    "stores",
                    {
                        "store_code": "S3",
                        "name": "Shop 3",
                        "dealer_code": "D2",
                        "latitude": "31.2304",
                        "longitude": "121.5367",
                        "crs": "wgs84",
                        "status": status,
                    },
                )
                closed_at[shops.version()] = status == "closed"

    def visit(number: int) -> None:
        for n in range(25):
            began = shops.version()
            row = stored(enter(arrival(f"c{number}-{n}", beside(3))).entry_id)
            if row.store_code == "S3" and closed_at.get(began) and shops.version() == began:
                faults.append(f"version {began}")

    results = at_once([edit, *(lambda number=number: visit(number) for number in range(8))])
    assert [each for each in results if each is not None] == []
    assert faults == []
    assert shops.count(entry) == 200
