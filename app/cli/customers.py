"""`flask customer erase`: honour a deletion request (P5)."""

from __future__ import annotations

import datetime as dt

import click

from app.cli.deeds import DeedGroup
from app.services import erasing
from stores.base.actors import COMMAND_LINE

customer = DeedGroup("customer", help="Customers' rights.")


@customer.command()
@click.argument("customer_id")
def erase(customer_id: str) -> None:
    """Forget who CUSTOMER_ID is: identities, points and traces go; orders, rewards and books keep
    their sums. Cannot be undone."""
    done = erasing.erase(customer_id, actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC))
    click.echo(
        f"erased: {done.identities:,} identities, {done.points:,} points, {done.traces:,} traces; "
        f"kept under number {done.customer}"
    )
