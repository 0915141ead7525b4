"""`flask plan` and `flask incentives`: publish plans, walk a month through its steps (CONTRACT
2)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

import db
from app.cli.deeds import DeedGroup, read_json
from app.cli.progress import bar
from incentives import booking, period_steps, plan_versions
from ledger.faults import InvalidInput
from stores.base.actors import COMMAND_LINE
from stores.base.times import parse_month

plan = DeedGroup("plan", help="Incentive plans.")
incentives = DeedGroup(
    "incentives", help="The steps of a month of incentives; each can be repeated."
)


@plan.command()
@click.option("--plan-code", help="Only this plan.")
def show(plan_code: str | None) -> None:
    """Print the newest version of each plan as a file that can be published again."""
    with db.read() as connection:
        found = plan_versions.shown(connection, plan_code)
    if not found:
        raise InvalidInput("There is no such plan.")
    for body in found:
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))


@plan.command()
@click.argument("file", type=click.Path(path_type=Path))
def publish(file: Path) -> None:
    """Publish FILE as a new version; prints the version on the last line."""
    version = plan_versions.publish(
        read_json(file), actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC), note="command line"
    )
    click.echo(str(version))


@incentives.command()
@click.argument("period")
def calculate(period: str) -> None:
    """Compute PERIOD (YYYY-MM) again and book the differences."""
    with _bar() as progress:
        done = period_steps.calculate(
            parse_month(period), actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC), progress=progress
        )
    if done.refused:
        click.echo(
            f"{done.refused:,} closed months of guides no longer come out as they were closed; "
            "nothing was booked for them (see the log)",
            err=True,
        )
    click.echo(
        f"{done.months:,} guides' months computed, {done.journals:,} journals booked"
        if done.journals
        else "nothing changed"
    )


@incentives.command()
@click.argument("period")
def approve(period: str) -> None:
    """Approve PERIOD."""
    _tell(
        period_steps.approve(parse_month(period), actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC))
    )


@incentives.command()
@click.argument("period")
def close(period: str) -> None:
    """Close PERIOD: its lines are kept as they are, later facts land in the open month."""
    with _bar() as progress:
        done = period_steps.close(
            parse_month(period), actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC), progress=progress
        )
    _tell(done)


@contextmanager
def _bar() -> Iterator[booking.Progress | None]:
    """How many is known on the way only, so the bar counts."""
    with bar("rewards", 0, False) as move:
        yield None if move is None else lambda done, total: move(done)


def _tell(step: period_steps.Step) -> None:
    if step.changed and step.state == "closed":
        click.echo(f"{step.lines:,} lines of {step.guides:,} guides kept")
    click.echo(
        f"{step.period} {step.state}"
        if step.changed
        else f"nothing changed, {step.period} is {step.state}"
    )
