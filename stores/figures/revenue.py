"""Revenue of dealers and stores by day, month, store or dealer, summed from the ledger (D4): the
sums are the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, case, func, or_, select
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Subquery

from ledger.journals import transfer
from stores.base.brand import brand
from stores.base.ordering import Order, ordered
from stores.facts.orders import sales_order
from stores.figures import cube, cube_reading, moved_days
from stores.figures.cube import FIGURES, MOVES
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.stores import store

By = Literal["day", "month", "store", "dealer"]


def _sum(adds: Iterable[str], takes: Iterable[str]) -> ColumnElement[int]:
    t = transfer.c
    return func.coalesce(
        func.sum(
            case(
                (t.kind.in_(list(adds)), t.amount_minor),
                (t.kind.in_(list(takes)), -t.amount_minor),
                else_=0,
            )
        ),
        0,
    )


def of(
    connection: Connection,
    first: dt.date,
    last: dt.date,
    by: By,
    *,
    dealer_id: int | None = None,
    store_id: int | None = None,
    stores: Any = None,
) -> dict[str, Any]:
    """Revenue from `first` to `last` (inclusive brand days) of one dealer, one store, or the stores
    a scope query names.

    {"from", "to", "currency", "totals", "rows"}; net = gross - refunds - fees - rewards. Fees are
    net of fees returned, each on its day."""
    names, keyed = (*FIGURES, *MOVES.values()), by in ("store", "dealer")
    limited = dealer_id is not None or store_id is not None or stores is not None
    grain: cube_reading.By = (
        "sum" if keyed or by == "month" and limited else "day" if limited else "chain"
    )
    found = cube_reading.figures(
        connection,
        cube.sale_cell,
        first,
        last,
        names,
        grain,
        _limits(dealer_id, store_id, stores) if limited else cube_reading.everything,
    )
    key = found.c[f"{by}_id"] if keyed else found.c.day
    moved = [func.sum(found.c[name]) for name in MOVES.values()]
    sums = (
        select(key.label("key"), *(func.sum(found.c[name]).label(name) for name in FIGURES))
        .group_by(key)
        .having(or_(*(each > 0 for each in moved)))
    )
    query: Select[Any] = sums.order_by(key)
    if keyed:
        table, inner = store if by == "store" else dealer, sums.subquery()
        code = table.c[f"{by}_code"]
        query = (
            select(code.label("key"), *(inner.c[name] for name in FIGURES))
            .select_from(inner.outerjoin(table, table.c.id == inner.c.key))
            .order_by(code)
        )
    rows = [
        (
            str(r.key)[:7] if by == "month" else r.key.isoformat() if by == "day" else r.key,
            figures_of(r),
        )
        for r in connection.execute(query)
    ]
    name = f"{by}_code" if by in ("store", "dealer") else "period"
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "currency": brand().currency,
        "totals": _total(f for _, f in rows),
        "rows": [{name: key, **figures} for key, figures in _merged(rows)],
    }


def _limits(dealer_id: int | None, store_id: int | None, stores: Any) -> cube_reading.Limits:
    def limits(keys: Mapping[str, ColumnElement[Any]]) -> Iterable[ColumnElement[bool]]:
        if dealer_id is not None:
            yield keys["dealer_id"] == dealer_id
        if store_id is not None:
            yield keys["store_id"] == store_id
        if stores is not None:
            yield cube_reading.among(keys["store_id"], stores)

    return limits


def _within(
    query: Select[Any],
    kinds: Sequence[str],
    first: dt.date,
    last: dt.date,
    dealer_id: int | None,
    store_id: int | None,
    stores: Any,
) -> Select[Any]:
    t = transfer.c
    query = query.where(t.business_day >= first, t.business_day <= last, t.kind.in_(kinds))
    if dealer_id is not None:
        query = query.where(t.dealer_id == dealer_id)
    if store_id is not None:
        query = query.where(t.store_id == store_id)
    return query if stores is None else query.where(cube_reading.among(t.store_id, stores))


def by_dealer(
    connection: Connection, first: dt.date, last: dt.date, *, stores: Any = None
) -> Subquery:
    """The sums of `of` by `dealer_id`, to join."""
    found = cube_reading.figures(
        connection, cube.sale_cell, first, last, tuple(FIGURES), "sum", _limits(None, None, stores)
    )
    return (
        select(found.c.dealer_id, *(func.sum(found.c[name]).label(name) for name in FIGURES))
        .group_by(found.c.dealer_id)
        .subquery("dealer_sums")
    )


def movements(
    connection: Connection,
    first: dt.date,
    last: dt.date,
    figure: str,
    order: Order,
    *,
    dealer_id: int | None = None,
    store_id: int | None = None,
    stores: Any = None,
    guide_id: int | None = None,
) -> Sequence[Row[Any]]:
    """The transfers that make up one figure of `of`; what takes away is negative. Sorted by
    `booked` alone. KeyError for no figure."""
    t, (adds, takes) = transfer.c, FIGURES[figure]
    amount = case((t.kind.in_(takes), -t.amount_minor), else_=t.amount_minor)
    query = (
        select(
            t.id,
            t.business_day,
            t.kind,
            amount.label("amount_minor"),
            t.origin_period,
            t.component,
            sales_order.c.order_no,
            store.c.store_code,
            store.c.name.label("store_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
        )
        .outerjoin(sales_order, sales_order.c.id == t.order_id)
        .outerjoin(store, store.c.id == t.store_id)
        .outerjoin(guide, guide.c.id == t.guide_id)
    )
    query = _within(query, (*adds, *takes), first, last, dealer_id, store_id, stores)
    if guide_id is not None:
        query = query.where(t.guide_id == guide_id)
    elif (
        dealer_id is None and store_id is None
    ):  # nothing that an index leads to: by id, between the ids of these days
        begin, end = moved_days.bounds(connection, first, last)
        query = query.where(t.id >= begin, t.id <= end)
    if order.after is not None:
        query = query.where(t.id <= order.after[0] if order.descending else t.id >= order.after[0])
    return connection.execute(ordered(query, {"booked": t.id}, t.id, order)).all()


def movement_totals(
    connection: Connection,
    first: dt.date,
    last: dt.date,
    figure: str,
    *,
    dealer_id: int | None = None,
    store_id: int | None = None,
    stores: Any = None,
    guide_id: int | None = None,
) -> tuple[int, int]:
    """How many transfers `movements` lists in all, and their sum: the figure itself."""
    kinds, limited = (
        FIGURES[figure],
        dealer_id is not None or store_id is not None or stores is not None,
    )
    if guide_id is None:
        c = cube_reading.figures(
            connection,
            cube.sale_cell,
            first,
            last,
            (figure, MOVES[figure]),
            "sum" if limited else "chain",
            _limits(dealer_id, store_id, stores) if limited else cube_reading.everything,
        ).c
        moves, amount = connection.execute(
            select(func.sum(c[MOVES[figure]]), func.sum(c[figure]))
        ).one()
        return int(moves or 0), int(amount or 0)
    query = _within(
        select(func.count(), _sum(*kinds)),
        (*kinds[0], *kinds[1]),
        first,
        last,
        dealer_id,
        store_id,
        stores,
    )
    number, total = connection.execute(query.where(transfer.c.guide_id == guide_id)).one()
    return int(number), int(total)


def figures_of(row: Any) -> dict[str, int]:
    """The five figures of a row of sums."""
    found = {name: int(getattr(row, name)) for name in FIGURES}
    return {
        **found,
        "net_minor": found["gross_minor"]
        - found["refunds_minor"]
        - found["fees_minor"]
        - found["rewards_minor"],
    }


def _total(rows: Iterable[dict[str, int]]) -> dict[str, int]:
    total = dict.fromkeys((*FIGURES, "net_minor"), 0)
    for row in rows:
        for name in total:
            total[name] += row[name]
    return total


def _merged(rows: list[tuple[Any, dict[str, int]]]) -> list[tuple[Any, dict[str, int]]]:
    """Rows of one key added up, in order of first appearance (days of a month)."""
    found: dict[Any, list[dict[str, int]]] = {}
    for key, figures in rows:
        found.setdefault(key, []).append(figures)
    return [(key, _total(parts)) for key, parts in found.items()]
