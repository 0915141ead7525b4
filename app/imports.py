"""Every kind of import by its name: the command line and the pages of headquarters run the same ones.

A kind is a function `run(path, dry_run, actor, progress, headings) -> Report`; add one to KINDS. It reads and checks the file, calls one service,
and raises Refused (rows at fault) or InvalidInput (no such table at all); either way nothing was written. `headings`: which of
the file's columns are ours under another name.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import config
from incentives import targets
from stores import event_intake
from stores.actors import Actor
from stores.areas import parse_geometry
from stores.brand import brand
from stores.event_intake import EventIn
from stores.importing.area_file import CheckedAreas, read_areas
from stores.importing.cells import Context
from stores.importing.check import Checked, check
from stores.importing.columns import COLUMNS
from stores.importing.faults import FaultList
from stores.importing.headings import PLAIN, HeadingMap
from stores.importing.order_rows import group_orders
from stores.importing.sheets import read_sheet
from stores.registers import areas, branches, customers, dealers, guides, offers, stores
from stores.registers.saving import Apply, Outcome, Refused
from stores.sales import filing

Progress = Callable[[int, int], None]
Run = Callable[..., "Report"]


@dataclass(frozen=True, slots=True)
class Report:
    """`kind` is the plural noun of the last line; `notes` are further lines of the result."""

    kind: str
    outcome: Outcome
    warnings: FaultList = field(default_factory=FaultList)
    notes: tuple[str, ...] = ()


def context() -> Context:
    """What cells depend on: the brand's zone and currency."""
    return Context(brand().timezone, brand().currency, dict(config.CURRENCY_DECIMALS))


def of_sheet(kind: str, apply: Apply, limited: bool = True) -> Run:
    """The usual kind: a table, checked, then applied by one service. `limited`: IMPORT_MAX_ROWS holds (N2)."""
    def run(path: Path, dry_run: bool, actor: Actor, progress: Progress | None, headings: HeadingMap = PLAIN) -> Report:
        sheet = read_sheet(path, COLUMNS[kind], config.load().import_max_rows if limited else None, kind=kind, given=headings)
        checked = check(kind, sheet, context(), progress)
        return applied(kind, checked, apply, dry_run, actor)
    return run


def applied(kind: str, checked: Checked | CheckedAreas, apply: Apply, dry_run: bool, actor: Actor) -> Report:
    """Apply checked rows. Raises Refused with the warnings beside the faults."""
    if checked.faults:
        raise Refused(checked.faults, checked.warnings)
    try:
        outcome = apply(checked.rows, actor=actor, now=dt.datetime.now(dt.UTC), dry_run=dry_run)
    except Refused as refused:
        raise Refused(refused.faults, checked.warnings) from None
    return Report(kind, outcome, checked.warnings.with_those_of(outcome.warnings))


def _areas(path: Path, dry_run: bool, actor: Actor, progress: Progress | None, headings: HeadingMap = PLAIN) -> Report:
    checked = read_areas(path, context(), parse_geometry, config.load().import_max_rows, given=headings)
    if progress is not None:
        progress(len(checked.rows), len(checked.rows))  # areas are checked as they are read
    return applied("areas", checked, areas.apply, dry_run, actor)


def _orders(path: Path, dry_run: bool, actor: Actor, progress: Progress | None, headings: HeadingMap = PLAIN) -> Report:
    checked = check("orders", read_sheet(path, COLUMNS["orders"], kind="orders", given=headings), context(), progress)
    if checked.faults:
        raise Refused(checked.faults, checked.warnings)
    orders, refunds = group_orders(checked.rows, context(), checked.faults, checked.warnings)
    if checked.faults:
        raise Refused(checked.faults, checked.warnings)
    try:
        outcome = filing.file_orders(orders, refunds, actor=actor, now=dt.datetime.now(dt.UTC), dry_run=dry_run, progress=progress)
    except Refused as refused:
        raise Refused(refused.faults, checked.warnings) from None
    return Report("orders and refunds" if refunds else "orders", outcome, checked.warnings)


def _events(path: Path, dry_run: bool, actor: Actor, progress: Progress | None, headings: HeadingMap = PLAIN) -> Report:
    checked = check("events", read_sheet(path, COLUMNS["events"], kind="events", given=headings), context(), progress)
    if checked.faults:
        raise Refused(checked.faults, checked.warnings)
    names = ("event_id", "type", "occurred_at", "guide_code", "customer_id", "external_userid", "source")
    events = [EventIn(*(row.get(name) for name in names), payload=row.get("payload") or {}) for row in checked.rows]
    try:
        taken = event_intake.record_events(events, actor=actor.name, now=dt.datetime.now(dt.UTC), all_or_nothing=True, dry_run=dry_run)
    except event_intake.AnyRefused as refusal:
        faults = FaultList()
        for each in refusal.refused:
            row, column = checked.rows[each.index], each.field.split(".")[0]
            faults.add(row.line, column, str(row.get(column) or ""), each.reason)
        raise Refused(faults, checked.warnings) from None
    return Report("events", Outcome(new=taken.accepted, unchanged=taken.duplicates), checked.warnings)


KINDS: dict[str, Run] = {
    "branches": of_sheet("branches", branches.apply),
    "dealers": of_sheet("dealers", dealers.apply),
    "stores": of_sheet("stores", stores.apply),
    "guides": of_sheet("guides", guides.apply),
    "areas": _areas,
    "offers": of_sheet("offers", offers.apply),
    "customers": of_sheet("customers", customers.apply, limited=False),
    "orders": _orders,
    "events": _events,
    "targets": of_sheet("targets", targets.apply, limited=False),
}
