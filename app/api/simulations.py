"""What if: a change of the rules or the network tried on past entries or made-up visitors, as a job
(A16, H1)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import Field, JsonValue

import db
from app.api.declare import WHOLE_CHAIN, Api
from app.api.pages import Page, page
from app.api.types import Answer, Strict
from app.services import simulation_runs
from ledger.faults import NotFound
from stores.base.actors import Actor
from stores.simulation import simulations
from stores.simulation.tally import FIGURES, KINDS

api = Api("Simulations")
MOST_ROWS = 5_000


class SimulationIn(Strict):
    """`on`: {"entries": {"from", "to"}} in brand days, both included, or {"population": {"points",
    "seed", "country"}}."""

    format: Annotated[int, Field(ge=1, le=1)] = 1
    name: Annotated[str, Field(max_length=120, pattern="^[^\\x00]*$")]
    policy: dict[str, JsonValue] | None = None
    changes: Annotated[list[dict[str, JsonValue]], Field(max_length=1_000)] = Field(
        default_factory=list
    )
    near_m: Annotated[int, Field(ge=0, le=100_000)] = 1_000
    on: dict[str, JsonValue]


class SimulationOut(Answer):
    """`state`: queued, running, done, failed, cancelled. `summary` and `rows` once it is done;
    `rows` of the stores, dealers and branches that gained or lost most."""

    id: int
    name: str
    state: str
    asked_at: dt.datetime
    finished_at: dt.datetime | None
    done: int
    total: int
    error: str | None
    network_version: int | None
    policy_version: int | None
    scenario: dict[str, Any]
    summary: dict[str, Any] | None
    rows: dict[str, list[dict[str, Any]]] | None = None


class SimulationsOut(Answer):
    simulations: list[SimulationOut]
    next: str | None


def exists(actor: Actor, simulation_id: str) -> object:
    """The number is text in the address, so that who has no key is told so first (401 before
    404)."""
    row = None
    if simulation_id.isascii() and simulation_id.isdigit() and len(simulation_id) < 19:
        with db.read() as connection:
            row = simulation_runs.find(connection, int(simulation_id))
    if row is None:
        raise NotFound(f"There is no simulation {simulation_id}.")
    return row


@api.call(
    "POST",
    "/simulations",
    permission="simulation:write",
    serves=WHOLE_CHAIN,
    body=SimulationIn,
    answers={202: SimulationOut},
    example={
        "name": "Open a store",
        "changes": [
            {
                "open": {
                    "store_code": "NEW1",
                    "dealer_code": "D1",
                    "latitude": 31.23,
                    "longitude": 121.47,
                    "crs": "gcj02",
                }
            }
        ],
        "on": {"entries": {"from": "2026-11-15", "to": "2026-11-21"}},
    },
    summary="Try a change on past entries or made-up visitors.",
    details="Answers at once; a worker carries it out. Ask again with its id for how far it is. "
    "What each key may hold: schema ScenarioForm.",
)
def create_simulation(actor: Actor, body: SimulationIn) -> tuple[int, Any]:
    found = simulation_runs.ask(
        body.model_dump(exclude_unset=True), actor=actor, user_id=None, now=dt.datetime.now(dt.UTC)
    )
    with db.read() as connection:
        return 202, _shown(simulation_runs.find(connection, found))


@api.call(
    "GET",
    "/simulations",
    permission="simulation:read",
    serves=WHOLE_CHAIN,
    query=Page,
    answers={200: SimulationsOut},
    summary="Simulations, the newest first.",
)
def get_simulations(actor: Actor, query: Page) -> tuple[int, Any]:
    after = query.after("simulations", int)
    with db.read() as connection:
        rows = simulation_runs.page(connection, after[0] if after else None, query.limit + 1)
    return 200, page(
        "simulations", [_shown(row) for row in rows], query.limit, lambda row: (row["id"],)
    )


@api.call(
    "GET",
    "/simulations/<simulation_id>",
    permission="simulation:read",
    serves=WHOLE_CHAIN,
    exists=exists,
    answers={200: SimulationOut},
    summary="One simulation, with what came out once it is done.",
)
def get_simulation(actor: Actor, simulation_id: str) -> tuple[int, Any]:
    number = int(simulation_id)
    with db.read() as connection:
        row = simulation_runs.find(connection, number)
        found = (
            {kind: _most_moved(simulations.rows(connection, number, kind)) for kind in KINDS}
            if row is not None and row.summary
            else None
        )
    return 200, {**_shown(row), "rows": found}


def _most_moved(rows: Any) -> list[dict[str, Any]]:
    ranked = sorted(rows, key=lambda row: (-(row.gained + row.lost), row.code))[:MOST_ROWS]
    return [
        {"code": row.code, "name": row.name, **{name: getattr(row, name) for name in FIGURES}}
        for row in ranked
    ]


def _shown(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "state": row.state,
        "asked_at": row.asked_at,
        "finished_at": row.finished_at,
        "done": row.done,
        "total": row.total,
        "error": row.error,
        "network_version": row.network_version,
        "policy_version": row.policy_version,
        "scenario": row.scenario,
        "summary": row.summary,
        "rows": None,
    }
