"""`flask simulate FILE.json`: what a change of the rules or the network would do, on past entries
or made-up visitors; nothing is stored (A16)."""

from __future__ import annotations

import csv
import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path

import click

from app.cli.deeds import DeedCommand, read_json
from app.cli.progress import bar
from ledger.faults import InvalidInput
from stores.base.brand import brand
from stores.base.formulas import inert
from stores.simulation import running
from stores.simulation.running import Result
from stores.simulation.scenario import Scenario
from stores.simulation.scenario_form import read
from stores.simulation.tally import FIGURES, KINDS, Row

SHOWN = 15


@click.command("simulate", cls=DeedCommand)
@click.argument("file", metavar="FILE.json", type=click.Path(path_type=Path))
@click.option(
    "--compare",
    "other",
    metavar="FILE2.json",
    type=click.Path(path_type=Path),
    help="A second scenario on the same visits, shown beside the first.",
)
@click.option(
    "--out",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write summary.json and stores, dealers and branches as CSV here.",
)
@click.option(
    "--progress", "show", is_flag=True, help="Show progress on stderr even when it is no terminal."
)
def simulate(file: Path, other: Path | None, folder: Path | None, show: bool) -> None:
    """Decide visits by the rules in force and by those of FILE.json, and say who gains and who
    loses.

    Nothing is stored. The table goes to stdout, progress to stderr.
    """
    scenarios = [read(read_json(each)) for each in (file, other) if each is not None]
    if len(scenarios) > 1 and scenarios[0].on != scenarios[1].on:
        raise InvalidInput(
            'The two scenarios are not tried on the same visits; give both the same "on".',
            code="scenarios_differ",
        )
    now = dt.datetime.now(dt.UTC)
    results = [_run(scenario, now, show) for scenario in scenarios]
    for scenario, result in zip(scenarios, results, strict=True):
        _say(scenario, result)
    if len(results) > 1:
        _beside(scenarios, results)
    if folder is not None:
        for number, (scenario, result) in enumerate(zip(scenarios, results, strict=True), 1):
            _write(folder if len(results) == 1 else folder / str(number), scenario, result)


def _run(scenario: Scenario, now: dt.datetime, show: bool) -> Result:
    with bar(scenario.name[:40], 100, show) as at:

        def tell(step: str, done: int, total: int) -> None:
            if at is not None and total:
                at(done * 100 // total)

        return running.run(scenario, now=now, tell=tell)


def _say(scenario: Scenario, result: Result) -> None:
    s, moved = result.summary, result.summary["moved"]
    share = f" ({moved['visits'] * 100 / s['visits']:.1f} %)" if s["visits"] else ""
    click.echo(
        f"{scenario.name}: {moved['visits']:,} of {s['visits']:,} visits are led "
        f"elsewhere{share}, {moved['to_another_dealer']:,} of them to another dealer"
    )
    basis = s["basis"]
    click.echo(
        f"decided exactly {basis.get('exact', 0):,}, approximately "
        f"{basis.get('approximate', 0):,}, left as they were {basis.get('as_they_were', 0):,}"
    )
    if s["revenue_minor"]:
        click.echo(
            f"revenue that moves with them: {_money(moved['revenue_minor'])} of "
            f"{_money(s['revenue_minor'])} "
            "(orders before refunds, in equal parts on each customer's visits)"
        )
    before, after = s["distance"]["before"], s["distance"]["after"]
    if before["visits"] and after["visits"]:
        click.echo(
            f"distance: average {before['average_m']:,} m -> {after['average_m']:,} m, 95 % "
            f"within {before['p95_m']:,} m -> {after['p95_m']:,} m"
        )
    click.echo(f"without a store: {s['unserved']['before']:,} -> {s['unserved']['after']:,}")
    for kind in KINDS:
        _table(kind, [row for row in result.rows if row.kind == kind and row.gained + row.lost])
    for dealer, other, visits, minor in s["pairs"][:SHOWN]:
        click.echo(
            f"  {dealer or 'nobody'} -> {other or 'nobody'}: {visits:,} "
            f"visits{', ' + _money(minor) if minor else ''}"
        )
    for each in s["conflicts"]:
        click.echo("conflict: " + ", ".join(f"{key} {value}" for key, value in each.items()))
    click.echo(
        f"network version {result.network_version}, policy version {result.policy_version}, "
        f"{s['seconds']} s"
    )


def _table(kind: str, rows: list[Row]) -> None:
    if not rows:
        return
    click.echo(
        f"{kind:<24} {'before':>10} {'after':>10} {'gained':>10} {'lost':>10} {'revenue moved':>16}"
    )
    for row in sorted(rows, key=lambda r: (-(r.gained + r.lost), r.code))[:SHOWN]:
        money = _money(row.revenue_after - row.revenue_before)
        click.echo(
            f"{(row.code or '(no store)')[:24]:<24} {row.visits_before:>10,} "
            f"{row.visits_after:>10,} {row.gained:>10,} {row.lost:>10,} {money:>16}"
        )
    if len(rows) > SHOWN:
        click.echo(f"and {len(rows) - SHOWN:,} more; all with --out DIR")


def _beside(scenarios: list[Scenario], results: list[Result]) -> None:
    """Dealers whose visits differ between the two, side by side."""
    one, two = (
        {row.code: row.visits_after for row in result.rows if row.kind == "dealer"}
        for result in results
    )
    before = {
        row.code: row.visits_before
        for result in results
        for row in result.rows
        if row.kind == "dealer"
    }
    differing = sorted(
        (code for code in {*one, *two} if one.get(code, 0) != two.get(code, 0)),
        key=lambda c: (-abs(one.get(c, 0) - two.get(c, 0)), c),
    )
    click.echo(
        f"{'dealer':<24} {'before':>10} {scenarios[0].name[:16]:>16} {scenarios[1].name[:16]:>16}"
    )
    for code in differing[:SHOWN]:
        click.echo(
            f"{(code or '(no store)')[:24]:<24} {before.get(code, 0):>10,} "
            f"{one.get(code, 0):>16,} {two.get(code, 0):>16,}"
        )
    if not differing:
        click.echo("no dealer's visits differ between the two")


def _write(folder: Path, scenario: Scenario, result: Result) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        told = {
            "scenario": scenario.body,
            "network_version": result.network_version,
            "policy_version": result.policy_version,
            **result.summary,
        }
        (folder / "summary.json").write_text(
            json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        for kind, name in zip(KINDS, ("stores", "dealers", "branches"), strict=True):
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
                writer = csv.writer(out, lineterminator="\n")
                writer.writerow([f"{kind}_code", "name", *FIGURES])
                writer.writerows(
                    [
                        inert(values["code"]),
                        inert(values["name"]),
                        *(values[each] for each in FIGURES),
                    ]
                    for values in map(asdict, result.rows)
                    if values["kind"] == kind
                )
    except OSError as reason:
        raise click.ClickException(f"{folder} cannot be written: {reason.strerror}") from None
    click.echo(f"written to {folder}", err=True)


def _money(minor: int) -> str:
    decimals = brand().decimals
    return f"{minor / 10**decimals:,.{decimals}f} {brand().currency}"
