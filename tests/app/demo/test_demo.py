"""`flask demo`: a made-up chain whose facts went through the services, so that its books and
decisions hold (CONTRACT 2)."""

from __future__ import annotations

import datetime as dt
import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Table, func, select

import db
from app import create_app
from app.accounts import passwords, sign_ins
from app.demo import regulars
from app.demo.baskets import buys
from app.demo.cast import load_once
from app.demo.loading import load
from app.demo.scopes import busiest
from app.demo.sizes import TINY
from app.web.permissions import ROLES
from ledger.accounts import account
from ledger.idempotency import idempotency_key
from ledger.intakes import intake_open
from ledger.journals import journal, transfer
from stores.base import brand, versions
from stores.base.actors import COMMAND_LINE, SYSTEM
from stores.base.ordering import Order
from stores.customer_deeds import deed_effects, home_proposals
from stores.customer_deeds import deeds as customer_deeds
from stores.facts.binding_history import binding
from stores.facts.customer_deed_kinds import customer_deed
from stores.facts.customers import customer, customer_identity, customer_state
from stores.facts.entries import entry, entry_point, entry_trace
from stores.facts.events import event
from stores.facts.orders import order_line, order_state, sales_order
from stores.facts.refunds import refund, refund_line
from stores.lists import customer_book
from stores.network import network
from stores.network.branches import branch
from stores.network.dealers import dealer
from stores.network.guides import employment, guide
from stores.network.policy import Policy
from stores.network.sight import EVERYTHING
from stores.network.stores import store
from stores.routing import entry_reading
from stores.simulation.simulations import simulation
from tests.app.conftest import settings_of
from tests.app.demo.installation import NOW, SECRET, Demo, count, ignore, release, rows, start
from tests.databases import ENGINES, Databases

SAME_AGAIN: tuple[Table, ...] = (
    branch,
    dealer,
    store,
    guide,
    employment,
    customer,
    customer_state,
    entry,
    event,
    binding,
    sales_order,
    order_line,
    order_state,
    refund,
    refund_line,
    account,
    journal,
    transfer,
)


@pytest.fixture(scope="module", params=ENGINES)
def demo(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """Read only: shared by the tests of one engine."""
    made = Demo(databases.create(request.param), tmp_path_factory.mktemp("demo"))
    before = brand._brand
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        )
        start(made)
        load_once(ignore, instance=made.folder, size=TINY, now=NOW)
        yield made
    release(before)
    databases.drop(made.url)


def content() -> str:
    """One hash over every row of the tables that must be the same on every run."""
    found = hashlib.sha256()
    for table in SAME_AGAIN:
        for row in rows(select(table).order_by(*table.primary_key.columns)):
            found.update(repr((table.name, row)).encode())
    return found.hexdigest()


def test_the_chain_has_the_size_asked_for_and_ends_yesterday(demo: Demo) -> None:
    assert (count(store), count(dealer), count(branch), count(guide)) == (
        TINY.stores,
        TINY.dealers,
        TINY.branches,
        TINY.guides,
    )
    assert count(entry) == TINY.entries
    for table in (entry, event, sales_order):
        days = rows(select(func.min(table.c.business_day), func.max(table.c.business_day)))[0]
        assert days[1] == dt.date(2026, 11, 21)
        assert days[0] >= dt.date(2026, 11, 22) - dt.timedelta(days=TINY.days)


def test_two_runs_on_one_day_give_the_same_ids_and_amounts(
    demo: Demo, databases: Databases, tmp_path: Path
) -> None:
    first = content()
    again = Demo(
        databases.create("sqlite" if demo.url.startswith("sqlite") else "postgresql"), tmp_path
    )
    start(again)
    try:
        assert load(TINY, now=NOW, progress=ignore)
        second = content()
    finally:
        databases.drop(again.url)
        start(demo)
    assert second == first


def test_the_manager_of_a_demo_that_is_old_enough_has_a_new_home_to_approve(
    demo: Demo, databases: Databases, tmp_path: Path
) -> None:
    """A14: the tiny one is younger than a protection (B3), so two months pass."""
    later = Demo(
        databases.create("sqlite" if demo.url.startswith("sqlite") else "postgresql"), tmp_path
    )
    start(later)
    try:
        assert load(TINY, now=NOW, progress=ignore)
        shop, last_day = busiest()["store"], dt.date(2027, 1, 21)
        assert shop is not None
        with db.transaction():
            regulars.buy(last_day, Policy().proposal_orders)
        assert busiest()["store"] == shop
        with db.read() as connection:
            now = dt.datetime(2027, 1, 22, 0, 30, tzinfo=dt.UTC)
            proposed = home_proposals.rows(connection, shop, Policy(), now)
            code = connection.execute(
                select(store.c.store_code).where(store.c.id == shop)
            ).scalar_one()
        assert [each.held_until for each in proposed] == [None] * regulars.REGULARS
        for each in proposed:
            customer_deeds.do(
                deed_effects.Deed("home_approved", each.customer_text, code),
                actor=COMMAND_LINE,
                now=now,
            )
    finally:
        databases.drop(later.url)
        start(demo)


def test_a_loaded_demo_is_left_alone_and_its_users_are_told_again(demo: Demo) -> None:
    before = count(journal)
    first, second = (load_once(ignore, instance=demo.folder, size=TINY, now=NOW) for _ in range(2))
    assert first == second
    assert [each.role for each in first] == list(ROLES)
    assert all(sign_ins.sign_in(each.user, each.password, now=NOW) for each in first)
    assert count(journal) == before
    assert stat.S_IMODE((demo.folder / "demo_users.json").stat().st_mode) == 0o600


def test_money_is_conserved_and_every_order_stands_in_the_ledger(demo: Demo) -> None:
    """D2, D6: an order's transfers begin with its sale; what nobody owns stands in
    hq/unattributed."""
    sums = dict(
        rows(select(transfer.c.kind, func.sum(transfer.c.amount_minor)).group_by(transfer.c.kind))
    )
    owned, unowned = (
        rows(select(func.coalesce(func.sum(sales_order.c.total_minor), 0)).where(where))[0][0]
        for where in (sales_order.c.dealer_id.is_not(None), sales_order.c.dealer_id.is_(None))
    )
    assert sums["sale"] == owned
    assert sums["sale_unattributed"] == unowned
    refunded = rows(select(func.sum(refund.c.total_minor)))[0][0]
    assert sums["refund"] + sums.get("refund_unattributed", 0) == refunded
    assert (
        sums["platform_fee"]
        == rows(
            select(func.sum(sales_order.c.platform_fee_minor)).where(
                sales_order.c.dealer_id.is_not(None)
            )
        )[0][0]
    )
    assert count(intake_open) == 0  # everything is sealed


def test_the_books_of_the_demo_are_proven(demo: Demo) -> None:
    """`flask verify` finds nothing."""
    app = create_app(settings_of(demo.url, demo.folder, SECRET_KEY=SECRET))
    done = app.test_cli_runner().invoke(args=["verify"])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == "verified"


def test_every_order_has_an_owner_with_a_contract_or_is_unattributed(demo: Demo) -> None:
    """D1: frozen store, dealer and contract stand together."""
    o = sales_order.c
    assert count(sales_order, o.owner_basis == "unattributed", o.store_id.is_not(None)) == 0
    assert (
        count(
            sales_order,
            o.owner_basis != "unattributed",
            (o.store_id.is_(None)) | (o.dealer_id.is_(None)) | (o.contract_id.is_(None)),
        )
        == 0
    )
    bases = dict(rows(select(o.owner_basis, func.count()).group_by(o.owner_basis)))
    assert bases.keys() == {"entry", "visit", "location", "named", "unattributed"}
    assert bases["unattributed"] < 0.05 * count(sales_order)


def test_visits_end_in_orders_and_baskets_are_filled_as_in_a_real_trade(demo: Demo) -> None:
    """Leaf tea: a visit in twelve or so ends in an order, of those whom a guide's link brought
    more; an order is some 200 yuan."""
    o = sales_order.c
    online = count(sales_order, o.channel == "mini_program")
    assert 0.05 < online / count(entry) < 0.14
    assert 12_000 < rows(select(func.avg(o.total_minor)))[0][0] < 30_000
    assert buys(True, NOW.date()) > 2 * buys(False, NOW.date())


def test_the_rungs_are_as_varied_as_life(demo: Demo) -> None:
    rungs = dict(rows(select(entry.c.rung, func.count()).group_by(entry.c.rung)))
    assert {
        "HOME_PROTECTED",
        "ENTRY_PARAM",
        "NEAREST",
        "TERRITORY",
        "REGION",
        "LAST_VISIT",
    } <= rungs.keys()
    assert all(n < 0.75 * TINY.entries for n in rungs.values())
    assert count(sales_order, sales_order.c.guide_id.is_not(None)) > 0.3 * count(sales_order)
    assert 0.01 < count(refund) / count(sales_order) < 0.09


def test_points_are_kept_for_a_day_and_traces_for_thirty(demo: Demo) -> None:
    """P2: as the jobs would have left them."""
    recent = NOW - dt.timedelta(hours=24)
    assert count(entry_point) == count(entry, entry.c.located > 0, entry.c.decided_at > recent)
    assert count(entry_trace) == count(entry, entry.c.decided_at > NOW - dt.timedelta(days=30))


def test_decisions_of_the_demo_replay(demo: Demo) -> None:
    """A17, M11: by point for the last day, by record before."""
    with db.read() as connection:
        ids = connection.execute(select(entry.c.entry_id).order_by(entry.c.id)).scalars().all()
        bases = set()
        for entry_id in ids[::25] + ids[-25:]:
            again = entry_reading.replay(
                connection, entry_reading.find(connection, entry_id, SYSTEM), EVERYTHING
            )
            assert again["same"], entry_id
            bases.add(again["basis"])
    assert {"point", "record"} <= bases


def test_a_simulation_of_a_new_store_is_ready(demo: Demo) -> None:
    """Two, on the same visits, each of which leads somebody elsewhere."""
    with db.read() as connection:
        found = connection.execute(select(simulation).order_by(simulation.c.id.desc())).all()
    assert [row.scenario["changes"][0]["open"]["store_code"] for row in found] == ["NEW-1", "NEW-2"]
    assert found[0].scenario["on"] == found[1].scenario["on"]
    assert all(
        row.summary is not None and row.summary["visits"] > row.summary["moved"]["visits"] > 0
        for row in found
    )


def test_the_special_people_and_stores_are_there(demo: Demo) -> None:
    """C16, B9, D12, A11: a guide who buys friends, a leaver, a store sold, one paused, one
    closed."""
    e = event.c
    adds = rows(
        select(e.guide_id, func.count())
        .where(e.type == "contact.confirmed")
        .group_by(e.guide_id, e.business_day)
        .order_by(func.count().desc())
    )
    assert adds[0][1] >= 25
    assert count(event, e.type == "contact.deleted_by_customer", e.guide_id == adds[0][0]) >= 15
    left = rows(select(guide.c.id).where(guide.c.left_on.is_not(None)))
    assert len(left) == 1
    assert count(event, e.type == "contact.transferred", e.from_guide_id == left[0][0]) >= 1
    assert (
        count(store, store.c.status == "paused", store.c.paused_until > NOW.date()) == 1
    )  # it is paused when somebody looks
    assert {r[0] for r in rows(select(customer_deed.c.kind))} >= {
        "pinned",
        "no_switch",
        "switched",
        "refused",
    }
    assert {"paused", "closed", "active"} == {r[0] for r in rows(select(store.c.status).distinct())}
    with db.read() as connection:
        snapshot = network.snapshot(versions.current(connection))
    assert [len(s.contracts) for s in snapshot.stores].count(2) == 1
    assert {"gcj02", "wgs84"} == {r[0] for r in rows(select(store.c.crs).distinct())}


def test_who_was_taken_over_pinned_or_held_is_found_in_the_list(demo: Demo) -> None:
    """D1, A4, A10: the number beside the list is that of its rows, and each way to find them finds
    somebody."""
    order = Order("customer", descending=True)
    with db.read() as connection:
        for bound in ("taken", "pinned", "no_switch"):
            wanted = customer_book.CustomerFilter(NOW, NOW.date(), bound=bound)
            found = customer_book.rows(connection, SYSTEM, wanted, order)
            assert len(found) == customer_book.total(connection, SYSTEM, wanted) and (
                found or bound == "taken"
            ), bound  # so few days: nobody may be taken yet


def test_the_entry_ids_are_version_7_and_in_time_order(demo: Demo) -> None:
    found = [
        r[0] for r in rows(select(entry.c.entry_id).order_by(entry.c.occurred_at, entry.c.entry_id))
    ]
    assert all(each[14] == "7" and each[19] in "89ab" for each in found)
    assert [each[:13] for each in found] == sorted(each[:13] for each in found)
    assert count(idempotency_key) == 0


def test_every_customer_who_entered_is_known_by_both_identities(demo: Demo) -> None:
    kinds = dict(
        rows(select(customer_identity.c.kind, func.count()).group_by(customer_identity.c.kind))
    )
    entered = rows(select(func.count(entry.c.customer_id.distinct())))[0][0]
    assert kinds["unionid"] >= entered
    assert kinds["customer_id"] == count(customer)
