"""`flask export KIND FILE`: what is stored, in the import's own form."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from pathlib import Path

import click

import db
from app.cli.deeds import DeedGroup
from app.ui import exports
from stores.base.actors import COMMAND_LINE
from stores.base.brand import business_day

group = DeedGroup(
    "export",
    help="Write what is stored as a file that can be edited and imported again: only the edits "
    "change anything.",
)


def add(kind: str) -> None:
    """Add the command `flask export KIND FILE`, which writes the whole list in the form that the
    file's ending names."""
    forms = exports.formats(kind)

    @group.command(kind, help=f"Write {kind} to FILE ({', '.join(f'.{form}' for form in forms)}).")
    @click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
    @click.option(
        "--from",
        "first",
        type=click.DateTime(["%Y-%m-%d"]),
        help="The first day (orders and events).",
    )
    @click.option(
        "--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="The last day (orders and events)."
    )
    def command(file: Path, first: dt.datetime | None, last: dt.datetime | None) -> None:
        form = file.suffix.lower().lstrip(".")
        if form not in forms:
            raise click.BadParameter(
                f"{kind} are written as {' or '.join(f'.{each}' for each in forms)}.",
                param_hint="FILE",
            )
        if (first or last) and kind not in exports.DATED:
            raise click.BadParameter(
                f"{kind} have no days; --from and --to are for {' and '.join(exports.DATED)}."
            )
        count = _write(
            kind,
            form,
            file,
            first.date() if first else exports.FIRST,
            last.date() if last else exports.LAST,
        )
        click.echo(f"{kind}: {count:,} rows")


def _write(kind: str, form: str, file: Path, first: dt.date, last: dt.date) -> int:
    """In one step: a file that stood there before stays until the new one is whole."""
    now, half = dt.datetime.now(dt.UTC), file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with (
            open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out,
            db.read() as connection,
        ):
            count = exports.write(
                kind,
                form,
                out,
                connection,
                actor=COMMAND_LINE,
                today=business_day(now),
                first=first,
                last=last,
                watermark=f"{COMMAND_LINE.name} {now.isoformat(timespec='seconds')}",
            )
        half.replace(file)
    except OSError as reason:
        raise click.ClickException(
            f"{file} cannot be written: {reason.strerror or reason}."
        ) from None
    finally:
        half.unlink(missing_ok=True)
    with db.transaction() as connection:
        exports.note(connection, kind, form, count, actor=COMMAND_LINE, now=now)
    return count


for _kind in (
    "branches",
    "dealers",
    "stores",
    "guides",
    "areas",
    "offers",
    "terms",
    "customers",
    "orders",
    "events",
    "targets",
):
    add(_kind)
