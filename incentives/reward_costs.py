"""What guides' rewards cost the dealer who pays them (D5 of the stories): by guide, store and
component, and the ledger lines behind each figure.

Days are the ledger's brand days. A dealer's cost is `payable`: what became payable less what was
taken back of it, the rewards of his revenue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, select

from ledger.journals import transfer
from stores.base.ordering import Order, ordered
from stores.network.guides import guide
from stores.network.stores import store

FIGURES = {  # figure: (kinds that add, kinds that take away)
    "promised": (("reward_pending",), ()),
    "returned": (("reward_pending_return",), ()),
    "payable": (("reward",), ("reward_return",)),
    "pending": (("reward_pending", "reward_vest_return"), ("reward_pending_return", "reward_vest")),
}
FLOWS = ("promised", "returned", "payable")  # of some days; `pending` is what is left now
SORTS = {
    "day": transfer.c.business_day,
    "amount": transfer.c.amount_minor,
    "guide": guide.c.guide_code,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """One guide's, of one component, at one store, in minor units; the store is where the reward
    was earned."""

    guide_code: str
    guide_name: str
    store_code: str | None
    store_name: str | None
    component: str
    promised_minor: int
    returned_minor: int
    payable_minor: int


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Brand days, inclusive; of `pending` all days up to `last`."""

    figure: str
    first: dt.date
    last: dt.date
    guide_code: str | None = None
    component: str | None = None
    store_code: str | None = None


def _net(figure: str) -> ColumnElement[int]:
    t, (adds, takes) = transfer.c, FIGURES[figure]
    return (
        case((t.kind.in_(adds), t.amount_minor), (t.kind.in_(takes), -t.amount_minor), else_=0)
        if takes
        else case((t.kind.in_(adds), t.amount_minor), else_=0)
    )


def costs(connection: Connection, dealer_id: int, first: dt.date, last: dt.date) -> list[Cost]:
    """Sorted by guide, store and component."""
    t = transfer.c
    kinds = sorted({kind for name in FLOWS for pair in FIGURES[name] for kind in pair})
    sums = [func.sum(_net(name)).label(name) for name in FLOWS]
    query = (
        select(
            guide.c.guide_code,
            guide.c.name,
            store.c.store_code,
            store.c.name.label("store_name"),
            t.component,
            *sums,
        )
        .join(guide, guide.c.id == t.guide_id)
        .outerjoin(store, store.c.id == t.store_id)
        .where(
            t.dealer_id == dealer_id,
            t.business_day >= first,
            t.business_day <= last,
            t.kind.in_(kinds),
        )
        .group_by(guide.c.guide_code, guide.c.name, store.c.store_code, store.c.name, t.component)
        .order_by(guide.c.guide_code, store.c.store_code, t.component)
    )
    return [
        Cost(
            r.guide_code,
            r.name,
            r.store_code,
            r.store_name,
            r.component,
            int(r.promised),
            int(r.returned),
            int(r.payable),
        )
        for r in connection.execute(query)
    ]


def totals(rows: Iterable[Cost]) -> dict[str, int]:
    found = dict.fromkeys(FLOWS, 0)
    for row in rows:
        for name in FLOWS:
            found[name] += getattr(row, f"{name}_minor")
    return found


def by_guide(rows: Iterable[Cost]) -> list[Cost]:
    """Components added up, most cost first."""
    return _added(rows, lambda row: (row.guide_code, row.store_code))


def by_component(rows: Iterable[Cost]) -> dict[str, dict[str, int]]:
    found: dict[str, list[Cost]] = {}
    for row in rows:
        found.setdefault(row.component, []).append(row)
    return {component: totals(part) for component, part in sorted(found.items())}


def _added(rows: Iterable[Cost], key: Any) -> list[Cost]:
    found: dict[Any, list[Cost]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    sums = [
        Cost(
            p[0].guide_code,
            p[0].guide_name,
            p[0].store_code,
            p[0].store_name,
            "",
            **{f"{name}_minor": value for name, value in totals(p).items()},
        )
        for p in found.values()
    ]
    return sorted(sums, key=lambda row: (-row.payable_minor, row.guide_code))


def forecast(cost_minor: int, days_over: int, days: int) -> int | None:
    """The whole month's cost if it goes on as on the days that are over, in minor units, rounded;
    None on its first day."""
    return None if days_over <= 0 else (2 * cost_minor * days + days_over) // (2 * days_over)


# -- the lines behind a figure ---------------------------------------------------------------------


def _lines(query: Select[Any], dealer_id: int, wanted: LineFilter) -> Select[Any]:
    t, (adds, takes) = transfer.c, FIGURES[wanted.figure]
    query = query.select_from(
        transfer.join(guide, guide.c.id == t.guide_id).outerjoin(store, store.c.id == t.store_id)
    ).where(t.dealer_id == dealer_id, t.business_day <= wanted.last, t.kind.in_((*adds, *takes)))
    if wanted.figure != "pending":
        query = query.where(t.business_day >= wanted.first)
    if wanted.guide_code is not None:
        query = query.where(guide.c.guide_code == wanted.guide_code)
    if wanted.store_code is not None:
        query = query.where(store.c.store_code == wanted.store_code)
    return query if wanted.component is None else query.where(t.component == wanted.component)


def line_totals(connection: Connection, dealer_id: int, wanted: LineFilter) -> tuple[int, int]:
    """How many transfers make up the figure, and their sum."""
    number, amount = connection.execute(
        _lines(
            select(func.count(), func.coalesce(func.sum(_net(wanted.figure)), 0)), dealer_id, wanted
        )
    ).one()
    return int(number), int(amount)


def lines(
    connection: Connection, dealer_id: int, wanted: LineFilter, order: Order
) -> Sequence[Row[Any]]:
    t = transfer.c
    query = select(
        t.id,
        t.business_day,
        t.kind,
        t.component,
        t.origin_period,
        _net(wanted.figure).label("amount_minor"),
        guide.c.guide_code,
        guide.c.name.label("guide_name"),
        store.c.store_code,
        store.c.name.label("store_name"),
    )
    return connection.execute(ordered(_lines(query, dealer_id, wanted), SORTS, t.id, order)).all()
