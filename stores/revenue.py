"""Revenue of dealers and stores by day, month or store, summed from the ledger (D4): the sums are the ledger."""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Literal

from sqlalchemy import Connection, case, func, select
from sqlalchemy.sql.elements import ColumnElement

from ledger.journals import transfer
from stores.brand import brand
from stores.stores import store

By = Literal["day", "month", "store"]
FIGURES = {  # figure: (kinds that add, kinds that take away)
    "gross_minor": (("sale",), ()),
    "refunds_minor": (("refund",), ()),
    "fees_minor": (("platform_fee", "channel_fee"), ("platform_fee_return", "channel_fee_return")),
    "rewards_minor": (("reward",), ("reward_return",)),
}
KINDS = tuple(kind for adds, takes in FIGURES.values() for kind in (*adds, *takes))


def _sum(adds: Iterable[str], takes: Iterable[str]) -> ColumnElement[int]:
    t = transfer.c
    return func.coalesce(func.sum(case((t.kind.in_(list(adds)), t.amount_minor), (t.kind.in_(list(takes)), -t.amount_minor), else_=0)), 0)


def of(connection: Connection, first: dt.date, last: dt.date, by: By, *, dealer_id: int | None = None, store_id: int | None = None,
       stores: Any = None) -> dict[str, Any]:
    """Revenue from `first` to `last` (inclusive brand days) of one dealer, one store, or the stores a scope query names.

    {"from", "to", "currency", "totals", "rows"}; net = gross - refunds - fees - rewards. Fees are net of fees returned, each on its day."""
    t = transfer.c
    query = select(*(_sum(*kinds).label(name) for name, kinds in FIGURES.items())).where(t.business_day >= first, t.business_day <= last, t.kind.in_(KINDS))
    if dealer_id is not None:
        query = query.where(t.dealer_id == dealer_id)
    if store_id is not None:
        query = query.where(t.store_id == store_id)
    if stores is not None:
        query = query.where(t.store_id.in_(stores))
    if by == "store":
        query = query.add_columns(store.c.store_code.label("key")).outerjoin(store, store.c.id == t.store_id).group_by(store.c.store_code).order_by(store.c.store_code)
    else:
        query = query.add_columns(t.business_day.label("key")).group_by(t.business_day).order_by(t.business_day)
    rows = [(str(r.key)[:7] if by == "month" else r.key.isoformat() if by == "day" else r.key, figures_of(r)) for r in connection.execute(query)]
    name = "store_code" if by == "store" else "period"
    return {"from": first.isoformat(), "to": last.isoformat(), "currency": brand().currency, "totals": _total(f for _, f in rows),
            "rows": [{name: key, **figures} for key, figures in _merged(rows)]}


def figures_of(row: Any) -> dict[str, int]:
    """The five figures of a row of sums."""
    found = {name: int(getattr(row, name)) for name in FIGURES}
    return {**found, "net_minor": found["gross_minor"] - found["refunds_minor"] - found["fees_minor"] - found["rewards_minor"]}


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
