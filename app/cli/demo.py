"""`flask demo`: fill an empty database with a made-up chain (CONTRACT 2)."""

from __future__ import annotations

import datetime as dt

import click
from flask import current_app
from flask.cli import with_appcontext

from app.cli.deeds import DeedCommand
from app.demo.cast import SIZES, credentials, fill


@click.command(
    "demo",
    cls=DeedCommand,
    help="Fill an empty database with a made-up chain; its last day is yesterday. small: 300 "
    "stores, three months, "
    "in about a minute. full: 3,000 stores, 1.2 million customers, a year.",
)
@click.option(
    "--size",
    "size",
    type=click.Choice([name for name in SIZES if name != "tiny"] + ["tiny"]),
    default="small",
    show_default=True,
    metavar="small|full",
)
@with_appcontext
def demo(size: str) -> None:
    instance = current_app.extensions["doorstep"].instance_path
    made = fill(instance, SIZES[size], None, dt.datetime.now(dt.UTC))
    for role, user, password in credentials(instance):
        click.echo(f"{role:18} {user:12} {password or '(the password is not kept here)'}")
    click.echo(f"demo {size} loaded" if made else "the demo is already there, nothing changed")
