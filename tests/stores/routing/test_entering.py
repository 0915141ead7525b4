"""One entry is one read, one decision, one write; many at once leave one customer with a history
without gaps (M7, M12-M14)."""

from __future__ import annotations

import datetime as dt
import itertools
import json

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
from stores.network.contracts import dealer_contract
from stores.network.policies import publish
from stores.network.stores import store
from stores.routing import entering
from tests.stores.routing.entrances import (
    NOW,
    answer,
    arrival,
    beside,
    enter,
    replayed,
    state_of,
    stored,
)


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


def test_a_key_older_than_30_days_is_free_again_though_nobody_swept_it(shops):
    enter(arrival("c1"), key="k")
    second = enter(arrival("c2"), NOW + LIFETIME, key="k", body_hash="other")
    assert (second.repeated, shops.count(entry)) == (False, 2)
    [kept] = shops.rows(idempotency_key, "key")
    assert (kept.reference, kept.body_hash) == (second.entry_id, "other")


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
