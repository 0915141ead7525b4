"""Stores that need help, each reason with the numbers that prove it (C2 of the stories); only the
actor's stores (P6).

Days are the brand's; today counts, except for sales, which compare 28 whole days with the 28
before.

    no_entries_7d            in service, and nobody was led there for 7 days           last_entry_on (of 30 days), entries
    no_code_placed           in service, and no code or link led there for 30 days     entries, by_code
    no_guide                 nobody works there as a guide or manager
    guides_without_adds_30d  half of those there or more: 30 days in, no confirmed add  guides,
    without_adds
    sales_down               sales less refunds fell under 70 % of the 28 days before  sales_minor, before_minor
    adds_lost                two or more, and over 30 % of 30 days' adds, ended        adds, lost
    paused                   nobody is led there until the pause ends                  until
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, func, select

from stores.base.actors import Actor
from stores.figures import cube_reading
from stores.figures.cube import entry_cell, guide_cell, sale_cell
from stores.figures.within import Within, stores_below, within
from stores.lists.directory import SILENT_DAYS
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.scope import contract_in_force, visible_store_ids
from stores.network.stores import store

REASONS = (
    "no_guide",
    "no_entries_7d",
    "sales_down",
    "no_code_placed",
    "adds_lost",
    "guides_without_adds_30d",
    "paused",
)  # gravest first
SEVERITY = {
    "no_guide": 5,
    "no_entries_7d": 5,
    "sales_down": 4,
    "no_code_placed": 3,
    "adds_lost": 3,
    "guides_without_adds_30d": 2,
    "paused": 1,
}
MONTH_DAYS, SALES_DAYS = 30, 28
CODE_RUNG = "ENTRY_PARAM"
DOWN_PERCENT, LOST_PERCENT, FEWEST_LOST = 70, 30, 2  # one loss is chance
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reason:
    """`numbers` by name, as the head of this file lists them; days are dates or None, `_minor`
    minor units."""

    code: str
    severity: int
    numbers: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoreHelp:
    """A store with its reasons, gravest first; `severity` is their sum."""

    store_id: int
    code: str
    name: str
    branch_code: str | None
    branch_name: str | None
    dealer_code: str | None
    dealer_name: str | None
    severity: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class HelpNeeded:
    """`rows` gravest first; `counts` stores by reason, before `reason` narrowed the rows; of
    `stores` looked at."""

    rows: list[StoreHelp]
    counts: dict[str, int]
    stores: int


@dataclass(slots=True)
class _Seen:
    """What happened at one store."""

    entries: int = 0
    recent: int = 0
    by_code: int = 0
    last_entry_on: dt.date | None = None
    sales_minor: int = 0
    before_minor: int = 0


def help_reasons(
    connection: Connection,
    actor: Actor,
    today: dt.date,
    *,
    branch_code: str | None = None,
    dealer_code: str | None = None,
    reason: str | None = None,
    limit: int | None = None,
) -> HelpNeeded:
    """Every store of the actor's that has a reason; `reason` keeps those with that one."""
    whose = within(actor, today, branch_code=branch_code, dealer_code=dealer_code)
    seen = _seen(connection, whose, today)
    teams = _teams(connection, whose, today)
    found, counts, looked = [], Counter[str](), 0
    for r in connection.execute(_stores(actor, today, branch_code, dealer_code)):
        looked += 1
        reasons = _reasons(r, seen.get(r.id) or _Seen(), teams.get(r.id, []), today)
        counts.update(each.code for each in reasons)
        if reasons and (reason is None or any(each.code == reason for each in reasons)):
            found.append(
                StoreHelp(
                    r.id,
                    r.store_code,
                    r.name,
                    r.branch_code,
                    r.branch_name,
                    r.dealer_code,
                    r.dealer_name,
                    sum(each.severity for each in reasons),
                    tuple(reasons),
                )
            )
    found.sort(key=lambda each: (-each.severity, each.code))
    return HelpNeeded(
        found if limit is None else found[:limit], {code: counts[code] for code in REASONS}, looked
    )


def _reasons(
    r: Any, seen: _Seen, team: list[tuple[bool, int, int]], today: dt.date
) -> list[Reason]:
    if r.status == "paused":
        return [_reason("paused", until=r.paused_until)]
    found = []
    if not team:
        found.append(_reason("no_guide"))
    if r.cloud_shop and not seen.recent:
        found.append(
            _reason("no_entries_7d", last_entry_on=seen.last_entry_on, entries=seen.entries)
        )
    if seen.before_minor > 0 and seen.sales_minor * 100 < seen.before_minor * DOWN_PERCENT:
        found.append(
            _reason("sales_down", sales_minor=seen.sales_minor, before_minor=seen.before_minor)
        )
    if (
        r.cloud_shop
        and not seen.by_code
        and (r.opened_on is None or r.opened_on <= today - MONTH_DAYS * DAY)
    ):
        found.append(_reason("no_code_placed", entries=seen.entries, by_code=0))
    adds, lost = sum(a for _, a, _ in team), sum(n for _, _, n in team)
    if lost >= FEWEST_LOST and lost * 100 > adds * LOST_PERCENT:
        found.append(_reason("adds_lost", adds=adds, lost=lost))
    idle = sum(settled and not a for settled, a, _ in team)
    if 2 * idle >= len(team) > 0:
        found.append(_reason("guides_without_adds_30d", guides=len(team), without_adds=idle))
    return found


def _reason(code: str, **numbers: Any) -> Reason:
    return Reason(code, SEVERITY[code], numbers)


# -- facts -----------------------------------------------------------------------------------------


def _seen(connection: Connection, whose: Within, today: dt.date) -> dict[int, _Seen]:
    found: dict[int, _Seen] = {}
    e = cube_reading.figures(
        connection,
        entry_cell,
        today - (MONTH_DAYS - 1) * DAY,
        today,
        ("entries",),
        "day",
        whose.limits(entry_cell),
    ).c
    query = select(
        e.store_id,
        func.sum(e.entries).label("entries"),
        func.sum(case((e.day >= today - SILENT_DAYS * DAY, e.entries), else_=0)).label("recent"),
        func.sum(case((e.rung == CODE_RUNG, e.entries), else_=0)).label("by_code"),
        func.max(e.day).label("newest"),
    ).group_by(e.store_id)
    for r in connection.execute(query):
        found[r.store_id] = _Seen(int(r.entries), int(r.recent), int(r.by_code), r.newest)
    middle = today - SALES_DAYS * DAY
    s = cube_reading.figures(
        connection,
        sale_cell,
        middle - SALES_DAYS * DAY,
        today - DAY,
        ("gross_minor", "refunds_minor"),
        "day",
        whose.limits(sale_cell),
    ).c
    net = s.gross_minor - s.refunds_minor
    query = select(
        s.store_id,
        func.sum(case((s.day >= middle, net), else_=0)).label("now"),
        func.sum(case((s.day < middle, net), else_=0)).label("before"),
    ).group_by(s.store_id)
    for r in connection.execute(query):
        own = found.setdefault(r.store_id, _Seen())
        own.sales_minor, own.before_minor = int(r.now), int(r.before)
    return found


def _teams(
    connection: Connection, whose: Within, today: dt.date
) -> dict[int, list[tuple[bool, int, int]]]:
    """By store: for everybody who works there today, whether for 30 days, with the adds and losses
    of those."""
    c = cube_reading.figures(
        connection,
        guide_cell,
        today - (MONTH_DAYS - 1) * DAY,
        today,
        ("adds", "lost"),
        "day",
        whose.limits(guide_cell),
    ).c
    sums = {
        r[0]: (int(r[1]), int(r[2]))
        for r in connection.execute(
            select(c.guide_id, func.sum(c.adds), func.sum(c.lost)).group_by(c.guide_id)
        )
    }
    g = guide.c
    query = select(g.id, g.store_id, g.hired_on).where(
        g.left_on.is_(None) | (g.left_on >= today),
        g.hired_on.is_(None) | (g.hired_on <= today),
        *whose.guides({"guide_id": g.id}),
    )
    teams: dict[int, list[tuple[bool, int, int]]] = {}
    for r in connection.execute(query):
        teams.setdefault(r.store_id, []).append(
            (r.hired_on is None or r.hired_on <= today - MONTH_DAYS * DAY, *sums.get(r.id, (0, 0)))
        )
    return teams


def _stores(actor: Actor, today: dt.date, branch_code: str | None, dealer_code: str | None) -> Any:
    """Stores that are open or paused."""
    s, visible = store.c, visible_store_ids(actor, today)
    query = (
        select(
            s.id,
            s.store_code,
            s.name,
            s.status,
            s.cloud_shop,
            s.opened_on,
            s.paused_until,
            branch.c.branch_code,
            branch.c.name.label("branch_name"),
            dealer.c.dealer_code,
            dealer.c.name.label("dealer_name"),
        )
        .outerjoin(branch, branch.c.id == s.branch_id)
        .outerjoin(dealer_contract, (dealer_contract.c.store_id == s.id) & contract_in_force(today))
        .outerjoin(dealer, dealer.c.id == dealer_contract.c.dealer_id)
        .where(
            s.status != "closed",
            s.closed_on.is_(None) | (s.closed_on > today),
            s.opened_on.is_(None) | (s.opened_on <= today),
        )
    )
    if visible is not None:
        query = query.where(s.id.in_(visible))
    if branch_code is not None:
        query = query.where(s.id.in_(stores_below(branch_code)))
    return query if dealer_code is None else query.where(dealer.c.dealer_code == dealer_code)
