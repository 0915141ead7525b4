"""Guides who moved to another store of the same dealer: the manager of the store they left decides
whether their customers follow (B10).

Nobody asked, nobody answered: they follow. Headquarters may decide before him, by file, API or
page, and change it while the move is open."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, and_, distinct, func, or_, select

import db
from ledger import audit
from ledger.bulk import insert_rows
from ledger.faults import Conflict, NotFound
from stores.base import versions
from stores.base.actors import Actor
from stores.base.brand import business_day, day_bounds
from stores.customers import binding_facts, following
from stores.facts.binding_history import binding
from stores.facts.customers import customer_state
from stores.network.contracts import dealer_contract
from stores.network.guides import employment, guide
from stores.network.stores import store
from stores.registers.employment import DECIDED_WITHIN, Job, arrival, still_open
from stores.registers.saving import end_versions


@dataclass(frozen=True, slots=True)
class Move:
    """`store_id`, `store_code`, `store_name`: where he works now, since the day `moved_on`.
    `customers`: owned when he came and still."""

    guide_id: int
    guide_code: str
    name: str
    store_id: int
    store_code: str
    store_name: str
    moved_on: dt.date
    customers: int


def undecided(
    connection: Connection, actor: Actor, now: dt.datetime, guide_code: str | None = None
) -> list[Move]:
    """Moves of the last days from the manager's own store that nobody decided, newest first. None
    for anybody who manages no store."""
    if actor.scope_kind != "store":
        return []
    today, after, before = business_day(now), employment.alias("after"), employment.alias("before")
    old, new = dealer_contract.alias("old"), dealer_contract.alias("new")
    a, b = after.c, before.c
    query = (
        select(
            a.guide_id,
            guide.c.guide_code,
            guide.c.name,
            a.store_id,
            store.c.store_code,
            store.c.name.label("store_name"),
            a.valid_from.label("moved_on"),
        )
        .join(
            before,
            and_(
                b.guide_id == a.guide_id,
                b.version_to.is_(None),
                b.valid_to == a.valid_from,
                b.store_id != a.store_id,
            ),
        )
        .join(guide, guide.c.id == a.guide_id)
        .join(store, store.c.id == a.store_id)
        .join(
            old,
            and_(
                old.c.store_id == b.store_id,
                old.c.version_to.is_(None),
                or_(old.c.valid_from.is_(None), old.c.valid_from < a.valid_from),
                or_(old.c.valid_to.is_(None), old.c.valid_to >= a.valid_from),
            ),
        )  # the day before
        .join(
            new,
            and_(
                new.c.store_id == a.store_id,
                new.c.dealer_id == old.c.dealer_id,
                new.c.version_to.is_(None),
                or_(new.c.valid_from.is_(None), new.c.valid_from <= a.valid_from),
                or_(new.c.valid_to.is_(None), new.c.valid_to > a.valid_from),
            ),
        )
        .where(
            b.store_id == actor.scope_id,
            a.version_to.is_(None),
            a.customers_follow.is_(None),
            a.valid_from.between(today - dt.timedelta(days=DECIDED_WITHIN), today),
        )
    )
    if guide_code is not None:
        query = query.where(guide.c.guide_code == guide_code)
    rows = connection.execute(query.order_by(a.valid_from.desc(), guide.c.guide_code)).all()
    return [Move(*row, brought(connection, row.guide_id, row.moved_on, now)) for row in rows]


def brought(connection: Connection, guide_id: int, moved_on: dt.date, now: dt.datetime) -> int:
    """How many customers the guide owns now whom he owned before that day."""
    s, b = customer_state.c, binding.c
    query = (
        select(func.count(distinct(s.customer_id)))
        .join(binding, and_(b.customer_id == s.customer_id, b.kind == "owner"))
        .where(
            s.owner_guide_id == guide_id,
            s.owner_valid_until > now,
            b.guide_id == guide_id,
            b.superseded_at.is_(None),
            b.ended_at > now,
            b.started_at < day_bounds(moved_on)[0],
        )
    )
    return int(connection.execute(query).scalar_one())


def left_behind(connection: Connection, guide_id: int, moved_on: dt.date) -> int:
    """How many customers stayed when the guide moved on that day, also those who have another owner
    by now."""
    b = binding.c
    query = select(func.count(distinct(b.customer_id))).where(
        b.guide_id == guide_id,
        b.kind == "owner",
        b.superseded_at.is_(None),
        b.end_reason == binding_facts.MOVED_ALONE,
        b.ended_at == day_bounds(moved_on)[0],
    )
    return int(connection.execute(query).scalar_one())


def last_move(connection: Connection, guide_id: int, today: dt.date) -> dt.date | None:
    """The day of a move of which it can still be decided whether the customers follow; None without
    one."""
    e = employment.c
    rows = connection.execute(
        select(e.store_id, e.role, e.valid_from, e.valid_to, e.customers_follow).where(
            e.guide_id == guide_id, e.version_to.is_(None)
        )
    )
    jobs = sorted((Job(*row) for row in rows), key=lambda job: job.valid_from or dt.date.min)
    at = arrival(jobs)
    moved_on = None if at is None else jobs[at].valid_from
    return moved_on if moved_on is not None and still_open(moved_on, today) else None


def decide(guide_code: str, follow: bool, *, actor: Actor, now: dt.datetime) -> int:
    """The manager of the store that the guide left says once whether his customers follow him;
    returns how many there are. Raises NotFound for a guide who did not leave the manager's store
    lately, Conflict when it was decided already."""
    actor.require("move:decide")
    with db.transaction() as connection:
        version = versions.next_network_version(connection)
        found = undecided(connection, actor, now, guide_code)
        if not found:
            if _left(connection, actor, now, guide_code):
                raise Conflict("It was decided already.", code="move_decided")
            raise NotFound(f"No guide {guide_code!r} left your store lately.")
        move, e = found[0], employment.c
        jobs = connection.execute(
            select(employment).where(
                e.guide_id == move.guide_id,
                e.store_id == move.store_id,
                e.version_to.is_(None),
                e.valid_from >= move.moved_on,
            )
        ).all()
        end_versions(connection, employment, [job.id for job in jobs], version)
        copied = [
            {
                name: value
                for name, value in job._mapping.items()
                if name not in ("id", "version_to")
            }
            for job in jobs
        ]
        insert_rows(
            connection,
            employment,
            [{**job, "customers_follow": follow, "version_from": version} for job in copied],
        )
        versions.record(connection, version, "guides", 1, actor.name, now)
        audit.record(
            connection,
            actor.name,
            "decide_move",
            "guides",
            guide_code,
            {
                "version": version,
                "store": move.store_code,
                "follow": follow,
                "customers": move.customers,
            },
            at=now,
        )
        db.after_commit(lambda: following.follow_guides([move.guide_id], now))
        return int(move.customers)


def _left(connection: Connection, actor: Actor, now: dt.datetime, guide_code: str) -> bool:
    """Whether this guide worked in the manager's store before he moved on lately."""
    e, since = employment.c, business_day(now) - dt.timedelta(days=DECIDED_WITHIN)
    query = (
        select(e.id)
        .join(guide, guide.c.id == e.guide_id)
        .where(
            guide.c.guide_code == guide_code,
            e.version_to.is_(None),
            e.store_id == actor.scope_id,
            e.valid_to >= since,
        )
        .limit(1)
    )
    return actor.scope_kind == "store" and connection.execute(query).first() is not None
