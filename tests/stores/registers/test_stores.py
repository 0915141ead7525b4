"""Stores: current row, revisions by network version, contracts, closing."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

import db
from ledger.audit import audit_log
from stores.base import versions
from stores.base.actors import COMMAND_LINE
from stores.base.versions import network_change
from stores.imports.outcomes import Outcome, Refused
from stores.network.contracts import dealer_contract
from stores.network.stores import FACTS, store, store_revision
from stores.registers import saving
from tests.network import SOMEWHERE

TODAY = dt.date(2025, 6, 1)


def known_contracts(network):
    return [
        (row.dealer_id, row.valid_from, row.valid_to)
        for row in network.rows(dealer_contract, "valid_from")
        if row.version_to is None
    ]


def test_a_new_store_has_its_row_its_first_revision_and_an_unbounded_contract(network):
    assert network.open_store() == Outcome(new=1)
    row, revision, contract = (
        network.rows(store)[0],
        network.rows(store_revision)[0],
        network.rows(dealer_contract)[0],
    )
    assert (row.status, row.cloud_shop, row.priority, row.coordinates_withdrawn) == (
        "active",
        True,
        0,
        False,
    )
    assert all(getattr(row, name) == getattr(revision, name) for name in FACTS)
    assert (revision.version_from, revision.version_to) == (network.version(), None)
    assert (
        contract.valid_from,
        contract.valid_to,
        contract.platform_fee_bp,
        contract.version_from,
    ) == (None, None, None, network.version())


def test_a_changed_store_ends_a_revision_and_begins_one(network):
    network.open_store()
    before = network.version()
    assert network.open_store(name="New name") == Outcome(changed=1)
    old, new = network.rows(store_revision, "version_from")
    assert (old.name, old.version_to, new.name, new.version_from, new.version_to) == (
        "S1",
        before + 1,
        "New name",
        before + 1,
        None,
    )
    assert network.rows(store)[0].name == "New name"


def test_the_same_row_again_writes_nothing(network):
    network.open_store()
    before = network.version()
    assert network.open_store() == Outcome(unchanged=1)
    assert network.version() == before
    assert network.count(store_revision) == 1


@pytest.mark.parametrize(
    ("last", "warned"),
    [("2025-07-01", None), ("2025-07-02", "lies 31 days after the pause begins"), ("", None)],
)
def test_a_pause_of_more_than_thirty_days_is_warned_of(network, last, warned):
    """A11: it is kept as it was said, for it may be meant; also of a new store, and on a dry
    run."""
    network.open_store()
    for code, dry_run in (("S1", True), ("S1", False), ("S2", False)):
        row = {
            "store_code": code,
            "name": code,
            "dealer_code": "D1",
            **SOMEWHERE,
            "status": "paused",
            "paused_until": last,
        }
        found = network.load("stores", row, dry_run=dry_run).warnings.kept
        assert [(each.column, each.value) for each in found] == (
            [] if warned is None else [("paused_until", last)]
        )
        assert all(
            each.reason.startswith(warned) and "close the store with a successor" in each.reason
            for each in found
        )
    assert [row.status for row in network.rows(store)] == ["paused", "paused"]


def test_a_pause_that_is_prolonged_counts_from_its_first_day(network):
    """A11: thirty days in all; one that ended counts no more."""
    network.open_store(status="paused", paused_until="2025-06-20")
    network.days_pass(15)
    assert not network.load("stores", {"store_code": "S1", "paused_until": "2025-07-01"}).warnings
    assert (
        network.load("stores", {"store_code": "S1", "paused_until": "2025-07-02"}).warnings.total
        == 1
    )
    assert not network.load("stores", {"store_code": "S1", "name": "other words"}).warnings
    network.load("stores", {"store_code": "S1", "status": "active", "paused_until": ""})
    assert not network.load(
        "stores", {"store_code": "S1", "status": "paused", "paused_until": "2025-07-16"}
    ).warnings


def test_a_dry_run_writes_nothing(network):
    before = network.version()
    outcome = network.load(
        "stores", {"store_code": "S1", "name": "S1", "dealer_code": "D1", **SOMEWHERE}, dry_run=True
    )
    assert outcome == Outcome(new=1)
    assert (network.version(), network.count(store)) == (before, 0)


def test_gcj02_is_kept_as_given_and_converted(network):
    network.open_store(crs="gcj02")
    row = network.rows(store)[0]
    assert (row.source_latitude, row.source_longitude, row.crs) == (31.2304, 121.4737, "gcj02")
    assert 0.001 < abs(row.longitude - row.source_longitude) < 0.01


def test_a_successor_may_stand_later_in_the_file(network):
    first = {
        "store_code": "S1",
        "name": "S1",
        "dealer_code": "D1",
        **SOMEWHERE,
        "successor_store_code": "S2",
    }
    assert network.load(
        "stores", first, {**first, "store_code": "S2", "successor_store_code": ""}
    ) == Outcome(new=2)
    rows = {row.store_code: row for row in network.rows(store)}
    assert rows["S1"].successor_store_id == rows["S2"].id
    assert network.rows(store_revision, "store_id")[0].successor_store_id == rows["S2"].id


def test_a_stored_store_may_name_a_new_one_as_successor(network):
    network.open_store()
    row = {
        "store_code": "S1",
        "name": "S1",
        "dealer_code": "D1",
        **SOMEWHERE,
        "successor_store_code": "S2",
    }
    assert network.load(
        "stores", row, {**row, "store_code": "S2", "successor_store_code": ""}
    ) == Outcome(new=1, changed=1)
    rows = {row.store_code: row for row in network.rows(store)}
    assert rows["S1"].successor_store_id == rows["S2"].id


@pytest.mark.parametrize("column", ["dealer_code", "branch_code", "successor_store_code"])
def test_an_unknown_code_is_named_with_line_and_column(network, column):
    with pytest.raises(Refused) as refused:
        network.open_store(**{column: "NOPE"} if column != "dealer_code" else {"dealer": "NOPE"})
    fault = refused.value.faults.kept[0]
    assert (fault.line, fault.column, fault.value) == (2, column, "NOPE")
    assert network.count(store) == 0


def test_closing_counts_from_today_and_the_same_row_later_changes_nothing(network):
    network.open_store()
    network.open_store(status="closed", closed_on="")
    assert network.rows(store)[0].closed_on == TODAY
    network.days_pass(3)
    assert network.open_store(status="closed", closed_on="") == Outcome(unchanged=1)
    assert network.rows(store)[0].closed_on == TODAY


def test_a_store_that_opens_again_forgets_its_closing(network):
    network.open_store(status="closed")
    network.open_store(status="active")
    assert network.rows(store)[0].closed_on is None


def test_an_absent_column_keeps_and_an_empty_cell_clears(network):
    network.open_store(address="1 Nanjing Road", priority="5")
    network.open_store()
    assert (network.rows(store)[0].address, network.rows(store)[0].priority) == (
        "1 Nanjing Road",
        5,
    )
    network.open_store(address="", priority="")
    assert (network.rows(store)[0].address, network.rows(store)[0].priority) == (None, 0)


def test_another_dealer_ends_the_contract_today(network):
    network.open_store()
    assert network.open_store(dealer="D2") == Outcome(changed=1)
    assert known_contracts(network)[-1][1:] == (TODAY, None) or known_contracts(network)[0][1:] == (
        TODAY,
        None,
    )
    assert (
        network.count(dealer_contract) == 3
    )  # the open one ended in known time, its bounded version, the new one
    assert network.count(store_revision) == 1
    network.days_pass(9)
    assert network.open_store(dealer="D2") == Outcome(unchanged=1)


def test_a_contract_before_the_present_one_is_refused(network):
    network.open_store(contract_from="2025-05-01")
    with pytest.raises(Refused) as refused:
        network.open_store(dealer="D2", contract_from="2025-04-01")
    assert refused.value.faults.kept[0].column == "contract_from"


def test_one_change_is_one_version_one_record_and_one_audit_line(network):
    audited, recorded = network.count(audit_log), network.count(network_change)
    network.open_store()
    assert network.count(audit_log) == audited + 1
    assert network.count(network_change) == recorded + 1
    assert network.rows(audit_log)[-1].object_id == "S1"


def test_many_stores_are_new_then_changed_with_their_revisions(network):
    rows = [
        {"store_code": f"S{n:04}", "name": "a", "dealer_code": "D1", **SOMEWHERE}
        for n in range(2_500)
    ]
    assert network.load("stores", *rows) == Outcome(new=2_500)
    assert network.load(
        "stores", *[{**row, "name": "b", "dealer_code": "D2"} for row in rows]
    ) == Outcome(changed=2_500)
    assert network.load(
        "stores", *[{**row, "name": "b", "dealer_code": "D2"} for row in rows]
    ) == Outcome(unchanged=2_500)
    assert {row.name for row in network.rows(store)} == {"b"}
    revisions = network.rows(store_revision)
    assert sum(row.version_to is None for row in revisions) == 2_500
    assert len(revisions) == 5_000
    assert len(known_contracts(network)) == 5_000


def test_a_network_that_moved_between_read_and_write_is_planned_again(network, monkeypatch):
    """N2, M21: the plan is made outside the lock; a rival's store is then found, not inserted
    twice."""
    real, calls = saving._write, []

    def interrupted(*args):
        calls.append(args)
        return real(*args)

    original, rivals = versions.next_network_version, ["Rival"]

    def moved(connection):
        if rivals and threading.current_thread() is threading.main_thread():
            name = rivals.pop()
            if connection.dialect.name == "postgresql":
                thread = threading.Thread(target=lambda: network.open_store(name=name))
                thread.start()
                thread.join()
            else:
                original(connection)  # SQLite has one writer: the version alone has moved
        return original(connection)

    monkeypatch.setattr(versions, "next_network_version", moved)
    monkeypatch.setattr(saving, "_write", interrupted)
    network.open_store()
    assert network.count(store) == 1
    assert network.rows(store)[0].name == "S1"


def test_an_actor_is_recorded(network):
    network.open_store()
    assert network.rows(network_change, "version")[-1].actor == COMMAND_LINE.name
    with db.read() as connection:
        assert versions.current(connection).network == network.version()
