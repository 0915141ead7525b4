"""`flask user` and `flask api-key`: people and keys. The secret stands on the last line of stdout,
once."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from typing import Any

import click

import db
from app.accounts import administer, api_keys, users
from app.cli.deeds import DeedGroup
from app.web.permissions import ROLE_SCOPE, ROLES, SCOPES
from stores.base.actors import COMMAND_LINE
from stores.network.scope import KINDS, find_scope

user = DeedGroup("user", help="People who may sign in.")
api_key = DeedGroup("api-key", help="Keys of the API.")


def limits(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --branch, --dealer, --store, --guide."""
    for kind in reversed(KINDS):
        command = click.option(f"--{kind}", metavar="CODE", help=f"Limit the rows to this {kind}.")(
            command
        )
    return command


def _one_limit(codes: dict[str, str | None]) -> tuple[str, str] | None:
    given = [(kind, code) for kind, code in codes.items() if code is not None]
    if len(given) > 1:
        raise click.UsageError("Give one of --branch, --dealer, --store and --guide, not several.")
    return given[0] if given else None


def _id_of(limit: tuple[str, str]) -> int:
    with db.read() as connection:
        return find_scope(connection, *limit)


@user.command("create")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(ROLES))
@limits
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input instead of making a one-time password.",
)
def create_user(name: str, role: str, password_stdin: bool, **codes: str | None) -> None:
    """Make the user NAME; prints a one-time password on the last line, to be changed at first
    sign-in."""
    limit, wanted = _one_limit(codes), ROLE_SCOPE[role]
    if wanted and (limit is None or limit[0] != wanted):
        raise click.UsageError(
            f"The role {role} needs --{wanted} CODE{' and no other limit' if limit else ''}."
        )
    if not wanted and limit:
        raise click.UsageError(f"The role {role} sees the whole chain; leave out --{limit[0]}.")
    given = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    if given == "":
        raise click.UsageError("Standard input holds no password.")
    user_id, password = users.create(
        name, role, _id_of(limit) if limit else None, by=COMMAND_LINE, password=given
    )
    click.echo(f"user {user_id} created; the role is {role}", err=True)
    click.echo(name if password_stdin else password)


@user.command("disable")
@click.argument("name")
def disable_user(name: str) -> None:
    """End the sessions of the user NAME and refuse new ones."""
    users.disable(name, by=COMMAND_LINE)
    click.echo(name)


@user.command("enable")
@click.argument("name")
def enable_user(name: str) -> None:
    """Let the disabled user NAME sign in again."""
    administer.enable(_id_of_user(name), by=COMMAND_LINE, now=dt.datetime.now(dt.UTC))
    click.echo(name)


@user.command("reset-password")
@click.argument("name")
def reset_password(name: str) -> None:
    """End the sessions of the user NAME; prints a one-time password on the last line."""
    click.echo(
        administer.reset_password(_id_of_user(name), by=COMMAND_LINE, now=dt.datetime.now(dt.UTC))
    )


@user.command("reset-two-factor")
@click.argument("name")
def reset_two_factor(name: str) -> None:
    """Turn the two-factor sign-in of the user NAME off: for the last administrator who lost phone
    and recovery codes."""
    administer.reset_two_factor(_id_of_user(name), by=COMMAND_LINE, now=dt.datetime.now(dt.UTC))
    click.echo(name)


def _id_of_user(name: str) -> int:
    with db.read() as connection:
        return users.id_of(connection, name)


@api_key.command("create")
@click.argument("name")
@click.option("--scope", required=True, type=click.Choice(tuple(SCOPES)))
@limits
def create_api_key(name: str, scope: str, **codes: str | None) -> None:
    """Make an API key called NAME; prints it once, on the last line."""
    limit = _one_limit(codes)
    kind, limit_id = (limit[0], _id_of(limit)) if limit else ("all", None)
    click.echo(
        api_keys.create_key(name, scope, by=COMMAND_LINE, limit_kind=kind, limit_id=limit_id)
    )


@api_key.command("revoke")
@click.argument("key")
def revoke_api_key(key: str) -> None:
    """Revoke the KEY, given whole or by its first 11 characters."""
    click.echo(api_keys.revoke(key, by=COMMAND_LINE))
