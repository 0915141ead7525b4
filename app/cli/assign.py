"""`flask assign IN.csv OUT.csv`: batch routing without storing (CONTRACT 2 and 4)."""

from __future__ import annotations

import csv
import datetime as dt
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

import click

import db
from app.cli.deeds import DeedCommand, many_values
from app.cli.progress import bar
from app.ui.understood_words import ENCODINGS
from stores.base import keys
from stores.imports.streams import read_rows
from stores.network import network
from stores.routing.answers import rounded
from stores.routing.batch_routing import UNUSABLE, Assigned, Router, Row, states_of

COLUMNS = (
    "visitor_id",
    "latitude",
    "longitude",
    "crs",
    "accuracy_m",
    "entry_param",
    "region_code",
    "ip",
)
OUT = ("visitor_id", "store_code", "dealer_code", "distance_m", "rung", "reason")
ROWS = 20_000


@click.command("assign", cls=DeedCommand)
@click.argument("source", metavar="IN.csv", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT.csv", type=click.Path(path_type=Path))
@click.option(
    "--progress", "show", is_flag=True, help="Show progress on stderr even when it is no terminal."
)
def assign(source: Path, target: Path, show: bool) -> None:
    """Route every visitor of IN.csv and write OUT.csv, in the same order, storing nothing.

    IN: visitor_id,latitude,longitude,crs[,accuracy_m,entry_param,region_code,ip]. OUT:
    visitor_id,store_code,dealer_code,distance_m,rung,reason. A row whose location cannot be used is
    routed without one and counted on stderr; so is every address (ip) that was asked for its
    region."""
    began, counted, mended = time.monotonic(), Counter[str](), Counter[str]()
    with (
        many_values(),
        bar("assigning", source.stat().st_size if source.exists() else 0, show) as at,
    ):
        unknown, cells, encoding = read_rows(source, COLUMNS, COLUMNS[:4], at, mended)
        click.echo(f"read as {ENCODINGS[encoding.removesuffix('-sig')]}", err=True)
        if unknown:
            click.echo(
                f"columns without meaning are passed over: {', '.join(unknown)[:300]}", err=True
            )
        router = Router(network.newest(), dt.datetime.now(dt.UTC), keys.entry_param_keys())
        with _written_whole(target) as out:
            _route(cells, router, out, counted)
    for note, count in sorted(counted.items()):
        if note not in ("rows", "assigned"):
            click.echo(f"{note}: {count:,} rows", err=True)
    for column, count in mended.items():
        click.echo(
            f"{column}: marks of a spreadsheet or a bill were taken off {count:,} values", err=True
        )
    seconds = time.monotonic() - began
    click.echo(f"{counted['rows']:,} rows in {seconds:.1f} s", err=True)
    click.echo(f"assigned {counted['assigned']:,} of {counted['rows']:,} rows")


def _route(cells: Iterator[list[str]], router: Router, out: TextIO, counted: Counter[str]) -> None:
    writer = csv.writer(
        out, lineterminator="\n"
    )  # for programs: codes as they are, none marked for spreadsheets
    writer.writerow(OUT)
    while rows := [Row(*each) for each in islice(cells, ROWS)]:
        with db.read() as connection:
            states = states_of(connection, [row.visitor_id for row in rows])
        answers = router.assign(rows, states)
        writer.writerows(_line(row, answer) for row, answer in zip(rows, answers, strict=True))
        counted["rows"] += len(rows)
        counted["assigned"] += sum(answer.store_code is not None for answer in answers)
        counted.update(
            note
            for answer in answers
            for note in answer.notes
            if note == UNUSABLE or note.startswith(("entry_param_", "ip_"))
        )


def _line(row: Row, answer: Assigned) -> tuple[object, ...]:
    metres = rounded(answer.distance_m)
    return (
        row.visitor_id,
        answer.store_code or "",
        answer.dealer_code or "",
        "" if metres is None else metres,
        answer.rung,
        answer.reason,
    )


@contextmanager
def _written_whole(target: Path) -> Iterator[TextIO]:
    """A file that appears under its name when it is complete, or not at all."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("w", encoding="utf-8", errors="replace", newline="") as out:
            yield out
        unfinished.replace(target)
    except OSError as reason:
        raise click.ClickException(f"{target} cannot be written: {reason.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
