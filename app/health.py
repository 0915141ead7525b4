"""Is it alive, is it ready, how busy is it: /healthz, /readyz, /metrics."""
from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from functools import cache

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

import db
from app.api.problems import problem
from app.permissions import public
from migrations import commands

blueprint = Blueprint("health", __name__)
REQUESTS = Counter("doorstep_requests_total", "Answers by endpoint, method and status.", ["endpoint", "method", "status"])
SECONDS = Histogram("doorstep_request_seconds", "Time to answer.", ["endpoint"], buckets=(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10))


# -- readiness: each check answers None when all is well, else what is wrong ------------------------------------------------

def _database(connection: Connection) -> str | None:
    connection.execute(text("SELECT 1"))
    return None


def _migrations(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return "no migration was run; run: flask db upgrade"
    wanted = migration_heads()
    found = frozenset(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())
    return None if found == wanted else f"at {sorted(found)}, wanted {sorted(wanted)}; run: flask db upgrade"


def _triggers(connection: Connection) -> str | None:
    missing = db.missing_triggers(connection)
    return f"append-only tables without protection: {', '.join(missing)}" if missing else None


CHECKS: dict[str, Callable[[Connection], str | None]] = {"database": _database, "migrations": _migrations, "triggers": _triggers}


@cache
def migration_heads() -> frozenset[str]:
    """The newest revisions of `migrations/`, read once."""
    return frozenset(commands.history().get_heads())


# -- the three addresses -------------------------------------------------------------------------------------------------------

@blueprint.get("/healthz")
@public
def healthz() -> Response:
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    try:
        with db.read() as connection:
            faults = {name: check(connection) for name, check in CHECKS.items()}
    except SQLAlchemyError as error:
        faults = {"database": type(error).__name__}
    ready = not any(faults.values())
    return jsonify(ready=ready, checks={name: fault or "ok" for name, fault in faults.items()}), 200 if ready else 503


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    token = current_app.extensions["doorstep"].metrics_token
    if token and not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        return problem(401, detail="Send the header Authorization: Bearer METRICS_TOKEN.", code="unauthenticated", headers={"WWW-Authenticate": "Bearer"})
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.before_request(_start_clock)
    app.after_request(_count)


def _start_clock() -> None:
    g.began = time.perf_counter()


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    REQUESTS.labels(endpoint, request.method if request.endpoint else "any", response.status_code).inc()
    if "began" in g:
        SECONDS.labels(endpoint).observe(time.perf_counter() - g.began)
    return response
