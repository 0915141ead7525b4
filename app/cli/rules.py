"""`flask policy` and `flask entry-param`: the routing policy in force, and signed entry parameters
(CONTRACT 2 and 4, A18)."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import click

import db
from app.cli.deeds import DeedGroup, read_json
from stores.base import versions
from stores.base.actors import COMMAND_LINE
from stores.base.brand import brand
from stores.base.times import parse_instant
from stores.network import policies
from stores.routing import entry_param_signing

policy = DeedGroup("policy", help="The routing policy.")
entry_param = DeedGroup("entry-param", help="Signed entry parameters.")


@policy.command("show")
def show_policy() -> None:
    """Print the policy in force, complete; the print can be published again."""
    with db.read() as connection:
        click.echo(json.dumps(policies.show(connection), ensure_ascii=False, indent=2))


@policy.command("publish")
@click.argument("file", type=click.Path(path_type=Path))
def publish_policy(file: Path) -> None:
    """Put the policy of FILE in force. A key that FILE leaves out has its default, never the last
    version's value."""
    body = read_json(file)
    with db.read() as connection:
        before = versions.current(connection).policy
    version = policies.publish(
        body,
        actor=COMMAND_LINE,
        now=dt.datetime.now(dt.UTC),
        note=(
            body.get("note") if isinstance(body, dict) and isinstance(body.get("note"), str) else ""
        )
        or "command line",
    )
    click.echo("nothing changed" if version == before else f"policy version {version}")


@entry_param.command("sign")
@click.option("--store", "store_code", metavar="CODE", help="The store it leads to.")
@click.option(
    "--guide",
    "guide_code",
    metavar="CODE",
    help="The guide it leads to, at the store where he then works.",
)
@click.option(
    "--channel",
    "channel_code",
    metavar="CODE",
    help="Where it is used: a poster, a parcel card; registered on first use.",
)
@click.option("--issued-at", metavar="TIME", help="When it was issued, ISO 8601 (default: now).")
def sign(
    store_code: str | None, guide_code: str | None, channel_code: str | None, issued_at: str | None
) -> None:
    """Print a signed entry parameter of 32 characters."""
    if (store_code is None) == (guide_code is None):
        raise click.UsageError("Give exactly one of --store and --guide.")
    moment = parse_instant(issued_at, brand().timezone) if issued_at is not None else None
    click.echo(
        entry_param_signing.sign_param(
            store_code=store_code,
            guide_code=guide_code,
            channel_code=channel_code,
            issued_at=moment,
            actor=COMMAND_LINE,
            now=dt.datetime.now(dt.UTC),
        )
    )


@entry_param.command("revoke")
@click.option(
    "--channel",
    "channel_code",
    metavar="CODE",
    required=True,
    help="The channel whose parameters shall be ignored.",
)
def revoke(channel_code: str) -> None:
    """Ignore every parameter of a channel from now on, also printed ones."""
    changed = entry_param_signing.revoke_channel(
        channel_code, actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC)
    )
    click.echo(f"channel {channel_code} revoked" if changed else "nothing changed")
