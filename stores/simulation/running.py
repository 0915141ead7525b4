"""A scenario carried out: visits fed to both ladders, progress told, sums at the end (A16, H1). It
changes nothing but itself."""

from __future__ import annotations

import datetime as dt
import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

import db
from stores.base import versions
from stores.base.brand import brand, business_day
from stores.network import network
from stores.network.branches import branch
from stores.network.dealers import dealer
from stores.network.snapshot import Snapshot
from stores.simulation import past, population
from stores.simulation.changing import change
from stores.simulation.conflicts import conflicts
from stores.simulation.ladder import Ladder
from stores.simulation.scenario import PastEntries, Scenario
from stores.simulation.tally import Batch, Row, Tally
from stores.simulation.twice import Differs, Twice

Tell = Callable[[str, int, int], None]  # step, done, total; may raise to end the run


@dataclass(frozen=True, slots=True)
class Result:
    """`summary` as JSON, rows of stores, dealers and branches, and the versions that were
    "before"."""

    summary: dict[str, Any]
    rows: list[Row]
    network_version: int
    policy_version: int


def checked(connection: Connection, scenario: Scenario) -> tuple[Snapshot, Snapshot]:
    """The network in force and as the scenario has it. Raises InvalidInput with one fault for each
    code that is unknown."""
    at = versions.current(connection)
    before = network.snapshot(at)
    dealers = {
        row.dealer_code: int(row.id)
        for row in connection.execute(select(dealer.c.dealer_code, dealer.c.id))
    }
    return before, change(before, scenario, dealers, brand().timezone)


def run(scenario: Scenario, *, now: dt.datetime, tell: Tell | None = None) -> Result:
    """Decide every visit of the scenario twice. Stores nothing. `now`: the clock by which points
    and traces are still kept, and when the made-up visitors arrive. Raises InvalidInput, and
    whatever `tell` raises."""
    tell = tell or (lambda step, done, total: None)
    began = time.monotonic()
    tell("preparing", 0, 0)
    with db.read(apart=True) as connection:
        before, after = checked(connection, scenario)
        names = _names(connection)
        total = (
            past.how_many(connection, scenario.on)
            if isinstance(scenario.on, PastEntries)
            else scenario.on.points
        )
        with _uncollected():
            try:
                tally, counts = _tallied(
                    connection, scenario, before, after, now, total, tell, walk=False
                )
            except Differs:  # slower, and right in any case
                tally, counts = _tallied(
                    connection, scenario, before, after, now, total, tell, walk=True
                )
    tell("summing", total, total)
    day = business_day(now)
    summary = {
        **tally.summary(),
        "basis": dict(counts),
        "conflicts": conflicts(after, scenario, day),
        "seconds": round(time.monotonic() - began, 1),
        "currency": brand().currency,
    }
    if not isinstance(scenario.on, PastEntries):
        summary["people_of_a_point"] = population.people_of_a_point(scenario.on)
    return Result(
        summary,
        [replace(row, name=names.get((row.kind, row.code), row.name)) for row in tally.rows()],
        before.version,
        before.policy_version,
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Millions of small values without a cycle among them: looking for cycles would take longer
    than the work."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _names(connection: Connection) -> dict[tuple[str, str], str]:
    """Of dealers and branches; stores have theirs in the snapshot."""
    found = {
        ("dealer", row.dealer_code): str(row.name)
        for row in connection.execute(select(dealer.c.dealer_code, dealer.c.name))
    }
    return found | {
        ("branch", row.branch_code): str(row.name)
        for row in connection.execute(select(branch.c.branch_code, branch.c.name))
    }


def _tallied(
    connection: Connection,
    scenario: Scenario,
    before: Snapshot,
    after: Snapshot,
    now: dt.datetime,
    total: int,
    tell: Tell,
    walk: bool,
) -> tuple[Tally, Counter[str]]:
    tally, counts = Tally(before, after), Counter[str]()
    twice = Twice(Ladder(before, walk), Ladder(after, walk), counts)
    done = 0
    for batch in _batches(connection, scenario, twice, now):
        tally.add(batch)
        done += len(batch.days)
        tell("deciding", done, total)
    counts["walked"] = twice.before.walked + twice.after.walked
    return tally, counts


def _batches(
    connection: Connection, scenario: Scenario, twice: Twice, now: dt.datetime
) -> Iterator[Batch]:
    if isinstance(scenario.on, PastEntries):
        for part in past.arrivals(connection, scenario.on, now):
            yield twice.of_past(part)
    else:
        for visits in population.visitors(scenario.on, now, business_day(now)):
            yield twice.made_up(visits)
