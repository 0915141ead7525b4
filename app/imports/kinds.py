"""Every kind of import by its name: the command line and the pages of headquarters run the same
ones.

A kind is a function `run(path, dry_run, actor, progress, headings, wishes) -> Report`; add one to
KINDS. It reads and checks the file, calls one service, and raises Refused (rows at fault), Doubtful
(rows that are hardly meant, and nobody said that they are) or InvalidInput (no such table at all);
each time nothing was written. `headings`: which of the file's columns are ours under another name;
`wishes`: what else the person who brings it says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import config
import db
from incentives import targets
from stores.base.actors import Actor
from stores.base.brand import brand
from stores.customers import event_filing, event_intake
from stores.customers.event_intake import EventIn
from stores.exports import facts
from stores.geo.areas import parse_geometry
from stores.imports.area_file import CheckedAreas, read_areas
from stores.imports.cells import Context
from stores.imports.check import Checked, Row, check
from stores.imports.columns import COLUMNS
from stores.imports.faults import FaultList
from stores.imports.headings import PLAIN, HeadingMap
from stores.imports.order_levels import follow_above, further_lines
from stores.imports.order_rows import group_orders
from stores.imports.outcomes import Apply, Doubtful, Outcome, Refused
from stores.imports.sheets import Sheet, read_sheet
from stores.imports.understood import Understood
from stores.imports.wishes import AS_USUAL, Wishes
from stores.orders import file_check, filing
from stores.registers import (
    areas,
    branches,
    customers,
    dealers,
    guides,
    lookalikes,
    offers,
    stores,
    terms,
)

Progress = Callable[[int, int], None]
Run = Callable[..., "Report"]  # (path, dry_run, actor, progress, headings=PLAIN, wishes=AS_USUAL)


@dataclass(frozen=True, slots=True)
class Report:
    """`kind` is the plural noun of the last line; `notes` are further lines of the result;
    `understood` says how the file was read. A dry run may have doubtful warnings, for which the
    import would wait."""

    kind: str
    outcome: Outcome
    warnings: FaultList = field(default_factory=FaultList)
    notes: tuple[str, ...] = ()
    understood: Understood | None = None


def context() -> Context:
    """What cells depend on: the brand's zone and currency."""
    return Context(brand().timezone, brand().currency, dict(config.CURRENCY_DECIMALS))


def of_sheet(kind: str, apply: Apply, limited: bool = True) -> Run:
    """The usual kind: a table, checked, then applied by one service. `limited`: IMPORT_MAX_ROWS
    holds (N2)."""

    def run(
        path: Path,
        dry_run: bool,
        actor: Actor,
        progress: Progress | None,
        headings: HeadingMap = PLAIN,
        wishes: Wishes = AS_USUAL,
    ) -> Report:
        sheet = read_sheet(
            path,
            COLUMNS[kind],
            config.load().import_max_rows if limited else None,
            kind=kind,
            given=headings,
        )
        return applied(kind, check(kind, sheet, context(), progress), apply, dry_run, actor, wishes)

    return run


def applied(
    kind: str,
    checked: Checked | CheckedAreas,
    apply: Apply,
    dry_run: bool,
    actor: Actor,
    wishes: Wishes,
) -> Report:
    """Apply checked rows. Raises Refused with the warnings beside the faults, Doubtful."""

    def write(only_try: bool) -> Outcome:
        return apply(
            checked.rows,
            actor=actor,
            now=dt.datetime.now(dt.UTC),
            dry_run=only_try,
            accept=wishes.accept,
        )

    return _judged(kind, checked, write, dry_run, wishes)


def _judged(
    kind: str,
    checked: Checked | CheckedAreas,
    write: Callable[[bool], Outcome],
    dry_run: bool,
    wishes: Wishes,
) -> Report:
    """`write(only_try)` where the file is sound and meant. What is stored as it is already needs
    nobody to say that it is meant."""
    if checked.faults:
        raise Refused(checked.faults, checked.warnings, checked.understood)
    with db.read() as connection:
        told = checked.warnings.with_those_of(
            lookalikes.warnings_of(connection, kind, checked.rows)
        )
    waits = bool(told.doubtful) and not wishes.accept
    try:
        outcome = write(dry_run or waits)
    except Refused as refused:
        raise Refused(refused.faults, told, checked.understood) from None
    except Doubtful as doubt:
        raise Doubtful(told.with_those_of(doubt.warnings), checked.understood) from None
    warnings = told.with_those_of(outcome.warnings)
    if waits and not dry_run and outcome.effective:
        raise Doubtful(warnings, checked.understood)
    return Report(kind, outcome, warnings, understood=checked.understood)


def _areas(
    path: Path,
    dry_run: bool,
    actor: Actor,
    progress: Progress | None,
    headings: HeadingMap = PLAIN,
    wishes: Wishes = AS_USUAL,
) -> Report:
    checked = read_areas(
        path, context(), parse_geometry, config.load().import_max_rows, given=headings
    )
    if progress is not None:
        progress(len(checked.rows), len(checked.rows))  # areas are checked as they are read
    return applied("areas", checked, areas.apply, dry_run, actor, wishes)


def _orders(
    path: Path,
    dry_run: bool,
    actor: Actor,
    progress: Progress | None,
    headings: HeadingMap = PLAIN,
    wishes: Wishes = AS_USUAL,
) -> Report:
    sheet = read_sheet(path, COLUMNS["orders"], kind="orders", given=headings)
    checked = check(
        "orders", follow_above(sheet) if wishes.follow_above else sheet, context(), progress
    )
    if checked.faults and not wishes.follow_above:
        _offer_to_follow(sheet, checked.faults)
    orders, refunds = (
        group_orders(checked.rows, context(), checked.faults, checked.warnings)
        if not checked.faults
        else ([], [])
    )

    def write(only_try: bool) -> Outcome:
        with db.read() as connection:
            same = (
                facts.same_orders(connection, [file_check.order_in(each) for each in orders]),
                facts.same_refunds(connection, [file_check.refund_in(each) for each in refunds]),
            )
        outcome = filing.file_orders(
            [each for each in orders if each.order_no not in same[0]],
            [each for each in refunds if each.refund_no not in same[1]],
            actor=actor,
            now=dt.datetime.now(dt.UTC),
            dry_run=only_try,
            progress=progress,
        )
        return replace(outcome, unchanged=outcome.unchanged + len(same[0]) + len(same[1]))

    report = _judged("orders", checked, write, dry_run, wishes)
    return replace(report, kind="orders and refunds" if refunds else "orders")


def _offer_to_follow(sheet: Sheet, faults: FaultList) -> None:
    """Blank fields of further lines are faults with a way out."""
    further = {sheet.rows[place][0] for place in further_lines(sheet)}
    faults.kept[:] = [
        fault.with_code("required_or_above")
        if fault.code == "required" and fault.line in further
        else fault
        for fault in faults.kept
    ]


def _events(
    path: Path,
    dry_run: bool,
    actor: Actor,
    progress: Progress | None,
    headings: HeadingMap = PLAIN,
    wishes: Wishes = AS_USUAL,
) -> Report:
    checked = check(
        "events",
        read_sheet(path, COLUMNS["events"], kind="events", given=headings),
        context(),
        progress,
    )
    return _judged(
        "events", checked, partial(_record_events, checked.rows, actor, progress), dry_run, wishes
    )


def _record_events(
    rows: Sequence[Row], actor: Actor, progress: Progress | None, only_try: bool
) -> Outcome:
    names = (
        "event_id",
        "type",
        "occurred_at",
        "guide_code",
        "customer_id",
        "external_userid",
        "source",
    )
    events = [
        EventIn(*(row.get(name) for name in names), payload=row.get("payload") or {})
        for row in rows
    ]
    with db.read() as connection:
        same = facts.same_events(connection, events)
    rows, events = (
        [row for row in rows if row.values["event_id"] not in same],
        [each for each in events if each.event_id not in same],
    )
    try:
        taken = event_filing.file_events(
            events, actor=actor, now=dt.datetime.now(dt.UTC), dry_run=only_try, progress=progress
        )
    except event_intake.AnyRefused as refusal:
        faults = FaultList()
        for each in refusal.refused:
            row, column = rows[each.index], each.field.split(".")[0]
            faults.add(row.line, column, str(row.get(column) or ""), each.reason)
        raise Refused(faults) from None
    return Outcome(new=taken.accepted, unchanged=taken.duplicates + len(same))


KINDS: dict[str, Run] = {
    "branches": of_sheet("branches", branches.apply),
    "dealers": of_sheet("dealers", dealers.apply),
    "stores": of_sheet("stores", stores.apply),
    "guides": of_sheet("guides", guides.apply),
    "areas": _areas,
    "offers": of_sheet("offers", offers.apply),
    "terms": of_sheet("terms", terms.apply),
    "customers": of_sheet("customers", customers.apply, limited=False),
    "orders": _orders,
    "events": _events,
    "targets": of_sheet("targets", targets.apply, limited=False),
}
