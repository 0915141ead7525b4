"""Is it alive, is it ready, how busy is it: /healthz, /readyz, /metrics."""

from __future__ import annotations

import contextlib
import datetime as dt
import hmac
import time
from collections.abc import Callable
from functools import cache

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

import db
from app.jobs import job_lists
from app.web.permissions import public
from app.web.problems import problem
from ledger import clocks, schema
from ledger.intakes import intake, intake_open
from migrations import commands
from stores.base import versions
from stores.network import network

blueprint = Blueprint("health", __name__)
REQUESTS = Counter(
    "doorstep_requests_total",
    "Answers by endpoint, method and status.",
    ["endpoint", "method", "status"],
)
SECONDS = Histogram(
    "doorstep_request_seconds",
    "Time to answer.",
    ["endpoint"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

SNAPSHOT_AGE = Gauge(
    "doorstep_snapshot_age_seconds",
    "Seconds since this process last knew its picture of the network to be the newest.",
)
QUEUE_AGE = Gauge(
    "doorstep_queue_age_seconds",
    "Age of the oldest facts that no worker has sealed yet, as of the last /readyz or /metrics.",
)
JOBS_OPEN = Gauge(
    "doorstep_job_runs_open",
    "Runs that people asked for and that wait or run, as of the last /readyz or /metrics.",
)
JOBS_AGE = Gauge(
    "doorstep_job_queue_age_seconds",
    "How long the oldest run has waited to be taken by a worker, as of the last /readyz or "
    "/metrics.",
)
JOBS_FAILED = Gauge(
    "doorstep_job_runs_failed",
    "Runs that failed and were neither tried again nor set aside, as of the last /readyz or "
    "/metrics.",
)
CLOCK_DOUBT = Gauge(
    "doorstep_clock_doubt_seconds",
    "How far what was sealed or booked lies ahead of the clock while rewards are therefore not "
    "booked.",
)
QUEUE_ROWS = Gauge(
    "doorstep_queue_rows",
    "Ingests that no worker has sealed yet, as of the last /readyz or /metrics.",
)


# -- readiness: each check answers None when all is well, else what is wrong -----------------------


def _database(connection: Connection) -> str | None:
    connection.execute(text("SELECT 1"))
    return None


def _migrations(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return "no migration was run; run: flask db upgrade"
    wanted = migration_heads()
    found = frozenset(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())
    return (
        None
        if found == wanted
        else f"at {sorted(found)}, wanted {sorted(wanted)}; run: flask db upgrade"
    )


def _triggers(connection: Connection) -> str | None:
    missing = schema.missing_triggers(connection)
    return f"append-only tables without protection: {', '.join(missing)}" if missing else None


def _snapshot(connection: Connection) -> str | None:
    """Built now if this process had none, so that the first visitor does not wait for it."""
    held = network.newest()
    SNAPSHOT_AGE.set(network.snapshot_age_seconds() or 0.0)
    return (
        None
        if held.version >= versions.current(connection).network
        else "older than the network; it is being rebuilt"
    )


def _queue(connection: Connection) -> str | None:
    """Facts wait for the worker to seal them; figures do not depend on it, but a long wait says
    that no worker runs."""
    oldest, waiting = connection.execute(
        select(func.min(intake.c.received_at), func.count()).select_from(
            intake_open.join(intake, intake.c.id == intake_open.c.intake_id)
        )
    ).one()
    if isinstance(oldest, str):
        oldest = dt.datetime.fromisoformat(oldest)
    QUEUE_AGE.set((dt.datetime.now(dt.UTC) - oldest).total_seconds() if oldest is not None else 0.0)
    QUEUE_ROWS.set(waiting)
    return None


def _jobs(connection: Connection) -> str | None:
    """Runs wait for a worker; pages answer without one, so this is a number and no fault."""
    waiting, oldest, failed = job_lists.queue(connection)
    JOBS_OPEN.set(waiting)
    JOBS_AGE.set((dt.datetime.now(dt.UTC) - oldest).total_seconds() if oldest is not None else 0.0)
    JOBS_FAILED.set(failed)
    return None


def _clock(connection: Connection) -> str | None:
    """A worker found that something was booked at a later moment than its clock shows and books
    nothing: a number, pages answer all the same."""
    now = dt.datetime.now(dt.UTC)
    ahead = clocks.doubted(connection, now)
    CLOCK_DOUBT.set((ahead - now).total_seconds() if ahead is not None else 0.0)
    return None


CHECKS: dict[str, Callable[[Connection], str | None]] = {
    "database": _database,
    "migrations": _migrations,
    "triggers": _triggers,
    "snapshot": _snapshot,
    "queue": _queue,
    "jobs": _jobs,
    "clock": _clock,
}


@cache
def migration_heads() -> frozenset[str]:
    """The newest revisions of `migrations/`, read once."""
    return frozenset(commands.history().get_heads())


# -- the three addresses ---------------------------------------------------------------------------


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    try:
        with db.read() as connection:
            faults = {}
            for name, check in CHECKS.items():
                faults[name] = check(connection) if not any(faults.values()) else "not asked"
    except SQLAlchemyError as error:
        faults = {"database": type(error).__name__}
    ready = not any(faults.values())
    return jsonify(
        ready=ready, checks={name: fault or "ok" for name, fault in faults.items()}
    ), 200 if ready else 503


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    token = current_app.extensions["doorstep"].metrics_token
    if token and not hmac.compare_digest(
        request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()
    ):
        return problem(
            401,
            detail="Send the header Authorization: Bearer METRICS_TOKEN.",
            code="unauthenticated",
            headers={"WWW-Authenticate": "Bearer"},
        )
    with (
        contextlib.suppress(SQLAlchemyError),
        db.read() as connection,
    ):  # numbers of this process are worth having without a database too
        _snapshot(connection)
        _queue(connection)
        _jobs(connection)
        _clock(connection)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.before_request(_start_clock)
    app.after_request(_count)


def _start_clock() -> None:
    g.began = time.perf_counter()


def _count(response: Response) -> Response:
    endpoint = request.endpoint
    answers, seconds = _series(
        endpoint or "none", request.method if endpoint else "any", response.status_code
    )
    answers.inc()
    began = g.get("began")
    if began is not None:
        seconds.observe(time.perf_counter() - began)
    return response


@cache
def _series(endpoint: str, method: str, status: int) -> tuple[Counter, Histogram]:
    """Looking a series up by its labels takes longer than counting; there are as many as endpoints,
    methods and statuses."""
    return REQUESTS.labels(endpoint, method, status), SECONDS.labels(endpoint)
