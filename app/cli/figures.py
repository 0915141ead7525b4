"""`flask figures`: the stored day sums, brought up to date or built again from the facts (M16)."""

from __future__ import annotations

import sys

import click

from app.cli.deeds import DeedGroup
from stores.figures import cube_steps

figures = DeedGroup(
    "figures",
    help="Stored day sums. Figures are right without them and quick with them; the worker keeps "
    "them up.",
)


@figures.command()
def advance() -> None:
    """Add the newest facts to the day sums."""
    _tell(cube_steps.advance(progress=_progress()))


@figures.command()
def rebuild() -> None:
    """Empty the day sums and build them again from the facts. Safe at any time; pages are slower
    until it is done."""
    _tell(cube_steps.rebuild(progress=_progress()))


def _progress() -> cube_steps.Progress | None:
    if not sys.stderr.isatty():
        return None
    return lambda source, done, total: click.echo(f"{source}: {done:,} of {total:,}", err=True)


def _tell(facts: int) -> None:
    click.echo(f"{facts:,} facts added" if facts else "nothing to add")
