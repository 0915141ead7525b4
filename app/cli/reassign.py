"""`flask reassign`: move a customer base after the network changed, checked first, resumable."""

from __future__ import annotations

import csv
import datetime as dt
import sys
import time
from pathlib import Path
from typing import Any

import click

import db
from app.cli.deeds import DeedCommand, read_json
from app.cli.progress import bar
from ledger.faults import InvalidInput
from stores.base.actors import COMMAND_LINE
from stores.base.formulas import inert
from stores.base.ordering import Order
from stores.customer_deeds import reassign as service
from stores.customer_deeds import reassign_check, reassign_lists, reassign_undo, reassignments
from stores.customer_deeds.reassign_plan import CAUSES, PLACES, TARGETS, Plan, parse

REPORT = (
    "from_store_code",
    "from_dealer_code",
    "to_store_code",
    "to_dealer_code",
    "cause",
    "customers",
    "protected_left_out",
)
MOST_LINES = 10_000_000


@click.command("reassign", cls=DeedCommand)
@click.argument("plan", metavar="[PLAN.json]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--from",
    "from_store_codes",
    multiple=True,
    metavar="STORE",
    help="A home store whose customers are meant; may be repeated.",
)
@click.option("--dealer", "dealer_code", metavar="CODE", help="The stores of this dealer.")
@click.option("--region", "region_code", metavar="CODE", help="The stores of this region.")
@click.option("--area", "area_code", metavar="CODE", help="The stores that lie in this area.")
@click.option(
    "--cause",
    "causes",
    multiple=True,
    type=click.Choice(CAUSES),
    help="Only stores, or homes, of this cause; may be repeated.",
)
@click.option("--bound-from", metavar="DAY", help="Only homes that began on this day or later.")
@click.option("--bound-before", metavar="DAY", help="Only homes that began before this day.")
@click.option(
    "--to",
    "to_store_code",
    metavar="STORE",
    help="The store they go to; without it the order of rules says.",
)
@click.option(
    "--target",
    type=click.Choice(TARGETS),
    help="ladder (the order of rules; default), successor, or store with --to.",
)
@click.option(
    "--place",
    type=click.Choice(PLACES),
    help="Where the rules look: at the home store (default) or at the store last visited.",
)
@click.option(
    "--include-protected",
    is_flag=True,
    default=None,
    help="Move protected customers too (B3); those of closed stores go in any case.",
)
@click.option("--reason", metavar="TEXT", help="Why; it is kept with the run.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Check, report and bind nobody; the check can be started later with --run.",
)
@click.option(
    "--run",
    "number",
    type=int,
    metavar="N",
    help="Start re-assignment N, which was checked, or go on with it.",
)
@click.option("--undo", type=int, metavar="N", help="Undo re-assignment N, within 24 hours.")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Write the report there; '-' for standard output.",
)
@click.option(
    "--progress", "show", is_flag=True, help="Show progress on stderr even when it is no terminal."
)
def reassign(
    plan: Path | None,
    dry_run: bool,
    number: int | None,
    undo: int | None,
    report: Path | None,
    show: bool,
    **given: Any,
) -> None:
    """Move customers whose home store closed, fell out of service, or is to be another one.

    Nobody who is protected is moved (B3), unless his store is closed or --include-protected says
    so; clocks run on (A11). A run that was killed goes on with --run N where it stood, each
    customer once."""
    began = time.monotonic()
    if sum((plan is not None or _wishes(given), number is not None, undo is not None)) != 1:
        raise click.UsageError("Give a plan (a file or options), or --run N, or --undo N.")
    if undo is not None:
        _undo(undo, show)
        return
    if number is None:
        number = _checked(_plan(plan, given))
        _tell(number)
    if report is not None:
        _write_report(number, report)
    if dry_run:
        click.echo(f"nothing was moved; start it with: flask reassign --run {number}")
        return
    row = _run(number, show)
    click.echo(f"{time.monotonic() - began:.1f} s", err=True)
    click.echo(f"re-assignment {number}: moved {row.moved:,} customers; both sides were told")


def _wishes(given: dict[str, Any]) -> bool:
    return any(value for name, value in given.items() if name != "reason")


def _plan(file: Path | None, given: dict[str, Any]) -> Plan:
    """The file's keys, and over them what the options say."""
    body = read_json(file) if file is not None else {}
    if not isinstance(body, dict):
        raise InvalidInput("A plan is a JSON object.")
    wishes = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if value
    }
    return parse({**body, **wishes})


def _checked(plan: Plan) -> int:
    number = reassign_check.ask(plan, actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC))
    reassign_check.check(number, actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC))
    return number


def _tell(number: int) -> None:
    with db.read() as connection:
        row = reassignments.find(connection, number)
        stores = reassign_lists.figures(connection, number)
    click.echo(
        f"re-assignment {number}: {row.customers:,} customers of {stores.sources:,} stores would "
        f"be moved to {stores.targets:,} stores; "
        f"{row.protected:,} protected are left out, for {row.unplaced:,} no store was found"
    )


def _write_report(number: int, report: Path) -> None:
    with db.read() as connection:
        rows = reassign_lists.rows(connection, number, Order("customers", True, limit=MOST_LINES))
    try:
        out = sys.stdout if str(report) == "-" else report.open("w", encoding="utf-8", newline="")
    except OSError as reason:
        raise click.ClickException(f"{report} cannot be written: {reason.strerror}") from None
    with out if out is not sys.stdout else _open_still():
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(REPORT)
        writer.writerows(
            (
                *map(
                    inert, (r.from_code, r.from_dealer, r.to_code or "", r.to_dealer or "", r.cause)
                ),
                r.customers,
                r.protected,
            )
            for r in rows
        )


class _open_still:
    """Standard output stays open."""

    def __enter__(self) -> None:
        return

    def __exit__(self, *reason: object) -> None:
        sys.stdout.flush()


def _run(number: int, show: bool) -> Any:
    with db.read() as connection:
        state, customers = (row := reassignments.find(connection, number)).state, row.customers
    if state == "checked":
        service.start(number, actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC))
    with bar("re-assigning", customers, show) as at:
        return service.proceed(
            number, actor=COMMAND_LINE, tell=lambda done, _total: at(done) if at else None
        )


def _undo(number: int, show: bool) -> None:
    with db.read() as connection:
        moved = reassignments.find(connection, number).moved
    with bar("undoing", moved, show) as at:
        reassign_undo.undo(
            number, actor=COMMAND_LINE, tell=lambda done, _total: at(done) if at else None
        )
    click.echo(
        f"re-assignment {number} is undone; customers whom nobody changed since are at home where "
        "they were"
    )
