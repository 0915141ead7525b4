"""One entry is one read, one decision, one write; many at once leave one customer with a history
without gaps (M7, M12-M14)."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import time

import pytest
from sqlalchemy import select, update

import db
from ledger.idempotency import LIFETIME, KeyReused, idempotency_key
from stores.base import keys
from stores.base.actors import COMMAND_LINE
from stores.base.versions import routing_state
from stores.facts.customers import customer, customer_identity, customer_merge, customer_state
from stores.facts.entries import entry, entry_point, entry_trace
from stores.facts.entry_params import SignedParam, sign
from stores.facts.entry_records import STATE_FIELDS
from stores.facts.entry_statements import Shape, _postgresql_statement, _sqlite_statements
from stores.facts.visits import SourcePoint
from stores.network import loading
from stores.network import network as networks
from stores.network.contracts import dealer_contract
from stores.network.policies import publish
from stores.network.stores import store
from stores.routing import entering
from tests.network import Network
from tests.stores.routing.entrances import (
    NOW,
    all_entries,
    answer,
    arrival,
    at_once,
    beside,
    enter,
    open_chain,
    replayed,
    state_of,
    stored,
)


@pytest.fixture
def shops(network: Network) -> Network:
    open_chain(network)
    return network


# -- what an entry leaves behind -------------------------------------------------------------------


def test_a_first_entry_makes_the_customer_and_leaves_a_last_visit(shops):
    recorded = enter(arrival("c1", beside(3)))
    row = stored(recorded.entry_id)
    assert (row.store_code, row.dealer_code, row.rung, row.customer_text) == (
        "S3",
        "D2",
        "NEAREST",
        "c1",
    )
    state = state_of(shops, row.customer_id)
    assert (state.rv, state.last_store_id, state.last_visit_at) == (1, row.store_id, NOW)
    assert replayed(recorded.entry_id) == {
        "same": True,
        "basis": "point",
        "store_code": "S3",
        "rung": "NEAREST",
    }


def test_the_second_entry_reads_what_the_first_left(shops):
    enter(arrival("c1", beside(3)))
    again = enter(arrival("c1"), NOW + dt.timedelta(days=1))
    assert (stored(again.entry_id).rung, replayed(again.entry_id)["same"]) == ("LAST_VISIT", True)


@pytest.mark.parametrize(
    "given, policy, rung",
    [
        ({}, {}, "PICKER"),
        ({}, {"default_store": "S1"}, "DEFAULT"),
        ({"region_code": "310115"}, {"region_defaults": {"310000": "S1"}}, "REGION"),
    ],
)
def test_where_nobody_chose_no_visit_is_remembered(shops, given, policy, rung):
    publish(policy, actor=COMMAND_LINE, now=NOW)
    recorded = enter(arrival("c1", **given))
    row = stored(recorded.entry_id)
    assert (row.rung, row.store_id is None, replayed(recorded.entry_id)["same"]) == (
        rung,
        rung == "PICKER",
        True,
    )
    assert state_of(shops, row.customer_id).last_store_id is None


def test_the_picker_answers_nulls_and_a_list(shops):
    """CONTRACT 3."""
    found = answer(enter(arrival("c1")).entry_id)
    assert [
        found[name]
        for name in ("store_code", "dealer_code", "guide_code", "cloud_shop_url", "distance_m")
    ] == [None] * 5
    assert len(found["alternatives"]) == 12


def test_a_visit_told_late_takes_the_place_of_nothing_newer(shops):
    """M12: neither of the last visit nor of the remembered parameter."""
    ids = {row.store_code: row.id for row in shops.rows(store)}
    param = {
        code: sign(
            SignedParam(ids[code], 0, 0, NOW - dt.timedelta(days=9)), keys.entry_param_keys()[0]
        )
        for code in ("S4", "S5")
    }
    first = enter(arrival("c1", beside(3), entry_param=param["S4"]))
    enter(arrival("c1", beside(8), entry_param=param["S5"], occurred_at=NOW - dt.timedelta(days=2)))
    state = state_of(shops, stored(first.entry_id).customer_id)
    assert (
        state.rv,
        state.last_store_id,
        state.param_store_id,
        state.last_visit_at,
        state.param_at,
    ) == (2, ids["S4"], ids["S4"], NOW, NOW)


def test_the_state_that_was_used_is_stored_with_the_decision(shops):
    enter(arrival("c1", beside(3)))
    second = enter(arrival("c1", beside(3)), NOW + dt.timedelta(hours=1))
    with db.read() as connection:
        used = connection.execute(
            select(entry_trace.c.state).where(entry_trace.c.entry_id == second.entry_id)
        ).scalar_one()
    assert used["rv"] == 1
    assert used["last_visit_at"] == NOW.isoformat()


def test_entry_ids_are_uuids_in_the_order_of_time():
    """M26."""
    ids = [entering.new_entry_id(NOW + dt.timedelta(seconds=n)) for n in range(20)]
    assert ids == sorted(ids)
    assert {each[14] for each in ids} == {"7"}
    assert {len(each) for each in ids} == {36}


# -- identities (M19) ------------------------------------------------------------------------------


def test_identities_given_together_are_linked(shops):
    enter(arrival({"customer_id": "c1", "unionid": "u1", "openid": "o1"}, beside(1)))
    for who in (
        {"openid": "o1"},
        {"unionid": "u1"},
        {"openid": "o2", "unionid": "u1"},
        {"openid": "o2"},
    ):
        assert enter(arrival(who)).customer_id == "c1"
    assert (shops.count(customer), shops.count(customer_identity)) == (1, 4)


def test_a_visitor_without_a_customer_id_gets_one_of_ours(shops):
    first = enter(arrival({"openid": "o1"}))
    assert first.customer_id == f"u-{first.entry_id}"
    assert (
        enter(arrival(first.customer_id)).customer_id
        == enter(arrival({"openid": "o1"})).customer_id
        == first.customer_id
    )


def test_a_customer_id_that_comes_later_belongs_to_the_same_customer(shops):
    enter(arrival({"openid": "o1"}))
    assert enter(arrival({"openid": "o1", "customer_id": "c1"})).customer_id == "c1"
    enter(arrival("c1"))
    assert shops.count(customer) == 1


def test_identities_that_disagree_are_noted_as_merges_of_one_person(shops):
    """M19: three customers turn out to be one; each is merged into the first."""
    for who in ({"customer_id": "c1"}, {"unionid": "u1"}, {"openid": "o1"}):
        enter(arrival(who))
    one, two, three = (row.id for row in shops.rows(customer))
    for _ in range(2):
        assert (
            enter(arrival({"customer_id": "c1", "unionid": "u1", "openid": "o1"})).customer_id
            == "c1"
        )
    assert [(m.kept_id, m.merged_id) for m in shops.rows(customer_merge)] == [
        (one, two),
        (one, three),
    ]


def test_a_merge_of_merged_customers_joins_the_two_persons(shops):
    """M19: found pair by pair, in the order in which a smallest-id rule alone would lose one."""
    for who in ({"customer_id": "c1"}, {"unionid": "u1"}, {"openid": "o1"}):
        enter(arrival(who))
    one, two, three = (row.id for row in shops.rows(customer))
    enter(arrival({"customer_id": "c1", "openid": "o1"}))
    enter(arrival({"unionid": "u1", "openid": "o1"}))
    assert [(m.kept_id, m.merged_id) for m in shops.rows(customer_merge)] == [
        (one, three),
        (one, two),
    ]


# -- at once (M12) ---------------------------------------------------------------------------------


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
    load = loading.load

    def load_slowly(*args):
        time.sleep(0.5)
        return load(*args)

    networks.forget()
    monkeypatch.setattr(networks, "load", load_slowly)
    recorded = at_once([lambda n=n: enter(arrival(f"c{n}", beside(2))) for n in range(90)])
    assert [each for each in recorded if isinstance(each, Exception)] == []
    assert shops.count(entry) == 90


# -- idempotency (CONTRACT 3) ----------------------------------------------------------------------


def test_the_same_key_answers_the_first_entry_again(shops):
    first, second = (
        enter(arrival("c1", beside(2)), key="k"),
        enter(arrival("c1", beside(2)), NOW + dt.timedelta(days=29), key="k"),
    )
    assert (second.entry_id, second.repeated, shops.count(entry)) == (first.entry_id, True, 1)


def test_the_same_key_with_another_body_is_refused_and_nothing_written(shops):
    enter(arrival("c1"), key="k")
    with pytest.raises(KeyReused):
        enter(arrival("c2"), key="k", body_hash="other")
    assert (shops.count(entry), shops.count(customer)) == (1, 1)


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


def test_a_key_older_than_30_days_is_free_again_though_nobody_swept_it(shops):
    enter(arrival("c1"), key="k")
    second = enter(arrival("c2"), NOW + LIFETIME, key="k", body_hash="other")
    assert (second.repeated, shops.count(entry)) == (False, 2)
    [kept] = shops.rows(idempotency_key, "key")
    assert (kept.reference, kept.body_hash) == (second.entry_id, "other")


# -- the clock (M7) --------------------------------------------------------------------------------


def test_a_contract_that_ends_at_midnight_counts_to_the_last_second(shops):
    """M7: no edit between the two; brand time is Shanghai."""
    with db.transaction() as connection:
        connection.execute(
            update(dealer_contract)
            .where(dealer_contract.c.store_id == 3)
            .values(valid_to=dt.date(2025, 6, 2))
        )
        connection.execute(
            update(routing_state).values(network_version=routing_state.c.network_version + 1)
        )
    midnight = dt.datetime(2025, 6, 1, 16, tzinfo=dt.UTC)
    before, after = (
        enter(arrival(f"c{n}", beside(3)), midnight + dt.timedelta(seconds=n)) for n in (-1, 1)
    )
    assert [stored(each.entry_id).store_code for each in (before, after)] == ["S3", "S2"]
    assert before.decision.epoch + 1 == after.decision.epoch
    assert [replayed(each.entry_id)["same"] for each in (before, after)] == [True, True]


def test_dated_facts_are_judged_at_the_moment_of_the_visit(shops):
    """A2: told a day later."""
    shops.load(
        "stores",
        {
            "store_code": "S3",
            "name": "Shop 3",
            "dealer_code": "D2",
            "latitude": "31.2304",
            "longitude": "121.5367",
            "crs": "wgs84",
            "closed_on": "2025-06-02",
        },
    )
    late = NOW + dt.timedelta(days=3)
    assert (
        stored(enter(arrival("c1", beside(3), occurred_at=NOW), late).entry_id).store_code == "S3"
    )
    assert stored(enter(arrival("c2", beside(3)), late).entry_id).store_code == "S2"


# -- the network changes (M14) ---------------------------------------------------------------------


def test_a_replay_uses_the_network_of_then(shops):
    recorded = enter(arrival("c1", beside(3)))
    shops.load(
        "stores",
        {
            "store_code": "S3",
            "name": "Renamed",
            "dealer_code": "D1",
            "latitude": "39.9",
            "longitude": "116.4",
            "crs": "wgs84",
            "status": "closed",
        },
    )
    publish({"rungs": ["PICKER"]}, actor=COMMAND_LINE, now=NOW)
    assert stored(enter(arrival("c2", beside(3))).entry_id).rung == "PICKER"
    assert replayed(recorded.entry_id) == {
        "same": True,
        "basis": "point",
        "store_code": "S3",
        "rung": "NEAREST",
    }


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


# -- the statements --------------------------------------------------------------------------------


def test_every_shape_of_a_write_works(shops):
    """New and known, located or not, keyed or not, with and without a parameter, by version and by
    eligibility."""
    ids = {row.store_code: row.id for row in shops.rows(store)}
    param = sign(SignedParam(ids["S4"], 0, 0, NOW), keys.entry_param_keys()[0])
    for n, (source, signed, key, fuzzy) in enumerate(
        itertools.product((None, beside(2)), (None, param), (None, "k"), (False, True))
    ):
        place = (
            None
            if source is None
            else SourcePoint(source.latitude, source.longitude, "gcj02", None, fuzzy)
        )
        for now in (NOW, NOW + dt.timedelta(hours=1)):
            row = stored(
                enter(
                    arrival(f"c{n}", place, entry_param=signed, touchpoint="qr"),
                    now,
                    key=key and f"{key}{n}{now}",
                ).entry_id
            )
            assert (row.located, row.touchpoint) == (
                0 if source is None else 2 if fuzzy else 1,
                "qr",
            )


def test_statements_name_every_column_of_their_tables():
    every = Shape(
        known=False,
        links=1,
        located=True,
        keyed=True,
        visited=True,
        with_param=True,
        by_eligibility=False,
        picker=False,
    )
    text = _postgresql_statement(every) + json.dumps(_sqlite_statements(every))
    for table in (entry, entry_point, entry_trace):
        assert {
            c.name
            for c in table.c
            if c.name != "id" and f":{c.name}" not in text and f"({c.name}" not in text
        } - {"customer_id"} == set()
    assert set(STATE_FIELDS) == {c.name for c in customer_state.c} - {"customer_id"}
