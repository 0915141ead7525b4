"""The sets of a re-assignment: who would be moved, who is still to be moved, and one chunk of them
written by a handful of statements."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    MetaData,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    select,
    update,
)

from ledger import schema
from ledger.bulk import copy_rows
from ledger.pieces import pieces
from stores.base.brand import business_day, day_bounds
from stores.customer_deeds.reassign_plan import Plan, Planner
from stores.customers.bindings import CLOSED, REASSIGNED
from stores.facts.binding_history import binding
from stores.facts.customer_deed_kinds import BINDING_KINDS, customer_deed
from stores.facts.customers import customer_state
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.facts.reassignments import reassigned_customer, reassignment_move

IN_LIST = 5_000
_S, _B, _M, _F = customer_state.c, binding.c, reassignment_move.c, reassigned_customer.c
_HOME = customer_state.join(
    binding,
    # coalesce, here and below: SQLite's planner would begin with the stores, which thousands share
    and_(
        _B.customer_id == _S.customer_id,
        _B.kind == "home",
        _B.superseded_at.is_(None),
        func.coalesce(_B.store_id, 0) == _S.home_store_id,
        _B.ended_at == _S.home_valid_until,
        _B.started_at < _B.ended_at,
    ),
)
_COPIED = [
    column.name
    for column in binding.c
    if column.name
    not in (
        "id",
        "store_id",
        "started_at",
        "ended_at",
        "reason",
        "end_reason",
        "recorded_at",
        "superseded_at",
    )
]

_picked = Table(
    "reassign_picked",
    MetaData(),
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
_part = Table(
    "reassign_part",
    MetaData(),
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("binding_id", BigInteger),
    Column("from_store_id", BigInteger),
    Column("to_store_id", BigInteger),
    Column("forced", Boolean),
    Column("live", Boolean),
    Column("folded", Boolean),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)


def _last(plan: Plan, since: dt.datetime) -> Any:
    """The store last visited, where that matters and is known; else 0."""
    none = literal_column("0")
    return (
        case(
            (and_(_S.last_visit_at >= since, _S.last_store_id.is_not(None)), _S.last_store_id),
            else_=none,
        )
        if plan.by_last_visit
        else none
    )


def _meant(plan: Plan, at: dt.datetime) -> list[Any]:
    """What of a home decides whether the plan means it: that it holds, since when, and how it came
    about."""
    found: list[Any] = [_B.valid_until > at]
    if plan.bound_from is not None:
        found.append(_B.started_at >= day_bounds(plan.bound_from)[0])
    if plan.bound_before is not None:
        found.append(_B.started_at < day_bounds(plan.bound_before)[0])
    if "first_order" in plan.causes:
        found += [
            _B.reason == "first_order",
            or_(_S.owner_guide_id.is_(None), _S.owner_valid_until <= at),
        ]
    return found


def counted(
    connection: Connection, planner: Planner, since: dt.datetime, at: dt.datetime
) -> Iterator[tuple[int, int, int, int]]:
    """(old store, store last visited or 0, customers, protected of them)."""
    plan, last = planner.plan, _last(planner.plan, since)
    gone = [s for s in planner.sources if planner.is_gone(s)]
    live = [s for s in planner.sources if not planner.is_gone(s)]
    for stores, holds in (
        (live, _B.ended_at > at),
        (gone, or_(_B.ended_at > at, _B.end_reason == CLOSED)),
    ):
        for some in pieces(stores, IN_LIST):
            query = (
                select(
                    _S.home_store_id,
                    last.label("last_id"),
                    func.count(),
                    func.count().filter(_B.protected_until > at),
                )
                .select_from(_HOME)
                .where(_S.home_store_id.in_(some), holds, *_meant(plan, at))
                .group_by(_S.home_store_id, *([last] if plan.by_last_visit else []))
            )
            for row in connection.execute(query):
                yield row[0], row[1], row[2], row[3]


def still_to_move(connection: Connection, number: int) -> array[int]:
    """Customers at home in a store that the run takes them from and without a fact of it,
    ascending; eight bytes a customer."""
    sources = select(_M.from_store_id).where(
        _M.reassignment_id == number, _M.to_store_id.is_not(None)
    )
    moved = exists().where(_F.reassignment_id == number, _F.customer_id == _S.customer_id)
    found = array("q")
    rows = connection.execution_options(yield_per=10_000).execute(
        select(_S.customer_id).where(_S.home_store_id.in_(sources), ~moved)
    )
    for part in rows.scalars().partitions():
        found.extend(part)
    return array("q", sorted(found))


@dataclass(frozen=True, slots=True)
class Chunk:
    """Customers that are moved at one moment; `folded` are those whom only the fold can write."""

    connection: Connection
    number: int
    at: dt.datetime
    folded: list[int]

    def write_facts(self) -> int:
        """Write one `reassigned_customer` row for each customer of this part; how many were
        written."""
        p = _part.c
        source = select(
            literal(self.number, BigInteger),
            p.customer_id,
            p.from_store_id,
            p.to_store_id,
            p.forced,
            literal(self.at, schema.Instant),
        )
        names = ["reassignment_id", "customer_id", "from_store_id", "to_store_id", "forced", "at"]
        return self.connection.execute(
            insert(reassigned_customer).from_select(names, source),
            execution_options={"preserve_rowcount": True},
        ).rowcount

    def write_bindings(self) -> None:
        """The old interval ends, the new one has its clocks; the state names the new home."""
        p, simple, at = _part.c, _part.c.folded.is_(False), literal(self.at, schema.Instant)
        run = self.connection.execute
        rows = _part.join(binding, _B.id == p.binding_id)
        copied = [_B[name] for name in _COPIED]
        names = [
            *_COPIED,
            "store_id",
            "started_at",
            "ended_at",
            "reason",
            "end_reason",
            "recorded_at",
        ]
        old = (
            select(
                *copied,
                _B.store_id,
                _B.started_at,
                at,
                _B.reason,
                literal(REASSIGNED, _B.end_reason.type),
                at,
            )
            .select_from(rows)
            .where(simple, p.live)
        )
        run(insert(binding).from_select(names, old))
        new = (
            select(
                *copied,
                p.to_store_id,
                at,
                _B.valid_until,
                literal(REASSIGNED, _B.reason.type),
                literal("validity_over", _B.end_reason.type),
                at,
            )
            .select_from(rows)
            .where(simple)
        )
        run(insert(binding).from_select(names, new))
        clocks = {
            "home_protected_until": case(
                (_B.protected_until < _B.valid_until, _B.protected_until), else_=_B.valid_until
            ),
            "home_valid_until": _B.valid_until,
        }
        run(
            update(customer_state)
            .where(_S.customer_id == p.customer_id, p.binding_id == _B.id, simple)
            .values(
                rv=_S.rv + 1,
                home_store_id=p.to_store_id,
                next_home_store_id=null(),
                next_home_protected_until=null(),
                next_home_valid_until=null(),
                **clocks,
            )
        )
        run(update(binding).where(_B.id == p.binding_id, simple, p.live).values(superseded_at=at))


@contextmanager
def chosen(
    connection: Connection,
    number: int,
    plan: Plan,
    since: dt.datetime,
    customers: array[int],
    closed: Collection[int],
    paused: Collection[int],
    at: dt.datetime,
) -> Iterator[Chunk]:
    """Lock these customers, and of them choose those whom the run moves at this moment; `closed`
    are targets that take nobody any more, `paused` stores whose pause is not over: clocks stand
    still there (A11)."""
    _picked.create(connection)
    _part.create(connection)
    if connection.dialect.name == "postgresql":
        copy_rows(connection, _picked, _picked.name, [{"customer_id": each} for each in customers])
        connection.execute(
            select(_S.customer_id)
            .join(_picked, _picked.c.customer_id == _S.customer_id)
            .order_by(_S.customer_id)
            .with_for_update(of=customer_state)
        )
    else:
        connection.exec_driver_sql(
            "INSERT INTO reassign_picked VALUES (?)", [(each,) for each in customers]
        )
    connection.exec_driver_sql("ANALYZE reassign_picked")
    connection.execute(
        insert(_part).from_select(
            [c.name for c in _part.c], _moved(number, plan, since, closed, paused, at)
        )
    )
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE reassign_part")
    folded = list(
        connection.execute(
            select(_part.c.customer_id).where(_part.c.folded).order_by(_part.c.customer_id)
        ).scalars()
    )
    yield Chunk(connection, number, at, folded)
    _part.drop(connection)
    _picked.drop(connection)


def _moved(
    number: int,
    plan: Plan,
    since: dt.datetime,
    closed: Collection[int],
    paused: Collection[int],
    at: dt.datetime,
) -> Select[Any]:
    move = and_(
        _M.reassignment_id == number,
        _M.from_store_id == func.coalesce(_S.home_store_id, 0),
        _M.last_store_id == _last(plan, since),
    )
    live = _B.ended_at > at
    wanted = [
        _M.to_store_id.is_not(None),
        or_(_M.forced, _B.protected_until <= at),
        or_(live, and_(_M.gone, _B.end_reason == CLOSED)),
        ~exists().where(_F.reassignment_id == number, _F.customer_id == _S.customer_id),
        *_meant(plan, at),
    ]
    if closed:
        wanted.append(_M.to_store_id.not_in(sorted(closed)))
    return (
        select(
            _S.customer_id,
            _B.id,
            _S.home_store_id,
            _M.to_store_id,
            _M.forced,
            case((live, True), else_=False),
            _folded(live, paused, at),
        )
        .select_from(
            _picked.join(_HOME, _S.customer_id == _picked.c.customer_id).join(
                reassignment_move, move
            )
        )
        .where(*wanted)
    )


def _folded(live: Any, paused: Collection[int], at: dt.datetime) -> Any:
    """Whether more than the clock of validity is still to come for this home, or has come with this
    very moment, or its clocks change."""
    o, d, e = sales_order.c, customer_deed.c, event.c
    later = or_(
        exists().where(o.customer_id == _S.customer_id, o.paid_at >= at),
        exists().where(d.customer_id == _S.customer_id, d.kind.in_(BINDING_KINDS), d.at >= at),
        _S.customer_id.in_(
            select(e.customer_id).where(
                e.business_day >= business_day(at), e.occurred_at >= at, e.customer_id.is_not(None)
            )
        ),
    )
    still = (
        [(_M.from_store_id.in_(sorted(paused)), True), (_M.to_store_id.in_(sorted(paused)), True)]
        if paused
        else []
    )
    return case(
        *still,
        (_S.next_home_store_id.is_not(None), True),
        (and_(live, _B.ended_at != _B.valid_until), True),
        (later, True),
        else_=False,
    )
