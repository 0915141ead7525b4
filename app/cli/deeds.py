"""Command groups whose faults are told in words on stderr with exit status 1, never as a traceback."""
from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError

from ledger.faults import Fault


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
                raise click.ClickException("The database is not set up; run: flask db upgrade") from None
            raise


class DeedGroup(AppGroup):
    """A group of such commands, run in the app's context."""

    command_class = DeedCommand
