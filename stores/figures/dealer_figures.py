"""Figures of dealers and branches, ranked; each of the actor's rows (P6, M16)."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from stores.base.actors import Actor
from stores.figures import cube_reading
from stores.figures.cube import entry_cell, guide_cell, sale_cell
from stores.figures.figures import Figures, cell_of, grouped
from stores.figures.ranking import Sort, ranked
from stores.figures.store_figures import StoreFigures, store_figures
from stores.figures.within import Within, within
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.scope import (
    contract_in_force,
    visible_branch_ids,
    visible_dealer_ids,
)

_MONEY = ("orders", "gross_minor", "refunds_minor", "fees_minor", "rewards_minor")


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
        grouped(connection, led.c.dealer_id, led, ("entries",)),
        grouped(connection, sold.c.dealer_id, sold, _MONEY),
    )
    c = dealer_contract.c
    adds = grouped(
        connection,
        c.dealer_id,
        added,
        ("adds",),
        (guide, guide.c.id == added.c.guide_id),
        (dealer_contract, (c.store_id == guide.c.store_id) & contract_in_force(today)),
    )
    rows = []
    for r in connection.execute(_dealers(actor, today, whose)):
        if branch_code is not None and not r.stores and r.id not in sales and r.id not in entries:
            continue
        money = sales.get(r.id, dict.fromkeys(_MONEY, 0))
        sold_minor = money["gross_minor"] - money["refunds_minor"]
        rows.append(
            DealerFigures(
                cell_of(entries, r.id, "entries"),
                money["orders"],
                sold_minor,
                cell_of(adds, r.id, "adds"),
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


def _dealers(actor: Actor, today: dt.date, whose: Within) -> Select[Any]:
    """The dealers the actor sees, with the branch of each and how many of the stores he holds."""
    c = dealer_contract.c
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
    return query if visible is None else query.where(dealer.c.id.in_(visible))


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
                _add(sums[number], each, codes[number])
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


def _add(sums: dict[str, int], one: StoreFigures, branch_code: str) -> None:
    """One store to what is under the branch."""
    for name in ("entries", "orders", "sales_minor", "adds"):
        sums[name] += getattr(one, name)
    sums["stores"] += 1
    sums["own_stores"] += branch_code == one.branch_code
