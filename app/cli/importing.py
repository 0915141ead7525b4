"""`flask import KIND FILE`: all or nothing; the result on the last line of stdout, faults in
FILE.errors.csv (CONTRACT 2)."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from app.cli.deeds import DeedGroup, many_values
from app.imports.kinds import KINDS, Progress, Report, Run
from app.ui import understood_words
from ledger.faults import InvalidInput
from stores.base.actors import COMMAND_LINE
from stores.imports.faults import FaultList, of_file, report
from stores.imports.headings import HeadingMap
from stores.imports.outcomes import Doubtful, Outcome, Refused
from stores.imports.understood import Understood
from stores.imports.wishes import Wishes

SHOWN = 20
imports = DeedGroup(
    "import",
    help="Bring in a file: CSV, XLSX, for areas GeoJSON. All or nothing; the same file again "
    "changes nothing.",
)


def add(kind: str, run: Run) -> None:
    """Make `flask import KIND`."""

    @imports.command(
        kind,
        help=f"Import {kind} from FILE. Faults go to FILE.errors.csv, warnings to "
        "FILE.warnings.csv.",
    )
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Say what would change and write nothing.")
    @click.option(
        "--map",
        "pairs",
        multiple=True,
        metavar="THEIRS=OURS",
        help="A column of the file is ours under another name; --map THEIRS= leaves it out, --map "
        "'*=' all that are not ours; "
        "'Date + Time=paid_at' joins two, 'Price * Qty=amount' multiplies. Repeatable.",
    )
    @click.option(
        "--set",
        "fixed",
        multiple=True,
        metavar="OURS=VALUE",
        help="A column that the file lacks has this value in every row. Repeatable.",
    )
    @click.option(
        "--follow-above",
        "follow",
        is_flag=True,
        hidden=kind != "orders",
        help="Blank fields of further lines of an order follow the line above.",
    )
    @click.option(
        "--accept-warnings",
        "accept",
        is_flag=True,
        help="Import also what is doubtful: somebody looked and it is meant.",
    )
    @click.option(
        "--progress",
        "show",
        is_flag=True,
        help="Show progress on stderr even when it is no terminal.",
    )
    def command(
        file: Path,
        dry_run: bool,
        pairs: tuple[str, ...],
        fixed: tuple[str, ...],
        follow: bool,
        accept: bool,
        show: bool,
    ) -> None:
        _import(
            kind,
            run,
            file,
            dry_run,
            HeadingMap(_pairs("--map", pairs), _pairs("--set", fixed)),
            show,
            Wishes(accept, follow),
        )


def _pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    """Their headings may hold an equals sign, our columns do not."""
    found: dict[str, str] = {}
    for each in given:
        left, sign, right = each.rpartition("=") if option == "--map" else each.partition("=")
        if not (sign and left.strip()):
            raise click.BadParameter(
                f"{each!r} has no equals sign between two names.", param_hint=option
            )
        if left.strip() in found:
            raise click.BadParameter(f"{left.strip()!r} is named twice.", param_hint=option)
        found[left.strip()] = right.strip()
    return found


def _import(
    kind: str, run: Run, file: Path, dry_run: bool, headings: HeadingMap, show: bool, wishes: Wishes
) -> None:
    try:
        with many_values(), _bar(kind, show or sys.stderr.isatty()) as progress:
            done = run(file, dry_run, COMMAND_LINE, progress, headings, wishes)
    except Refused as refused:
        _tell_reading(refused.understood)
        _refuse(file, refused.faults, refused.warnings)
    except Doubtful as doubt:
        _tell_reading(doubt.understood)
        _leave_files(file, FaultList(), doubt.warnings)
        _tell_warnings(doubt.warnings, file)
        raise click.ClickException(
            f"nothing was written: {_doubtful(doubt.warnings)}; mend the file, or import it as it "
            "is "
            "with --accept-warnings"
        ) from None
    except InvalidInput as fault:
        _refuse(file, of_file(fault), FaultList())
    else:
        _tell_reading(done.understood)
        _leave_files(file, FaultList(), done.warnings)
        _tell(done, file, dry_run, wishes)


def _refuse(file: Path, faults: FaultList, warnings: FaultList) -> None:
    written = _leave_files(file, faults, warnings)
    for fault in faults.in_order()[:SHOWN]:
        click.echo(
            f"line {fault.line}: {fault.column}: {fault.value[:80]!r} {fault.reason}"
            if fault.column or fault.value
            else f"line {fault.line}: {fault.reason}",
            err=True,
        )
    if len(faults) > SHOWN:
        click.echo(f"and {len(faults) - SHOWN:,} more", err=True)
    where = f"; all of them in {file}.errors.csv" if written else ""
    raise click.ClickException(
        f"nothing was written, the file has {len(faults):,} "
        f"fault{'s' if len(faults) > 1 else ''}{where}"
    )


def _leave_files(file: Path, faults: FaultList, warnings: FaultList) -> bool:
    """Whether the folder could be written to; the import itself does not depend on it."""
    try:
        report(file, faults, warnings)
        return True
    except OSError as reason:
        click.echo(f"the files beside {file} could not be written: {reason.strerror}", err=True)
        return False


def _tell_reading(understood: Understood | None) -> None:
    """What was understood, on stderr: it is no result."""
    for line in understood_words.lines(understood.as_data() if understood else None):
        click.echo(line, err=True)


def _tell_warnings(warnings: FaultList, file: Path) -> None:
    """Write up to `SHOWN` warnings to stdout, the doubtful before the others, and say in which file
    all of them are."""
    shown = sorted(warnings.in_order(), key=lambda warning: not warning.doubtful)[:SHOWN]
    for warning in shown:
        word = "doubtful" if warning.doubtful else "warning"
        click.echo(
            f"{word}: line {warning.line}: {warning.column}: {warning.value[:80]} {warning.reason}"
        )
    if warnings:
        click.echo(f"warnings: {len(warnings):,}, see {file}.warnings.csv")


def _doubtful(warnings: FaultList) -> str:
    return f"{warnings.doubtful:,} warning{'s are' if warnings.doubtful > 1 else ' is'} doubtful"


def _tell(done: Report, file: Path, dry_run: bool, wishes: Wishes) -> None:
    _tell_warnings(done.warnings, file)
    if done.warnings.doubtful and dry_run and not wishes.accept:
        click.echo(f"{_doubtful(done.warnings)}; the import will want --accept-warnings", err=True)
    for note in done.notes:
        click.echo(note)
    if not dry_run:
        click.echo(summary(done.kind, done.outcome))
    else:
        click.echo(
            summary(done.kind, done.outcome)
            if done.outcome.effective
            else "nothing would be different"
        )
        click.echo("dry run, nothing written")


def summary(kind: str, outcome: Outcome) -> str:
    """`stores: 2,992 new, 8 unchanged`, zeros left out; `nothing changed` when nothing was."""
    if not outcome.effective:
        return "nothing changed"
    parts = ((outcome.new, "new"), (outcome.changed, "changed"), (outcome.unchanged, "unchanged"))
    return f"{kind}: " + ", ".join(f"{count:,} {word}" for count, word in parts if count)


@contextlib.contextmanager
def _bar(kind: str, wanted: bool) -> Iterator[Progress | None]:
    """A bar on stderr with count and time left."""
    if not wanted:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True, force_terminal=True)
    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        task = bar.add_task(f"checking {kind}", total=None)
        checked = False

        def progress(done: int, total: int) -> None:
            nonlocal checked
            checked = checked or done >= total
            bar.update(
                task,
                completed=done,
                total=total,
                description=f"saving {kind}" if checked else f"checking {kind}",
            )

        yield progress


for _kind, _run in KINDS.items():
    add(_kind, _run)
