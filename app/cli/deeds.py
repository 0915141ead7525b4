"""Command groups whose faults are told in words on stderr with exit status 1, never as a
traceback."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

import db
from ledger.faults import Fault, Malformed


def in_one_line(error: DBAPIError) -> str:
    """What the driver says, without the statement and its line breaks."""
    return " ".join(str(error.orig or error).split()).rstrip(".")


def in_words(fault: Fault) -> str:
    """The fault and its fields, one a line."""
    return "\n".join([fault.detail, *(f"  {each.field}: {each.reason}" for each in fault.errors)])


class DeedCommand(click.Command):
    """A command that turns a domain fault into words."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Fault as fault:
            raise click.ClickException(in_words(fault)) from None
        except (OperationalError, ProgrammingError) as error:
            if "no such table" in str(error.orig) or "does not exist" in str(error.orig):
                raise click.ClickException(
                    "The database is not set up; run: flask db upgrade"
                ) from None
            if not db.is_away(error):
                raise
            raise click.ClickException(
                f"The database does not answer: {in_one_line(error)}. What was begun was taken "
                "back; try again."
            ) from None


class DeedGroup(AppGroup):
    """A group of such commands, run in the app's context."""

    command_class = DeedCommand


def read_json(file: Path) -> Any:
    """A JSON file, UTF-8 with or without BOM. Raises Malformed in words: unreadable, no JSON, a key
    twice, NaN."""
    try:
        return json.loads(
            file.read_text(encoding="utf-8-sig"),
            object_pairs_hook=_once,
            parse_constant=_no_constant,
        )
    except OSError as reason:
        raise Malformed(f"{file} cannot be read: {reason.strerror}.") from None
    except UnicodeDecodeError:
        raise Malformed(f"{file} is not UTF-8; save it as UTF-8.") from None
    except RecursionError:
        raise Malformed(f"{file} is nested too deeply.") from None
    except json.JSONDecodeError as reason:
        raise Malformed(
            f"{file} is no JSON: line {reason.lineno}, column {reason.colno}: {reason.msg}."
        ) from None
    except ValueError as reason:
        raise Malformed(f"{file}: {reason}.") from None


@contextmanager
def many_values() -> Iterator[None]:
    """A file makes millions of small values and no cycles; looking for cycles would cost a fifth of
    the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(n for n in names if names.count(n) > 1)!r} stands twice")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")
