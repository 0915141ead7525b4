"""`flask verify`: proves what the books promise; exit status 1 and the offending rows otherwise
(CONTRACT 2)."""

from __future__ import annotations

import click

import db
from app.cli.deeds import DeedCommand
from incentives import verification as of_incentives
from ledger import verification as of_ledger
from ledger.verification import Check
from stores.figures import cube_steps
from stores.orders import verification as of_stores

CHECKS: list[Check] = [
    *of_ledger.CHECKS,
    *of_stores.CHECKS,
    *of_incentives.CHECKS,
    cube_steps.cube_is_right,
]  # one line of the report each; statements add theirs here


@click.command("verify", cls=DeedCommand)
def verify() -> None:
    """Prove conservation, balances, seals, the audit log, that orders and refunds equal the ledger,
    and stored figures their facts."""
    broken = 0
    with db.read() as connection:
        for check in CHECKS:
            found = check(connection)
            click.echo(found.summary, err=not found.holds)
            for fault in found.faults:
                click.echo(f"  {fault}", err=True)
            if found.more:
                click.echo(f"  and {found.more:,} more", err=True)
            broken += not found.holds
    if broken:
        raise click.ClickException(f"{broken} of {len(CHECKS)} proofs failed")
    click.echo("verified")
