"""Whose bindings are folded anew: customers of guides who leave or move, of stores that close or
pause, and of facts whose time has come (B9-B11, A11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import (
    Connection,
    and_,
    or_,
    select,
    update,
)

import db
from stores.base import versions
from stores.base.brand import business_day
from stores.base.possible_times import MOST_AHEAD
from stores.customers import people
from stores.customers.binding_facts import MOVED_ALONE, chunks, facts_of, rules_of
from stores.customers.rebinding import rewrite
from stores.facts.binding_history import binding
from stores.facts.customers import customer_state
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.network import closings, network
from stores.network.guides import employment


def follow_guides(guides: Iterable[int], now: dt.datetime, returned: Collection[int] = ()) -> None:
    """Fold the customers of these guides anew once their employment changed: a leaver's customers
    go to the store pool (B9, B10). Of the guides in `returned` whoever they had before, too: those
    may have another owner by now."""
    with db.read() as connection:
        s = customer_state.c
        owned = {
            c
            for part in chunks(sorted(guides))
            for c in connection.execute(
                select(s.customer_id).where(s.owner_guide_id.in_(part))
            ).scalars()
        }
        for part in chunks(sorted(returned)):
            had = select(binding.c.customer_id).where(
                binding.c.guide_id.in_(part),
                binding.c.end_reason == MOVED_ALONE,
                binding.c.superseded_at.is_(None),
            )
            owned.update(connection.execute(had).scalars())
    for part in chunks(sorted(owned)):
        with db.transaction() as connection:
            snapshot = network.snapshot(versions.current(connection))
            people.lock(connection, part)
            rewrite(connection, facts_of(connection, part, snapshot), rules_of(snapshot), now)


def follow_customers(customers: Iterable[int], now: dt.datetime) -> None:
    """Fold these customers anew: they turned out to be guides, or not to be the guides they were
    said to be (B5)."""
    s = customer_state.c
    for part in chunks(sorted(customers)):
        with db.transaction() as connection:
            snapshot = network.snapshot(versions.current(connection))
            people.lock(connection, part)
            connection.execute(
                update(customer_state).where(s.customer_id.in_(part)).values(rv=s.rv + 1)
            )  # so that their first order looks, too
            rewrite(connection, facts_of(connection, part, snapshot), rules_of(snapshot), now)


def follow_stores(stores: Iterable[int], now: dt.datetime) -> None:
    """Fold the customers of these stores, and of guides who work there, anew once the stores
    closed, opened again, or pause otherwise than was known (A11, B3)."""
    wanted = sorted(stores)
    with db.read() as connection:
        moved = sorted({*bound_to(connection, wanted, now), *_owned_at(connection, wanted, now)})
    for part in chunks(moved):
        with db.transaction() as connection:
            snapshot = network.snapshot(versions.current(connection))
            people.lock(connection, part)
            rewrite(connection, facts_of(connection, part, snapshot), rules_of(snapshot), now)


def follow_late(now: dt.datetime) -> int:
    """Move whom a fact that was being written while his store closed has left behind there; returns
    how many."""
    with db.read() as connection:
        closed = [
            store_id
            for store_id, several in closings.load(connection).items()
            if several[-1].ended_at is None
        ]
        late = bound_to(connection, closed, now, waiting=False) if closed else []
    if late:
        follow_stores(closed, now)
    return len(late)


def follow_ahead(now: dt.datetime, *, since: dt.datetime) -> int:
    """Fold whom facts name that were told long before their time: those whose time has come since
    then count from now on, those still to come do not count (N5). Returns how many customers. Facts
    are found by their days: one whose day lies behind `since` was looked at before."""
    first = business_day(since)
    with db.read() as connection:
        found: set[int] = set()
        for customer, day, at, received_at in (
            (event.c.customer_id, event.c.business_day, event.c.occurred_at, event.c.received_at),
            (
                sales_order.c.customer_id,
                sales_order.c.business_day,
                sales_order.c.paid_at,
                sales_order.c.received_at,
            ),
        ):
            query = select(customer, at, received_at).where(
                day >= first, at > received_at, at > since, customer.is_not(None)
            )
            found |= {r[0] for r in connection.execute(query) if r[1] - r[2] > MOST_AHEAD}
    for part in chunks(sorted(found)):
        with db.transaction() as connection:
            snapshot = network.snapshot(versions.current(connection))
            people.lock(connection, part)
            rewrite(connection, facts_of(connection, part, snapshot), rules_of(snapshot), now)
    return len(found)


def bound_to(
    connection: Connection, stores: Iterable[int], now: dt.datetime, *, waiting: bool = True
) -> list[int]:
    """Customers whose home is one of these stores now, with `waiting` also those whose home will
    be."""
    s, wanted = customer_state.c, sorted(stores)
    bound = and_(s.home_store_id.in_(wanted), s.home_valid_until > now)
    if waiting:
        bound = or_(bound, s.next_home_store_id.in_(wanted))
    return list(
        connection.execute(select(s.customer_id).where(bound).order_by(s.customer_id)).scalars()
    )


def _owned_at(connection: Connection, stores: Sequence[int], now: dt.datetime) -> list[int]:
    """Customers of guides who work, or worked, in these stores: their clocks stand still with the
    store's."""
    s, e = customer_state.c, employment.c
    guides = select(e.guide_id).where(e.store_id.in_(stores), e.version_to.is_(None))
    return list(
        connection.execute(
            select(s.customer_id).where(s.owner_guide_id.in_(guides), s.owner_valid_until > now)
        ).scalars()
    )
