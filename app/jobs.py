"""Background jobs: small repeatable steps, run by whichever worker holds the lease. No answer of the API waits for them (CONTRACT 3)."""
from __future__ import annotations

import datetime as dt
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

import db
from incentives import booking
from ledger import idempotency, leases
from ledger.audit import seal_audit
from ledger.intakes import newest
from ledger.seals import seal_now
from stores import cube_steps, privacy, rebinding

log = structlog.get_logger("worker")
LEASE = "worker"
LEASE_SECONDS = 60
NAP_SECONDS = 1.0
FIGURES_SECONDS = 15.0  # of a turn: the lease must not run out


@dataclass(frozen=True, slots=True)
class Job:
    """`run(now)` answers what it did, as names and counts; all of them 0 is nothing worth a log line."""

    name: str
    every_seconds: float
    run: Callable[[dt.datetime], dict[str, int]]


def _seal(now: dt.datetime) -> dict[str, int]:
    before = _newest_seal()
    return {"seals": seal_now(now) - before, "audit_lines": seal_audit()}


def _newest_seal() -> int:
    with db.read() as connection:
        return newest(connection)


def _book(now: dt.datetime) -> dict[str, int]:
    done = booking.book_due(now)
    return {"months": done.months, "journals": done.journals, "transfers": done.transfers}


def _figures(now: dt.datetime) -> dict[str, int]:
    return {"facts": cube_steps.advance(seconds=FIGURES_SECONDS)}


def _forget(now: dt.datetime) -> dict[str, int]:
    gone = privacy.forget_points(now)
    with db.transaction() as connection:
        keys = idempotency.forget_old(connection, now)
    return {"points": gone.points, "traces": gone.traces, "idempotency_keys": keys}


def _homes(now: dt.datetime) -> dict[str, int]:
    return {"moved": rebinding.move_waiting_homes(now)}


JOBS: tuple[Job, ...] = (Job("seal", 2, _seal), Job("rewards", 5, _book), Job("figures", 10, _figures), Job("homes", 60, _homes), Job("forget", 60, _forget))


class Worker:
    """Runs the jobs that are due while it holds the lease, until told to stop."""

    def __init__(self, jobs: tuple[Job, ...] = JOBS):
        self.jobs = jobs
        self.holder = f"{socket.gethostname()[:48]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.stopping = threading.Event()
        self._next = {job.name: 0.0 for job in jobs}
        self._holds = False

    def once(self) -> dict[str, dict[str, int]]:
        """Every job once, waiting for the lease first; what each did. Raises what a job raises."""
        while not self._leased() and not self.stopping.wait(NAP_SECONDS):
            pass
        try:
            return {job.name: self._run(job) for job in self.jobs if not self.stopping.is_set()}
        finally:
            self.release()

    def forever(self) -> None:
        """Until `stopping` is set. A job that fails is logged and tried again in its turn."""
        log.info("worker started", holder=self.holder)
        try:
            while not self.stopping.is_set():
                self._turn()
                self.stopping.wait(NAP_SECONDS)
        finally:
            self.release()
            log.info("worker ended", holder=self.holder)

    def _turn(self) -> None:
        for job in self.jobs:
            if self.stopping.is_set() or time.monotonic() < self._next[job.name]:
                continue
            try:
                if not self._leased():
                    return
                self._run(job)
            except Exception:
                log.exception("job failed", job=job.name)
            self._next[job.name] = time.monotonic() + job.every_seconds

    def _run(self, job: Job) -> dict[str, int]:
        began = time.monotonic()
        done = job.run(dt.datetime.now(dt.UTC))
        if any(done.values()):
            said: dict[str, Any] = {**done, "seconds": round(time.monotonic() - began, 3)}
            log.info("job done", job=job.name, **said)
        return done

    def _leased(self) -> bool:
        """A job is safe to run twice; the lease only keeps workers from doing the same work side by side."""
        holds = leases.take(LEASE, self.holder, dt.datetime.now(dt.UTC), LEASE_SECONDS)
        if holds != self._holds:
            log.info("lease taken" if holds else "lease lost to another worker", holder=self.holder)
        self._holds = holds
        return holds

    def release(self) -> None:
        if self._holds:
            self._holds = False
            try:
                leases.give_back(LEASE, self.holder)
            except Exception:
                log.exception("lease not given back")
