"""Progress of long commands: a bar on stderr with count and time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(description: str, total: int, wanted: bool) -> Iterator[Callable[[int], None] | None]:
    """A function that moves the bar to so many of `total`; None when nobody looks (no terminal, and
    not `wanted`)."""
    if not (wanted or sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True, force_terminal=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as shown:
        task = shown.add_task(description, total=total or None)
        yield lambda done: shown.update(task, completed=done)
        shown.update(task, completed=total)
