"""`flask worker`: background jobs. Any number may run; one at a time works, the others wait for its
lease (CONTRACT 2)."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType

import click

from app.cli.deeds import DeedCommand
from app.services.schedule import Worker

# a step that takes longer is broken off: its transaction rolls back and its work is found again
PATIENCE_SECONDS = 4.0


@click.command("worker", cls=DeedCommand)
@click.option("--once", is_flag=True, help="Run every job once and end.")
@click.option(
    "--parent", type=int, hidden=True, help="End when the process with this id has ended."
)
def worker(once: bool, parent: int | None) -> None:
    """Seal, book due rewards, forget visitors' points: background jobs, until SIGTERM."""
    running = Worker()
    _stop_on_signals(running)
    if parent is not None:
        threading.Thread(target=_watch, args=(running, parent), daemon=True).start()
    if once:
        for job, done in running.once().items():
            click.echo(
                f"{job}: "
                + (
                    ", ".join(
                        f"{count:,} {name.replace('_', ' ')}"
                        for name, count in done.items()
                        if count
                    )
                    or "nothing to do"
                )
            )
        return
    running.forever()


def _stop_on_signals(running: Worker) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        _end(running)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _end(running: Worker) -> None:
    """Ask it to stop after its step, and end the process if the step takes too long."""
    if running.stopping.is_set():
        return
    running.stopping.set()
    limit = threading.Timer(PATIENCE_SECONDS, os._exit, (0,))
    limit.daemon = True
    limit.start()


def _watch(running: Worker, parent: int) -> None:
    """A worker started beside a server ends with it, however that ended."""
    while os.getppid() == parent:
        time.sleep(0.5)
    _end(running)
