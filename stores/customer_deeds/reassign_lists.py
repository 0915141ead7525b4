"""Re-assignments as pages and reports show them: the runs, and of one run how many go from where to
where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from stores.base.brand import business_day
from stores.base.ordering import Order, ordered
from stores.facts.reassignments import reassignment, reassignment_move
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.scope import contract_in_force
from stores.network.stores import store

RUN_SORTS = {
    "created_at": reassignment.c.created_at,
    "state": reassignment.c.state,
    "customers": reassignment.c.customers,
    "moved": reassignment.c.moved,
}


def runs(connection: Connection, order: Order) -> Sequence[Row[Any]]:
    """All runs, sorted by a name of RUN_SORTS."""
    return connection.execute(
        ordered(select(reassignment), RUN_SORTS, reassignment.c.id, order)
    ).all()


def count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(reassignment)).scalar_one())


@dataclass(frozen=True, slots=True)
class Figures:
    """Old and new stores of a run, and how many lines its report has."""

    sources: int
    targets: int
    lines: int


def figures(connection: Connection, number: int) -> Figures:
    m = reassignment_move.c
    placed = m.to_store_id.is_not(None)
    row = connection.execute(
        select(
            func.count(m.from_store_id.distinct()).filter(placed),
            func.count(m.to_store_id.distinct()),
        ).where(m.reassignment_id == number)
    ).one()
    lines = select(func.count()).select_from(_lines(number).subquery())
    return Figures(int(row[0]), int(row[1]), int(connection.execute(lines).scalar_one()))


def _lines(number: int) -> Select[Any]:
    """One line an old and a new store and cause, whoever was seen where last."""
    m = reassignment_move.c
    sums = (func.sum(m.customers).label("customers"), func.sum(m.protected).label("protected"))
    return (
        select(func.min(m.id).label("id"), m.from_store_id, m.to_store_id, m.cause, *sums)
        .where(m.reassignment_id == number)
        .group_by(m.from_store_id, m.to_store_id, m.cause)
    )


def rows(connection: Connection, number: int, order: Order) -> Sequence[Row[Any]]:
    """id, from_code, from_name, from_dealer, to_code, to_name, to_dealer, cause, customers,
    protected. Dealers by the contract of the day of the check, of an old store without one the last
    it had."""
    line, old, new = _lines(number).subquery("line"), store.alias("old"), store.alias("new")
    day = business_day(
        connection.execute(
            select(reassignment.c.created_at).where(reassignment.c.id == number)
        ).scalar_one()
    )
    query = select(
        line.c.id,
        old.c.store_code.label("from_code"),
        old.c.name.label("from_name"),
        _dealer_code(old.c.id, day).label("from_dealer"),
        new.c.store_code.label("to_code"),
        new.c.name.label("to_name"),
        _dealer_code(new.c.id, day).label("to_dealer"),
        line.c.cause,
        line.c.customers,
        line.c.protected,
    ).select_from(
        line.join(old, old.c.id == line.c.from_store_id).outerjoin(
            new, new.c.id == line.c.to_store_id
        )
    )
    sorts = {
        "customers": line.c.customers,
        "protected": line.c.protected,
        "from_code": old.c.store_code,
        "cause": line.c.cause,
    }
    return connection.execute(ordered(query, sorts, line.c.id, order)).all()


def _dealer_code(store_id: Any, day: Any) -> Any:
    c, d = dealer_contract.c, dealer.c
    begun = or_(c.valid_from.is_(None), c.valid_from <= day)
    return (
        select(d.dealer_code)
        .join(dealer_contract, c.dealer_id == d.id)
        .where(c.store_id == store_id, c.version_to.is_(None), begun)
        .order_by(contract_in_force(day).desc(), c.valid_from.desc(), c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
