"""Figures for maps, rankings and trends: one answer for the chain, a branch, a dealer, a store or a
guide, of the actor's rows (P6, M16).

Every figure is of inclusive brand days. `entries`: arrivals led there. `orders`: paid, on the day
paid. `sales_minor`: attributed sales less refunds, each on its own day, as the ledger has them.
`adds`: confirmed friend adds, paid or not, of guides by their present store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, Table, func, select

from stores.base.actors import Actor
from stores.figures import cube_reading
from stores.figures.cube import entry_cell, guide_cell, sale_cell
from stores.figures.within import Within, stores_below, within
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.scope import (
    contract_in_force,
    visible_branch_ids,
    visible_dealer_ids,
    visible_store_ids,
)
from stores.network.stores import store

Sort = Literal["entries", "orders", "sales_minor", "adds", "code", "name"]
SORTS: tuple[str, ...] = ("entries", "orders", "sales_minor", "adds", "code", "name")
_SALES = ("orders", "gross_minor", "refunds_minor")
_MONEY = ("orders", "gross_minor", "refunds_minor", "fees_minor", "rewards_minor")


@dataclass(frozen=True, slots=True)
class Figures:
    """The four of a span."""

    entries: int = 0
    orders: int = 0
    sales_minor: int = 0
    adds: int = 0


@dataclass(frozen=True, slots=True)
class StoreFigures(Figures):
    """One store; WGS-84, None for a point that was withdrawn; dealer of today."""

    store_id: int = 0
    code: str = ""
    name: str = ""
    latitude: float | None = None
    longitude: float | None = None
    status: str = ""
    cloud_shop: bool = False
    dealer_code: str | None = None
    dealer_name: str | None = None
    branch_code: str | None = None
    branch_name: str | None = None


@dataclass(frozen=True, slots=True)
class DealerFigures(Figures):
    """One dealer: what was led to and booked for him, whoever holds the stores now; `stores` are
    those of today, `adds` of their guides. net = sales - fees - rewards."""

    dealer_id: int = 0
    code: str = ""
    name: str = ""
    branch_code: str | None = None
    branch_name: str | None = None
    stores: int = 0
    fees_minor: int = 0
    rewards_minor: int = 0
    net_minor: int = 0


@dataclass(frozen=True, slots=True)
class BranchFigures(Figures):
    """One branch with everything under it; `depth` 0 for the root; `own_stores` hang on the branch
    itself."""

    branch_id: int = 0
    code: str = ""
    name: str = ""
    parent_code: str | None = None
    depth: int = 0
    stores: int = 0
    own_stores: int = 0


@dataclass(frozen=True, slots=True)
class DayFigures(Figures):
    day: dt.date = dt.date.min


# -- one scope -------------------------------------------------------------------------------------


def totals(
    connection: Connection,
    actor: Actor,
    first: dt.date,
    last: dt.date,
    today: dt.date,
    *,
    branch_code: str | None = None,
    dealer_code: str | None = None,
    store_code: str | None = None,
    guide_code: str | None = None,
) -> Figures:
    """The four figures of whom the codes name, within the actor's rows."""
    days = by_day(
        connection,
        actor,
        first,
        last,
        today,
        branch_code=branch_code,
        dealer_code=dealer_code,
        store_code=store_code,
        guide_code=guide_code,
    )
    return Figures(
        *(
            sum(getattr(each, name) for each in days)
            for name in ("entries", "orders", "sales_minor", "adds")
        )
    )


def by_day(
    connection: Connection,
    actor: Actor,
    first: dt.date,
    last: dt.date,
    today: dt.date,
    *,
    branch_code: str | None = None,
    dealer_code: str | None = None,
    store_code: str | None = None,
    guide_code: str | None = None,
) -> list[DayFigures]:
    """Every day of the span, oldest first, days without anything too. A guide's sales are his
    credits less refunds (B12)."""
    whose = within(
        actor,
        today,
        branch_code=branch_code,
        dealer_code=dealer_code,
        store_code=store_code,
        guide_code=guide_code,
    )
    if whose.guide_ids:
        own = _days(
            connection,
            guide_cell,
            whose,
            first,
            last,
            ("entries", "orders", "credits_minor", "adds"),
        )
        found = {
            day: (r["entries"], r["orders"], r["credits_minor"], r["adds"])
            for day, r in own.items()
        }
    else:
        entries = _days(connection, entry_cell, whose, first, last, ("entries",))
        sales = _days(connection, sale_cell, whose, first, last, _SALES)
        adds = _days(connection, guide_cell, whose, first, last, ("adds",))
        found = {
            day: (
                _of(entries, day, "entries"),
                _of(sales, day, "orders"),
                _of(sales, day, "gross_minor") - _of(sales, day, "refunds_minor"),
                _of(adds, day, "adds"),
            )
            for day in {*entries, *sales, *adds}
        }
    days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    return [DayFigures(*found.get(day, (0, 0, 0, 0)), day=day) for day in days]


def _days(
    connection: Connection,
    cells: Table,
    whose: Within,
    first: dt.date,
    last: dt.date,
    measures: Sequence[str],
) -> dict[Any, dict[str, int]]:
    found = cube_reading.figures(
        connection, cells, first, last, measures, whose.by("day"), whose.limits(cells)
    )
    return _grouped(connection, found.c.day, found, measures)


def _of(found: dict[Any, dict[str, int]], key: Any, name: str) -> int:
    return found[key][name] if key in found else 0


def _grouped(
    connection: Connection, key: Any, found: Any, measures: Iterable[str], *joined: tuple[Any, Any]
) -> dict[Any, dict[str, int]]:
    """Sums by key, after joining (table, condition)."""
    names = list(measures)
    source = found
    for table, condition in joined:
        source = source.join(table, condition)
    query = (
        select(key, *(func.sum(found.c[name]) for name in names)).select_from(source).group_by(key)
    )
    return {
        r[0]: {name: int(value) for name, value in zip(names, r[1:], strict=True)}
        for r in connection.execute(query)
    }


# -- stores ----------------------------------------------------------------------------------------


def store_figures(
    connection: Connection,
    actor: Actor,
    first: dt.date,
    last: dt.date,
    today: dt.date,
    *,
    branch_code: str | None = None,
    dealer_code: str | None = None,
    sort: Sort = "sales_minor",
    ascending: bool = False,
    limit: int | None = None,
) -> list[StoreFigures]:
    """Every store the actor sees, those with nothing too, most sales first. With a dealer: his
    stores of today, and what was led to and booked for him there."""
    whose = within(actor, today, branch_code=branch_code, dealer_code=dealer_code)
    entries, sales, adds = _by_store(connection, whose, first, last)
    rows = []
    for r in connection.execute(_stores(actor, today, branch_code, dealer_code)):
        sold = sales.get(r.id, {})
        rows.append(
            StoreFigures(
                _of(entries, r.id, "entries"),
                sold.get("orders", 0),
                sold.get("gross_minor", 0) - sold.get("refunds_minor", 0),
                _of(adds, r.id, "adds"),
                r.id,
                r.store_code,
                r.name,
                None if r.coordinates_withdrawn else r.latitude,
                None if r.coordinates_withdrawn else r.longitude,
                r.status,
                bool(r.cloud_shop),
                r.dealer_code,
                r.dealer_name,
                r.branch_code,
                r.branch_name,
            )
        )
    return ranked(rows, sort, ascending, limit)


def _by_store(
    connection: Connection, whose: Within, first: dt.date, last: dt.date
) -> tuple[dict[Any, dict[str, int]], ...]:
    """Entries, sales and adds by store id."""
    led = cube_reading.figures(
        connection, entry_cell, first, last, ("entries",), "sum", whose.limits(entry_cell)
    )
    sold = cube_reading.figures(
        connection, sale_cell, first, last, _SALES, "sum", whose.limits(sale_cell)
    )
    added = cube_reading.figures(
        connection, guide_cell, first, last, ("adds",), "sum", whose.limits(guide_cell)
    )
    return (
        _grouped(connection, led.c.store_id, led, ("entries",)),
        _grouped(connection, sold.c.store_id, sold, _SALES),
        _grouped(
            connection, guide.c.store_id, added, ("adds",), (guide, guide.c.id == added.c.guide_id)
        ),
    )


def _stores(actor: Actor, today: dt.date, branch_code: str | None, dealer_code: str | None) -> Any:
    s, visible = store.c, visible_store_ids(actor, today)
    query = (
        select(
            s.id,
            s.store_code,
            s.name,
            s.latitude,
            s.longitude,
            s.coordinates_withdrawn,
            s.status,
            s.cloud_shop,
            s.branch_id,
            dealer.c.dealer_code,
            dealer.c.name.label("dealer_name"),
            branch.c.branch_code,
            branch.c.name.label("branch_name"),
        )
        .outerjoin(branch, branch.c.id == s.branch_id)
        .outerjoin(dealer_contract, (dealer_contract.c.store_id == s.id) & contract_in_force(today))
        .outerjoin(dealer, dealer.c.id == dealer_contract.c.dealer_id)
    )
    if visible is not None:
        query = query.where(s.id.in_(visible))
    if branch_code is not None:
        query = query.where(s.id.in_(stores_below(branch_code)))
    return query if dealer_code is None else query.where(dealer.c.dealer_code == dealer_code)


Row = TypeVar("Row", StoreFigures, DealerFigures, BranchFigures)


def ranked(rows: list[Row], sort: str, ascending: bool, limit: int | None = None) -> list[Row]:
    """By one column, then by code. Raises ValueError for no column."""
    if sort not in SORTS:
        raise ValueError(f"{sort!r} is no column to sort by")
    rows.sort(key=attrgetter("code"))
    rows.sort(key=attrgetter(sort), reverse=not ascending)
    return rows if limit is None else rows[:limit]


# -- dealers and branches --------------------------------------------------------------------------


def dealer_figures(
    connection: Connection,
    actor: Actor,
    first: dt.date,
    last: dt.date,
    today: dt.date,
    *,
    branch_code: str | None = None,
    sort: Sort = "sales_minor",
    ascending: bool = False,
    limit: int | None = None,
) -> list[DealerFigures]:
    """Every dealer the actor sees, most sales first. For a branch, and with one: what happened in
    its stores."""
    whose = within(actor, today, branch_code=branch_code)
    led = cube_reading.figures(
        connection, entry_cell, first, last, ("entries",), "sum", whose.limits(entry_cell)
    )
    sold = cube_reading.figures(
        connection, sale_cell, first, last, _MONEY, "sum", whose.limits(sale_cell)
    )
    added = cube_reading.figures(
        connection, guide_cell, first, last, ("adds",), "sum", whose.limits(guide_cell)
    )
    entries, sales = (
        _grouped(connection, led.c.dealer_id, led, ("entries",)),
        _grouped(connection, sold.c.dealer_id, sold, _MONEY),
    )
    c = dealer_contract.c
    adds = _grouped(
        connection,
        c.dealer_id,
        added,
        ("adds",),
        (guide, guide.c.id == added.c.guide_id),
        (dealer_contract, (c.store_id == guide.c.store_id) & contract_in_force(today)),
    )
    held = (
        select(c.dealer_id, func.count().label("stores"))
        .where(
            contract_in_force(today),
            *whose.places({"store_id": c.store_id, "dealer_id": c.dealer_id}),
        )
        .group_by(c.dealer_id)
        .subquery()
    )
    query = (
        select(
            dealer.c.id,
            dealer.c.dealer_code,
            dealer.c.name,
            branch.c.branch_code,
            branch.c.name.label("branch_name"),
            held.c.stores,
        )
        .outerjoin(branch, branch.c.id == dealer.c.branch_id)
        .outerjoin(held, held.c.dealer_id == dealer.c.id)
    )
    visible = visible_dealer_ids(actor, today)
    if visible is not None:
        query = query.where(dealer.c.id.in_(visible))
    rows = []
    for r in connection.execute(query):
        if branch_code is not None and not r.stores and r.id not in sales and r.id not in entries:
            continue
        money = sales.get(r.id, dict.fromkeys(_MONEY, 0))
        sold_minor = money["gross_minor"] - money["refunds_minor"]
        rows.append(
            DealerFigures(
                _of(entries, r.id, "entries"),
                money["orders"],
                sold_minor,
                _of(adds, r.id, "adds"),
                r.id,
                r.dealer_code,
                r.name,
                r.branch_code,
                r.branch_name,
                int(r.stores or 0),
                money["fees_minor"],
                money["rewards_minor"],
                sold_minor - money["fees_minor"] - money["rewards_minor"],
            )
        )
    return ranked(rows, sort, ascending, limit)


def branch_figures(
    connection: Connection,
    actor: Actor,
    first: dt.date,
    last: dt.date,
    today: dt.date,
    *,
    sort: Sort = "sales_minor",
    ascending: bool = False,
    limit: int | None = None,
) -> list[BranchFigures]:
    """Every branch the actor sees, each with all under it: a store counts for its branch and for
    each above it."""
    query = select(
        branch.c.id, branch.c.branch_code, branch.c.name, branch.c.parent_id, branch.c.path
    )
    visible = visible_branch_ids(actor)
    found = connection.execute(
        query if visible is None else query.where(branch.c.id.in_(visible))
    ).all()
    codes = {r.id: r.branch_code for r in found}
    sums = {r.id: {**asdict(Figures()), "stores": 0, "own_stores": 0} for r in found}
    above = {r.branch_code: [int(part) for part in r.path.strip("/").split("/")] for r in found}
    for each in store_figures(connection, actor, first, last, today, sort="code"):
        for number in above.get(each.branch_code or "", ()):
            if number in sums:
                own = sums[number]
                for name in ("entries", "orders", "sales_minor", "adds"):
                    own[name] += getattr(each, name)
                own["stores"] += 1
                own["own_stores"] += codes[number] == each.branch_code
    rows = [
        BranchFigures(
            **sums[r.id],
            branch_id=r.id,
            code=r.branch_code,
            name=r.name,
            parent_code=codes.get(r.parent_id),
            depth=len(above[r.branch_code]) - 1,
        )
        for r in found
    ]
    return ranked(rows, sort, ascending, limit)
