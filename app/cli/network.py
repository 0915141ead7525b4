"""`flask network`: what is wrong with the network itself."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import click
from flask_babel import force_locale

import db
from app.accounts.language import LOCALES
from app.cli.deeds import DeedGroup
from app.ui.labels import label
from stores import network_check
from stores.base.brand import business_day
from stores.base.formulas import inert
from stores.network_check import Finding

network = DeedGroup("network", help="The network of stores and areas.")


@network.command()
@click.option(
    "--csv",
    "file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="write every finding to this file",
)
@click.option(
    "--lang",
    type=click.Choice(sorted(LOCALES)),
    default="en",
    show_default=True,
    help="language of the words",
)
def check(file: Path | None, lang: str) -> None:
    """Look for overlapping or empty territories, stores nobody reaches and doubtful coordinates.
    The last line is their number."""
    from app.ui import network_findings

    with db.read() as connection:
        found = network_check.check(connection, business_day(dt.datetime.now(dt.UTC)))
    with force_locale(LOCALES[lang]):
        if file is not None:
            _write(file, found.findings)
        for kind, number in found.counts.items():
            if number:
                click.echo(f"{label(network_findings.NAMES, kind)}: {number:,}")
        for each in found.findings if file is None else ():
            click.echo(f"  {each.code}  {network_findings.what(each)}", err=True)
    click.echo(
        f"{found.stores:,} stores and {found.areas:,} areas of network version {found.version:,} "
        "looked at",
        err=True,
    )
    click.echo(str(len(found.findings)))


def _write(file: Path, findings: tuple[Finding, ...]) -> None:
    from app.ui import network_findings

    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("kind", "thing", "code", "name", "dealer", "other", "what", "why", "next"))
        for each in findings:
            cells = (
                each.kind,
                each.thing,
                each.code,
                each.name,
                each.dealer,
                each.other,
                network_findings.what(each),
                network_findings.WHY[each.kind],
                network_findings.NEXT[each.kind],
            )
            writer.writerow([inert(str(cell or "")) for cell in cells])
