"""`flask db`: migrate the database up and down."""

from __future__ import annotations

from typing import Any

import click
from alembic.util import CommandError

import config
from app.cli.deeds import DeedCommand
from migrations import commands


class MigrationCommand(DeedCommand):
    """A command that tells in words which revision is none, and why a migration was taken back."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (CommandError, commands.BrokenReferences) as error:
            raise click.ClickException(" ".join(str(error).split())) from None
        except OSError as error:
            raise click.ClickException(
                f"The folder of the database cannot be made: {error.strerror}. Correct "
                "DATABASE_URL or INSTANCE_PATH."
            ) from None


db = click.Group("db", help="Migrate the database.")
db.command_class = MigrationCommand


@db.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Migrate up to REVISION (head: the newest)."""
    click.echo(commands.upgrade(config.load().database_url, revision) or "base")


@db.command()
@click.argument("revision", default="-1")
def downgrade(revision: str) -> None:
    """Migrate down to REVISION (-1: one step; base: an empty database)."""
    click.echo(commands.downgrade(config.load().database_url, revision) or "base")


@db.command()
def current() -> None:
    """Print the revision the database stands at."""
    click.echo(commands.current(config.load().database_url) or "base")


@db.command()
@click.argument("message")
def revision(message: str) -> None:
    """Write a migration from the difference between tables and history (for developers)."""
    click.echo(commands.write_revision(config.load().database_url, message))
