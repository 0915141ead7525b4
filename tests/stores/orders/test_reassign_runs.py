"""Runs of a re-assignment on a crowd: checked, in chunks, stopped, undone, told (A11, A12, B3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

import db
from ledger.audit import audit_log
from ledger.faults import Conflict, NotAllowed
from stores.base import versions
from stores.base.actors import COMMAND_LINE, Actor
from stores.customer_deeds import reassign, reassign_check, reassign_undo
from stores.customer_deeds.reassign_plan import Plan, parse
from stores.customers import binding_facts, notices, rebinding
from stores.facts.binding_history import binding
from stores.facts.customers import customer, customer_state
from stores.facts.reassignments import reassigned_customer, reassignment, reassignment_move
from stores.network import network
from stores.network.guides import guide
from stores.network.scope import find_scope
from stores.registers import close_store
from tests.stores.orders.shop import Shop, day
from tests.stores.orders.test_reassign import HOUR

FROM_S1 = Plan("the lease ended", ("S1",), target="store", to_store_code="S2")


def work(shop: Shop, plan: Plan = FROM_S1, hours: float = 1, **more: Any) -> Any:
    """Check and run at once."""
    at = shop.network.now + hours * HOUR
    network.forget()
    number = reassign_check.ask(plan, actor=COMMAND_LINE, now=at)
    reassign_check.check(number, actor=COMMAND_LINE, now=at)
    reassign.start(number, actor=COMMAND_LINE, now=at)
    return reassign.proceed(number, actor=COMMAND_LINE, clock=lambda: at, **more)


def homes(shop: Shop, hours: float = 2) -> dict[str, str | None]:
    with db.read() as connection:
        names = list(connection.execute(select(customer.c.customer_id)).scalars())
    return {name: shop.bound(name, shop.network.now + hours * HOUR)[0] for name in names}


@pytest.fixture
def crowd(shop: Shop) -> Shop:
    """At home in S1: old by an order, old by Wang's friend add, protected by a late order; other
    lives in S3."""
    shop.sells("old", day(0), store_code="S1")
    shop.adds("Wang", day(1), "friend")
    shop.sells("new", day(80), store_code="S1")
    shop.sells("other", day(0), store_code="S3")
    return shop


def test_a_check_counts_and_binds_nobody(crowd: Shop):
    before = crowd.network.count(binding)
    number = reassign_check.ask(FROM_S1, actor=COMMAND_LINE, now=crowd.network.now)
    row = reassign_check.check(number, actor=COMMAND_LINE, now=crowd.network.now)
    assert (row.state, row.customers, row.protected, row.unplaced, row.moved) == (
        "checked",
        2,
        1,
        0,
        0,
    )
    assert homes(crowd) == {"old": "S1", "friend": "S1", "new": "S1", "other": "S3"}
    assert crowd.network.count(binding) == before and crowd.network.count(reassigned_customer) == 0
    again = reassign_check.check(number, actor=COMMAND_LINE, now=crowd.network.now)
    assert again.customers == 2 and crowd.network.count(reassignment_move) == 1


def test_a_run_never_moves_a_protected_customer_b3(crowd: Shop):
    assert work(crowd).moved == 2
    assert homes(crowd) == {"old": "S2", "friend": "S2", "new": "S1", "other": "S3"}
    assert crowd.bound("friend", crowd.network.now + 2 * HOUR)[1] == "Wang", (
        "the owner stays the owner"
    )


def test_protected_customers_go_too_when_the_plan_says_so(crowd: Shop):
    assert work(crowd, replace(FROM_S1, include_protected=True)).moved == 3
    assert homes(crowd)["new"] == "S2"


def test_folding_again_changes_nothing(crowd: Shop):
    """The sets wrote what the fold would."""
    crowd.sells("waits", day(75), store_code="S1")
    crowd.sells("waits", day(76), store_code="S2")
    crowd.adds("Zhao", day(78), "waits")  # B3: S2 waits for the end of S1's protection
    work(crowd, replace(FROM_S1, include_protected=True))
    before = bindings(crowd), states(crowd)
    network.forget()
    with db.transaction() as connection:
        snapshot = network.snapshot(versions.current(connection))
        known = binding_facts.facts_of(
            connection, [r.id for r in crowd.network.rows(customer)], snapshot
        )
        rebinding.rewrite(
            connection, known, binding_facts.rules_of(snapshot), crowd.network.now + 5 * HOUR
        )
    assert (bindings(crowd), states(crowd)) == before


def bindings(shop: Shop) -> list[Any]:
    return sorted(
        tuple(row)[1:-2] for row in shop.network.rows(binding) if row.superseded_at is None
    )


def states(shop: Shop) -> list[Any]:
    with db.read() as connection:
        s = customer_state.c
        return list(
            connection.execute(
                select(s.customer_id, *(s[name] for name in rebinding.BOUND)).order_by(
                    s.customer_id
                )
            )
        )


def test_a_second_run_of_the_same_plan_finds_nobody(crowd: Shop):
    work(crowd)
    count = crowd.network.count(binding)
    assert work(crowd, hours=2).moved == 0
    assert crowd.network.count(binding) == count


def test_stores_that_change_places_move_each_customer_once(crowd: Shop):
    """S1 to S3 and S3 to S1: nobody goes twice, however small the chunks."""
    number = reassign_check.ask(
        Plan("swap", ("S1", "S3"), target="store", to_store_code="S2"),
        actor=COMMAND_LINE,
        now=crowd.network.now,
    )
    reassign_check.check(number, actor=COMMAND_LINE, now=crowd.network.now)
    with db.transaction() as connection:
        s1, s3 = find_scope(connection, "store", "S1"), find_scope(connection, "store", "S3")
        for old, new in ((s1, s3), (s3, s1)):
            connection.execute(
                reassignment_move.update()
                .where(reassignment_move.c.from_store_id == old)
                .values(to_store_id=new)
            )
    reassign.start(number, actor=COMMAND_LINE, now=crowd.network.now)
    reassign.proceed(number, actor=COMMAND_LINE, clock=lambda: crowd.network.now, chunk=1)
    assert homes(crowd) == {"old": "S3", "friend": "S3", "new": "S1", "other": "S1"}


def test_a_run_that_was_stopped_goes_on_where_it_stood(crowd: Shop):
    class Killed(Exception):
        pass

    def tell(done: int, total: int) -> None:
        if done >= 1:
            raise Killed

    with pytest.raises(Killed):
        work(crowd, tell=tell, chunk=1)
    number = crowd.network.rows(reassignment)[0].id
    assert crowd.network.rows(reassignment)[0].moved == 1
    reassign.stop(number, actor=COMMAND_LINE, now=crowd.network.now)
    row = reassign.proceed(number, actor=COMMAND_LINE, clock=lambda: crowd.network.now + HOUR)
    assert (row.state, row.moved, crowd.network.count(reassigned_customer)) == ("done", 2, 2)
    with pytest.raises(Conflict):
        reassign.proceed(number, actor=COMMAND_LINE)


def test_the_network_must_be_as_it_was_checked(crowd: Shop):
    number = reassign_check.ask(FROM_S1, actor=COMMAND_LINE, now=crowd.network.now)
    reassign_check.check(number, actor=COMMAND_LINE, now=crowd.network.now)
    crowd.network.open_store("S9", "D1")
    with pytest.raises(Conflict, match="changed since the check"):
        reassign.start(number, actor=COMMAND_LINE, now=crowd.network.now)


def test_an_order_that_came_meanwhile_protects_b3(crowd: Shop):
    number = reassign_check.ask(FROM_S1, actor=COMMAND_LINE, now=crowd.network.now)
    reassign_check.check(number, actor=COMMAND_LINE, now=crowd.network.now)
    reassign.start(number, actor=COMMAND_LINE, now=crowd.network.now)
    crowd.sells("old", crowd.network.now, store_code="S1")
    assert (
        reassign.proceed(number, actor=COMMAND_LINE, clock=lambda: crowd.network.now + HOUR).moved
        == 1
    )
    assert homes(crowd)["old"] == "S1"


def test_facts_of_later_moments_are_folded_in(crowd: Shop):
    """A till whose clock is ahead: the order is paid after the moment of the move."""
    crowd.sells("old", crowd.network.now + 3 * HOUR, store_code="S2")
    before = crowd.network.now + 2 * HOUR
    assert work(crowd).moved == 2
    assert crowd.bound("old", before)[0] == "S2"
    assert crowd.bound("old", before + dt.timedelta(days=364))[0] == "S2", "the order prolonged it"


def test_of_a_closed_store_everybody_is_given_a_home_by_the_ladder_a11(crowd: Shop):
    close_store.close_store("S1", None, actor=COMMAND_LINE, now=crowd.network.now)
    assert homes(crowd) == {"old": None, "friend": None, "new": None, "other": "S3"}
    row = work(crowd, Plan("S1 closed", causes=("closed",)), hours=1)
    assert (row.customers, row.protected, row.moved) == (3, 0, 3)
    assert homes(crowd) == {"old": "S2", "friend": "S2", "new": "S2", "other": "S3"}
    before = bindings(crowd)
    with db.transaction() as connection:
        snapshot = network.snapshot(versions.current(connection))
        rebinding.rewrite(
            connection,
            binding_facts.facts_of(
                connection, [r.id for r in crowd.network.rows(customer)], snapshot
            ),
            binding_facts.rules_of(snapshot),
            crowd.network.now + 5 * HOUR,
        )
    assert bindings(crowd) == before


def test_stores_out_of_service_and_in_foreign_territories_are_found_a2(crowd: Shop):
    crowd.network.open_store("S1", "D1", latitude="31.2304", longitude="121.4737", cloud_shop="off")
    network.forget()
    number = reassign_check.ask(
        Plan("x", causes=("out_of_service", "closed", "foreign_territory")),
        actor=COMMAND_LINE,
        now=crowd.network.now,
    )
    reassign_check.check(number, actor=COMMAND_LINE, now=crowd.network.now)
    assert [(m.cause, m.customers, m.protected) for m in crowd.network.rows(reassignment_move)] == [
        ("out_of_service", 2, 1)
    ]


def test_a_first_order_home_goes_to_where_the_customer_is_seen(crowd: Shop):
    crowd.visits("old", crowd.network.now - 48 * HOUR, near="S2", link="Zhao")
    with db.transaction() as connection:
        s2 = find_scope(connection, "store", "S2")
        connection.execute(
            customer_state.update().values(
                last_store_id=s2, last_visit_at=crowd.network.now - 48 * HOUR
            )
        )
    row = work(
        crowd, parse({"reason": "seen elsewhere", "causes": ["first_order"], "dealer_code": "D1"})
    )
    assert (
        homes(crowd) == {"old": "S2", "friend": "S1", "new": "S1", "other": "S2"} and row.moved == 2
    )


def test_who_has_no_store_to_go_to_is_said_and_not_moved(crowd: Shop):
    row = work(crowd, Plan("far away", ("S3",)))
    assert (row.customers, row.unplaced, row.moved) == (0, 1, 0)
    assert homes(crowd)["other"] == "S3"


def test_both_dealers_and_the_shops_are_told(crowd: Shop):
    work(crowd)
    for kind, code in (
        ("dealer", "D1"),
        ("dealer", "D2"),
        ("store", "S1"),
        ("store", "S2"),
        ("guide", "Wang"),
    ):
        with db.read() as connection:
            actor = Actor(
                "user:7",
                frozenset(),
                kind,
                connection.execute(select(guide.c.id).where(guide.c.guide_code == code)).scalar()
                if kind == "guide"
                else find_scope(connection, kind, code),
            )
            told = notices.unread(connection, actor, crowd.network.today)
        assert [
            (n.kind, n.store_code, n.about["customers"], n.about["successor_code"]) for n in told
        ] == [("customers_reassigned", "S1", 2, "S2")], code
    assert [r.action for r in crowd.network.rows(audit_log) if r.object_kind == "reassignment"] == [
        "plan_reassignment",
        "start_reassignment",
        "reassign_customers",
    ]


def test_within_a_day_it_is_undone_but_for_those_whom_somebody_changed(crowd: Shop):
    row = work(crowd)
    crowd.network.now += 2 * HOUR
    crowd.sells("friend", crowd.network.now, store_code="S2")
    undone = reassign_undo.undo(row.id, actor=COMMAND_LINE, clock=lambda: crowd.network.now + HOUR)
    assert undone.state == "undone"
    assert homes(crowd)["old"] == "S1"
    with pytest.raises(Conflict):
        reassign_undo.undo(row.id, actor=COMMAND_LINE, clock=lambda: crowd.network.now + 2 * HOUR)
    again = work(crowd, hours=30)
    with pytest.raises(Conflict, match="24 hours"):
        reassign_undo.undo(
            again.id, actor=COMMAND_LINE, clock=lambda: crowd.network.now + 60 * HOUR
        )


def test_it_needs_the_permission(crowd: Shop):
    nobody = Actor("user:1", frozenset())
    for deed in (
        lambda: reassign_check.ask(FROM_S1, actor=nobody, now=crowd.network.now),
        lambda: reassign_check.check(1, actor=nobody, now=crowd.network.now),
        lambda: reassign.start(1, actor=nobody, now=crowd.network.now),
        lambda: reassign.proceed(1, actor=nobody),
        lambda: reassign_undo.undo(1, actor=nobody),
    ):
        with pytest.raises(NotAllowed):
            deed()


def test_a_crowd_is_moved_in_chunks(crowd: Shop):
    crowd.records(*(crowd.order(f"c{n}", day(0), store_code="S1") for n in range(60)))
    work(crowd, chunk=25)
    with db.read() as connection:
        assert (
            connection.execute(select(func.count()).select_from(reassigned_customer)).scalar_one()
            == 62
        )
