"""What every register shares: plan on a read, write in one short transaction at the next network
version (N2, M21)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, select, update

import db
from ledger import audit
from ledger.pieces import pieces
from stores.base import versions
from stores.base.actors import Actor
from stores.imports.check import Row
from stores.imports.columns import KEYS
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome, Refused, refuse_doubtful

T = TypeVar("T")
TRIES = 3
IN_LIST = 5_000  # values in one IN (...); both engines take more, planning time grows
WHOLE_TABLE = 2_000  # beyond so many rows one scan is cheaper than lists of keys


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written. `write(connection, version)` runs inside the transaction that holds
    the network version."""

    outcome: Outcome
    faults: FaultList
    write: Callable[[Connection, int], None]


Planner = Callable[[Connection, Sequence[Any], dt.datetime], Plan]


class _NetworkMoved(Exception):
    """Somebody changed the network between our read and our write."""


def save(
    kind: str,
    planner: Planner,
    rows: Sequence[Any],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    named: str | None = None,
    accept: bool = True,
) -> Outcome:
    """Plan on a read and write what is new or changed; nothing effective writes nothing and bumps
    no version. When the network moved meanwhile it is planned again, the last time under the lock.
    `named`: what the audit log says was saved, where the rows do not tell. `accept`: what is
    doubtful is meant. Raises Refused, Doubtful, NotAllowed."""
    actor.require("network:write")
    for _ in range(TRIES - 1):
        with db.read() as connection:
            before = versions.current(connection).network
            plan = _sound(planner(connection, rows, now))
        if dry_run or not plan.outcome.effective:
            return plan.outcome
        refuse_doubtful(plan.outcome, accept)
        try:
            with db.transaction() as connection:
                version = versions.next_network_version(connection)
                if version != before + 1:
                    raise _NetworkMoved
                _write(
                    connection,
                    kind,
                    plan,
                    named or _name_of(kind, rows, version),
                    version,
                    actor,
                    now,
                )
            return plan.outcome
        except _NetworkMoved:
            continue
    with db.transaction() as connection:
        version = versions.next_network_version(connection)
        plan = _sound(planner(connection, rows, now))
        refuse_doubtful(plan.outcome, accept)
        _write(connection, kind, plan, named or _name_of(kind, rows, version), version, actor, now)
    return plan.outcome


def _sound(plan: Plan) -> Plan:
    if plan.faults:
        raise Refused(plan.faults)
    return plan


def _write(
    connection: Connection,
    kind: str,
    plan: Plan,
    named: str,
    version: int,
    actor: Actor,
    now: dt.datetime,
) -> None:
    plan.write(connection, version)
    versions.record(connection, version, kind, plan.outcome.effective, actor.name, now)
    audit.record(
        connection,
        actor.name,
        "save_network",
        kind,
        named,
        {"version": version, "new": plan.outcome.new, "changed": plan.outcome.changed},
        at=now,
    )


def complete(row: Row, names: Sequence[str], thing: str, faults: FaultList) -> bool:
    """Whether a row that makes something new names what it needs; a file always does, a PUT may
    leave it out."""
    missing = [name for name in names if name not in row.values]
    for name in missing:
        faults.add(row.line, name, "", f"is missing; a new {thing} needs it")
    return not missing


def _name_of(kind: str, rows: Sequence[Any], version: int) -> str:
    if len(rows) != 1:
        return f"version {version}"
    return str(rows[0].area_code if kind == "areas" else rows[0].values[KEYS[kind][0]])


# -- reading and writing many rows -----------------------------------------------------------------


def ids_by_code(connection: Connection, table: Table, codes: Iterable[str]) -> dict[str, int]:
    """Surrogate ids of those codes that exist; a few by key, many by one scan."""
    column = table.c[f"{table.name}_code"]
    wanted = set(codes)
    query = select(column, table.c.id)
    if len(wanted) <= WHOLE_TABLE:
        query = query.where(column.in_(sorted(wanted)))
    return {row[0]: row[1] for row in connection.execute(query)}


def end_versions(connection: Connection, table: Table, ids: Iterable[int], version: int) -> None:
    """Known time: these rows were true until this version."""
    for some in pieces(ids):
        connection.execute(update(table).where(table.c.id.in_(some)).values(version_to=version))
