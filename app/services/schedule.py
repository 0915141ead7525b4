"""Background jobs: small repeatable steps, run by whichever worker holds the lease. No answer of
the API waits for them (CONTRACT 3)."""

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
from app.accounts import sessions
from app.imports import runs as import_runs
from app.jobs import job_lists, job_runs
from app.jobs.runner import Handler, Runner
from app.services import reassign_runs, simulation_runs
from incentives import booking
from ledger import clocks, idempotency, leases
from ledger.audit import seal_audit
from ledger.intakes import newest
from ledger.seals import seal_now
from stores.base import accepted_files
from stores.base.brand import business_day
from stores.customers import following, rebinding
from stores.facts import privacy
from stores.figures import cube_steps
from stores.geo import geocoder
from stores.network import policies
from stores.registers import close_store
from stores.routing import room

log = structlog.get_logger("worker")
LEASE = "worker"
LEASE_SECONDS = 60
NAP_SECONDS = 1.0
FIGURES_SECONDS = FILES_SECONDS = 15.0  # of a turn: the lease must not run out


@dataclass(frozen=True, slots=True)
class Job:
    """`run(now)` answers what it did, as names and counts; all of them 0 is nothing worth a log
    line."""

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
    ahead = clocks.in_doubt(now)
    if ahead is None:
        done = booking.book_due(now)
    else:
        log.warning(
            "rewards are not booked: something was sealed or booked at a later moment than this "
            "clock shows",
            clock=now.isoformat(),
            ahead=ahead.isoformat(),
        )
        done = booking.take_back(now)
    return {"months": done.months, "journals": done.journals, "transfers": done.transfers}


def _figures(now: dt.datetime) -> dict[str, int]:
    return {"facts": cube_steps.advance(seconds=FIGURES_SECONDS)}


def _forget(now: dt.datetime) -> dict[str, int]:
    gone = privacy.forget_points(now)
    with db.transaction() as connection:
        keys = idempotency.forget_old(connection, now)
    return {
        "points": gone.points,
        "traces": gone.traces,
        "idempotency_keys": keys,
        "sessions": sessions.forget_old(now),
        "day_loads": room.forget_old(business_day(now)),
        "places": geocoder.forget_old(now),
    }


def _files(now: dt.datetime) -> dict[str, int]:
    return {"files": accepted_files.finish_left(FILES_SECONDS)}


def _rules(now: dt.datetime) -> dict[str, int]:
    return {"policies": policies.take_effect(now)}


def _homes(now: dt.datetime) -> dict[str, int]:
    return {
        "moved": rebinding.move_waiting_homes(now),
        "closed": close_store.close_due(now),
        "followed": following.follow_late(now),
    }


def _ahead(now: dt.datetime) -> dict[str, int]:
    with db.read() as connection:
        before = job_lists.recurring(connection).get("ahead")
    return {
        "customers": following.follow_ahead(
            now,
            since=min(now, before.succeeded_at)
            if before is not None and before.succeeded_at
            else now,
        )
    }


JOBS: tuple[Job, ...] = (
    Job("rules", 1, _rules),
    Job("files", 5, _files),
    Job("seal", 2, _seal),
    Job("rewards", 5, _book),
    Job("figures", 10, _figures),
    Job("homes", 60, _homes),
    Job("forget", 60, _forget),
    Job("ahead", 300, _ahead),
    Job("uploads", 300, import_runs.forget),
)
HANDLERS: dict[str, Handler] = {  # what people ask for on pages
    **import_runs.HANDLERS,
    **simulation_runs.HANDLERS,
    **reassign_runs.HANDLERS,
}
NOTED_EVERY_SECONDS = 30.0  # a success after a success is written down at most so often


class Worker:
    """Runs the jobs that are due while it holds the lease, and beside them the runs that people
    asked for, until told to stop."""

    def __init__(self, jobs: tuple[Job, ...] = JOBS):
        self.jobs = jobs
        self.holder = f"{socket.gethostname()[:48]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.stopping = threading.Event()
        self.runner = Runner(self.holder, HANDLERS, self.stopping)
        self._next = {job.name: 0.0 for job in jobs}
        self._noted: dict[
            str, float
        ] = {}  # when a job's success was last written down; absent after a failure
        self._holds = False
        self._rival: tuple[tuple[str, dt.datetime] | None, float] = (
            None,
            0.0,
        )  # who holds the lease, and since when he has not prolonged it

    def once(self) -> dict[str, dict[str, int]]:
        """Every job once, waiting for the lease first, then every run that waits; what each did.
        Raises what a job raises."""
        while not self._leased() and not self.stopping.wait(NAP_SECONDS):
            pass
        try:
            done = {job.name: self._run(job) for job in self.jobs if not self.stopping.is_set()}
            return {**done, "runs": {"ended": self.runner.drain()}}
        finally:
            self.release()

    def forever(self) -> None:
        """Until `stopping` is set. A job that fails is logged and tried again in its turn."""
        log.info("worker started", holder=self.holder)
        beside = threading.Thread(target=self.runner.forever, daemon=True, name="runner")
        beside.start()
        try:
            while not self.stopping.is_set():
                self._turn()
                self.stopping.wait(NAP_SECONDS)
        finally:
            self.release()
            beside.join()
            log.info("worker ended", holder=self.holder)

    def _turn(self) -> None:
        for job in self.jobs:
            if self.stopping.is_set() or time.monotonic() < self._next[job.name]:
                continue
            try:
                if not self._leased():
                    return
                self._run(job)
            except Exception as error:
                log.exception("job failed", job=job.name)
                self._note_failure(job, error)
            self._next[job.name] = time.monotonic() + job.every_seconds

    def _run(self, job: Job) -> dict[str, int]:
        began = time.monotonic()
        done = job.run(dt.datetime.now(dt.UTC))
        if any(done.values()):
            said: dict[str, Any] = {**done, "seconds": round(time.monotonic() - began, 3)}
            log.info("job done", job=job.name, **said)
        self._note_success(job, done, began)
        return done

    def _note_success(self, job: Job, done: dict[str, int], began: float) -> None:
        now = time.monotonic()
        if now - self._noted.get(job.name, -NOTED_EVERY_SECONDS) >= NOTED_EVERY_SECONDS:
            self._noted[job.name] = now
            job_runs.note_recurring(
                job.name, dt.datetime.now(dt.UTC), took_ms=round((now - began) * 1000), result=done
            )

    def _note_failure(self, job: Job, error: Exception) -> None:
        self._noted.pop(job.name, None)
        try:
            job_runs.note_recurring(
                job.name, dt.datetime.now(dt.UTC), error_code=type(error).__name__
            )
        except Exception:
            log.exception("failure not noted", job=job.name)

    def _leased(self) -> bool:
        """A job is safe to run twice; the lease only keeps workers from doing the same work side by
        side."""
        holds = leases.take(LEASE, self.holder, dt.datetime.now(dt.UTC), LEASE_SECONDS)
        if holds != self._holds:
            log.info("lease taken" if holds else "lease lost to another worker", holder=self.holder)
        self._holds = holds
        if not holds:
            self._end_the_lease_of_nobody()
        return holds

    def _end_the_lease_of_nobody(self) -> None:
        """A worker who is gone may have taken it by a clock that ran ahead, for days; one who is
        there prolongs it all the time."""
        rival, now = leases.held(LEASE), time.monotonic()
        if rival is None or rival != self._rival[0]:
            self._rival = rival, now
        elif now - self._rival[1] > LEASE_SECONDS:
            log.warning(
                "lease ended: its holder did not prolong it",
                rival=rival[0],
                until=rival[1].isoformat(),
            )
            leases.give_back(LEASE, rival[0])

    def release(self) -> None:
        if self._holds:
            self._holds = False
            try:
                leases.give_back(LEASE, self.holder)
            except Exception:
                log.exception("lease not given back")
