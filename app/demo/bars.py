"""Progress bars on stderr; on a pipe one line a part, so that a log stays short."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from app.demo.loading import Progress


@contextmanager
def bars() -> Iterator[Progress]:
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    with Bar(
        TextColumn("demo: {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        tasks: dict[str, int] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

        yield progress


def _lines() -> Progress:
    """A progress function that writes a line to stderr at each tenth of each part, where there is
    no terminal for bars."""
    told: dict[str, int] = {}

    def progress(what: str, done: int, total: int) -> None:
        tenth = 10 * done // max(total, 1)
        if told.get(what) != tenth:
            told[what] = tenth
            print(f"demo: {what} {done:,} of {total:,}", file=sys.stderr, flush=True)

    return progress
