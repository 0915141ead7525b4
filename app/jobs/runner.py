"""Takes the runs that were asked for, one at a time, and keeps them told: how far, that they live,
that somebody wants them to end."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Connection

import db
from app.jobs import job_runs
from app.jobs.job_runs import Run
from ledger.faults import Fault

log = structlog.get_logger("worker")
NAP_SECONDS = 0.5
FIRST_BEAT_SECONDS, BEAT_SECONDS = 0.3, 1.0  # who looks soon sees something


@dataclass(frozen=True, slots=True)
class Done:
    """What a run found: `outcome` a short code, `result` counts and codes, `keep(connection)`
    writes findings in the transaction that ends the run."""

    outcome: str
    result: Mapping[str, Any] = field(default_factory=dict)
    keep: Callable[[Connection], None] | None = None


class Cancelled(Exception):
    """Somebody asked that the run ends; raised where it tells its progress."""


class _Stopped(Exception):
    """The worker is told to stop; the run goes back to the queue."""


class _Lost(Exception):
    """Another worker holds the run: ours was silent for too long."""


class Telling:
    """Given to what runs: `tell(step, done, total)` costs nothing, a thread beside writes it at
    most once a second.

    Raises Cancelled and others to leave; so it is told outside of the write, or inside the one
    transaction that is then rolled back."""

    def __init__(self, run: Run, stopping: threading.Event):
        self.run, self.stopping = run, stopping
        self.at = ("started", dt.datetime.now(dt.UTC), 0, 0)
        self._ended = threading.Event()
        self._leave: type[Exception] | None = None
        self._thread = threading.Thread(target=self._beat, daemon=True, name=f"run-{run.id}")

    def note(self, step: str, done: int = 0, total: int = 0) -> None:
        """Told where there is no way back any more: never raises."""
        before = self.at
        self.at = (step, before[1] if before[0] == step else dt.datetime.now(dt.UTC), done, total)

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        self.note(step, done, total)
        if self._leave is not None:
            raise self._leave
        if self.stopping.is_set():
            raise _Stopped

    def __enter__(self) -> Telling:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        pause = FIRST_BEAT_SECONDS
        while not self._ended.wait(pause):
            pause = BEAT_SECONDS
            try:
                asked = job_runs.beat(self.run, dt.datetime.now(dt.UTC), *self.at)
            except Exception:
                log.exception("heartbeat failed", run=self.run.id)
                continue
            if asked is None:
                self._leave = _Lost
            elif asked:
                self._leave = Cancelled


Handler = Callable[[Run, Telling], Done]


class Runner:
    """Runs what `handlers` (by kind) can run, until told to stop."""

    def __init__(
        self,
        holder: str,
        handlers: Mapping[str, Handler],
        stopping: threading.Event | None = None,
        stale_seconds: float = job_runs.STALE_SECONDS,
    ):
        self.holder, self.handlers, self.stale_seconds = holder, handlers, stale_seconds
        self.stopping = stopping or threading.Event()

    def once(self) -> bool:
        """Take one run and bring it to an end; False when none waits."""
        run = job_runs.take(self.holder, dt.datetime.now(dt.UTC), self.stale_seconds)
        if run is None:
            return False
        log.info("run taken", run=run.id, kind=run.kind, attempt=run.attempts)
        began = time.monotonic()
        state = self._bring_to_an_end(run)
        log.info(
            "run ended",
            run=run.id,
            kind=run.kind,
            state=state,
            seconds=round(time.monotonic() - began, 3),
        )
        return True

    def drain(self) -> int:
        """Every run that waits; how many."""
        number = 0
        while not self.stopping.is_set() and self.once():
            number += 1
        return number

    def forever(self) -> None:
        while not self.stopping.is_set():
            try:
                busy = self.once()
            except Exception:
                log.exception("runner failed")
                busy = False
            if not busy:
                self.stopping.wait(NAP_SECONDS)

    def _bring_to_an_end(self, run: Run) -> str:
        try:
            with Telling(run, self.stopping) as tell:
                done = self.handlers[run.kind](run, tell)
            return self._ends(run, job_runs.DONE, done)
        except _Stopped:
            job_runs.hand_back(run)
            return job_runs.QUEUED
        except _Lost:
            return "lost"
        except Cancelled:
            return self._ends(run, job_runs.CANCELLED)
        except Fault as fault:
            return self._ends(run, job_runs.FAILED, error=(fault.code, fault.detail))
        except Exception as error:
            log.exception("run failed", run=run.id, kind=run.kind)
            return self._ends(run, job_runs.FAILED, error=("internal_error", type(error).__name__))

    def _ends(
        self, run: Run, state: str, done: Done | None = None, error: tuple[str, str] | None = None
    ) -> str:
        """Findings and end in one transaction, and only while the run is ours."""
        with db.transaction() as connection:
            ours = job_runs.finish(
                connection,
                run,
                state,
                dt.datetime.now(dt.UTC),
                outcome=done.outcome if done else None,
                result=done.result if done else None,
                error_code=error[0] if error else None,
                error=error[1] if error else None,
            )
            if ours and done is not None and done.keep is not None:
                done.keep(connection)
        return state if ours else "lost"
