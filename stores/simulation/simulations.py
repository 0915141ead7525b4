"""Simulations that were asked for, and what came out: one row for the question, one for each store,
dealer and branch (A16, H1).

How far one is stands in its job run; a finished one has its `summary`. What it found is of the
network and policy version it names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    and_,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from ledger import audit, schema
from ledger.bulk import insert_rows
from ledger.faults import Conflict, NotFound
from stores.base.actors import Actor
from stores.base.ordering import Order, ordered
from stores.base.versions import current
from stores.network import policies
from stores.network.policy import Policy, parse
from stores.simulation import running
from stores.simulation.running import Result
from stores.simulation.scenario import NAME_LENGTH, Scenario, rules_digest
from stores.simulation.scenario_form import read
from stores.simulation.tally import FIGURES
from stores.simulation.tally import Row as Figures

simulation = Table(
    "simulation",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("scenario", schema.Json, nullable=False),
    Column("digest", schema.Code(64), nullable=False),  # of the scenario without its name
    Column("rules_digest", schema.Code(64), nullable=False),  # of the rules that were tried
    Column("rules_only", Boolean, nullable=False),  # nothing but the rules differs
    Column("actor", schema.Code(96), nullable=False),
    Column("asked_at", schema.Instant, nullable=False),
    Column("finished_at", schema.Instant),
    Column("network_version", BigInteger),
    Column("policy_version", BigInteger),
    Column("summary", schema.Json),
)
Index("ix_simulation_rules", simulation.c.rules_digest, simulation.c.id)
simulation_row = Table(
    "simulation_row",
    schema.metadata,
    Column(
        "simulation_id",
        BigInteger,
        ForeignKey("simulation.id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("kind", schema.Code(8), primary_key=True),  # store, dealer, branch
    Column("code", schema.Code(64), primary_key=True),  # '': visits that belong to none
    Column("name", String(200), nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in FIGURES),
    Column("latitude", Float),
    Column("longitude", Float),
)


def ask(connection: Connection, body: Any, *, actor: Actor, now: dt.datetime) -> int:
    """Write a scenario down in the transaction that queues its run; returns its id. Raises
    InvalidInput with one fault for each wrong key or unknown code, NotAllowed."""
    actor.require("simulation:write")
    scenario = read(body)
    running.checked(connection, scenario)
    rules = scenario.policy or parse(policies.in_force(connection).body)
    values = {
        "name": scenario.name,
        "scenario": dict(scenario.body),
        "digest": scenario.digest,
        "rules_digest": rules_digest(rules),
        "rules_only": not scenario.changes,
        "actor": actor.name,
        "asked_at": now,
    }
    found = int(
        connection.execute(
            insert(simulation).values(values).returning(simulation.c.id)
        ).scalar_one()
    )
    audit.record(
        connection,
        actor.name,
        "ask_simulation",
        "simulation",
        found,
        {"digest": scenario.digest},
        at=now,
    )
    return found


def check(connection: Connection, body: Any) -> None:
    """Raises InvalidInput as `ask` would."""
    running.checked(connection, read(body))


def scenario_of(connection: Connection, simulation_id: int) -> Scenario:
    """Raises NotFound, and InvalidInput when it can no longer be read."""
    return read(one(connection, simulation_id).scenario)


def one(connection: Connection, simulation_id: int) -> Row[Any]:
    row = (
        connection.execute(select(simulation).where(simulation.c.id == simulation_id)).first()
        if simulation_id < 2**63
        else None
    )
    if row is None:
        raise NotFound(f"There is no simulation {simulation_id}.")
    return row


def keep(connection: Connection, simulation_id: int, result: Result, now: dt.datetime) -> None:
    """What came out, in the transaction that ends the run; once."""
    connection.execute(
        update(simulation)
        .where(simulation.c.id == simulation_id, simulation.c.summary.is_(None))
        .values(
            finished_at=now,
            network_version=result.network_version,
            policy_version=result.policy_version,
            summary=result.summary,
        )
    )
    insert_rows(connection, simulation_row, [_row(simulation_id, each) for each in result.rows])


def _row(simulation_id: int, each: Figures) -> dict[str, Any]:
    return {
        "simulation_id": simulation_id,
        "kind": each.kind,
        "code": each.code,
        "name": each.name[:200],
        "latitude": each.latitude,
        "longitude": each.longitude,
        **{name: getattr(each, name) for name in FIGURES},
    }


def rows(connection: Connection, simulation_id: int, kind: str) -> Sequence[Row[Any]]:
    """Of stores, dealers or branches, by code."""
    r = simulation_row.c
    return connection.execute(
        select(simulation_row)
        .where(r.simulation_id == simulation_id, r.kind == kind)
        .order_by(r.code)
    ).all()


SORTS = {
    "code": simulation_row.c.code,
    "moved": simulation_row.c.gained + simulation_row.c.lost,
    **{name: simulation_row.c[name] for name in FIGURES},
    "net": simulation_row.c.visits_after - simulation_row.c.visits_before,
    "revenue_net": simulation_row.c.revenue_after - simulation_row.c.revenue_before,
}


def listed(
    connection: Connection, simulation_id: int, kind: str, order: Order, every: bool = True
) -> Sequence[Row[Any]]:
    """Sorted by a name of SORTS; not `every`: those that gain or lose a visit."""
    query = select(simulation_row).where(_those(simulation_id, kind, every))
    return connection.execute(ordered(query, SORTS, simulation_row.c.code, order)).all()


def _those(simulation_id: int, kind: str, every: bool) -> ColumnElement[bool]:
    r = simulation_row.c
    of_kind = and_(r.simulation_id == simulation_id, r.kind == kind)
    return of_kind if every else and_(of_kind, r.gained + r.lost > 0)


def totals(
    connection: Connection, simulation_id: int, kind: str, every: bool = True
) -> dict[str, int]:
    """The sums of the rows of a kind, and `rows`."""
    r = simulation_row.c
    row = connection.execute(
        select(func.count(), *(func.coalesce(func.sum(r[name]), 0) for name in FIGURES)).where(
            _those(simulation_id, kind, every)
        )
    ).one()
    return {
        "rows": int(row[0]),
        **{name: int(value) for name, value in zip(FIGURES, row[1:], strict=True)},
    }


def names(
    connection: Connection, simulation_id: int, kind: str, codes: Collection[str]
) -> dict[str, str]:
    """The names of a simulation's rows of a kind (store, dealer, branch), by code; only those of
    `codes`."""
    r = simulation_row.c
    return {
        row.code: row.name
        for row in connection.execute(
            select(r.code, r.name).where(
                r.simulation_id == simulation_id, r.kind == kind, r.code.in_(codes)
            )
        )
    }


def extremes(
    connection: Connection, simulation_id: int, kind: str
) -> tuple[Row[Any] | None, Row[Any] | None]:
    """Who gains most and who loses most, net; None where nobody does."""
    r, net = simulation_row.c, SORTS["net"]
    query = select(simulation_row).where(
        r.simulation_id == simulation_id, r.kind == kind, r.code != ""
    )
    best = connection.execute(query.where(net > 0).order_by(net.desc(), r.code).limit(1)).first()
    worst = connection.execute(query.where(net < 0).order_by(net, r.code).limit(1)).first()
    return best, worst


# -- publishing needs one (H1) ---------------------------------------------------------------------


def trial_of(connection: Connection, policy: Policy) -> Row[Any] | None:
    """The newest finished simulation of exactly these rules and nothing else, whatever versions it
    was made on."""
    s = simulation.c
    query = select(simulation).where(
        s.rules_digest == rules_digest(policy), s.rules_only, s.finished_at.is_not(None)
    )
    return connection.execute(query.order_by(s.id.desc()).limit(1)).first()


def is_current(connection: Connection, trial: Row[Any]) -> bool:
    """Whether it was made on the network and the rules in force now."""
    return (trial.network_version, trial.policy_version) == current(connection)


def require_trial(connection: Connection, policy: Policy) -> int:
    """Raises Conflict unless these rules were simulated on the network and rules in force now;
    returns the simulation's id."""
    trial = trial_of(connection, policy)
    if trial is None:
        raise Conflict(
            "These rules have not been simulated; simulate them first.", code="not_simulated"
        )
    if not is_current(connection, trial):
        raise Conflict(
            "The network or the rules in force changed since these rules were simulated; simulate "
            "them again.",
            code="simulation_outdated",
        )
    return int(trial.id)


def side_by_side(
    connection: Connection, first: int, second: int, kind: str
) -> list[Mapping[str, Any]]:
    """Two finished simulations on the same visits: what each store, dealer or branch has before,
    after the one and after the other.

    Raises NotFound, Conflict when one is not finished or they were not tried on the same visits."""
    pair = [one(connection, each) for each in (first, second)]
    if any(row.summary is None for row in pair):
        raise Conflict("One of the two simulations is not finished.", code="not_finished")
    if pair[0].scenario["on"] != pair[1].scenario["on"]:
        raise Conflict("These two were not tried on the same visits.", code="scenarios_differ")
    one_, two = (
        {row.code: row for row in rows(connection, each, kind)} for each in (first, second)
    )
    found = []
    for code in sorted({*one_, *two}):
        a, b = one_.get(code), two.get(code)
        found.append(
            {
                "code": code,
                "name": (a or b).name,
                "before": (a or b).visits_before,
                "first": a.visits_after if a else 0,  # type: ignore[union-attr]
                "second": b.visits_after if b else 0,
                "revenue_before": (a or b).revenue_before,  # type: ignore[union-attr]
                "revenue_first": a.revenue_after if a else 0,
                "revenue_second": b.revenue_after if b else 0,
            }
        )
    return found
