"""Asking for a simulation and reading its answer."""

from __future__ import annotations

import datetime as dt

import db
from app.jobs.runner import Runner
from app.services import simulation_runs
from stores.base.actors import COMMAND_LINE
from stores.simulation import simulations
from tests.app.pages.conftest import Chain

RULES = {"preset": "franchise", "nearest_limit_m": 100}


def token(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def ask(chain: Chain, body: dict[str, object]) -> int:
    on = {"entries": {"from": chain.day(6), "to": chain.day(0)}}
    found = simulation_runs.ask(
        {"name": "what if", "on": on, **body},
        actor=COMMAND_LINE,
        user_id=None,
        now=dt.datetime.now(dt.UTC),
    )
    Runner("test", simulation_runs.HANDLERS).drain()
    return found


def summary(number: int) -> dict[str, object]:
    with db.read() as connection:
        return simulations.one(connection, number).summary
