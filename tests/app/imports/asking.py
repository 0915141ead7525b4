"""Runs that a test asks for, and the worker that takes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import db
from app.jobs import job_lists, job_runs

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)

LATER = dt.timedelta(seconds=job_runs.STALE_SECONDS + 1)


def ask(kind: str = "test", at: dt.datetime = NOW) -> int:
    with db.transaction() as connection:
        return job_runs.enqueue(connection, kind, user_id=None, now=at)


def run(run_id: int) -> Any:
    with db.read() as connection:
        return job_lists.find(connection, run_id)
