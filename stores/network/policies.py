"""Routing policies: versioned, read-only once published (A4, A5, CONTRACT 4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, String, Table, func, select, update

import db
from ledger import audit, schema
from ledger.faults import FieldFault, InvalidInput
from ledger.pieces import pieces
from stores.base.actors import Actor
from stores.base.versions import routing_state
from stores.network.policy import Policy, parse
from stores.network.stores import store

policy_version = schema.append_only(
    Table(
        "policy_version",
        schema.metadata,
        Column("version", BigInteger, primary_key=True, autoincrement=False),
        Column("body", schema.Json, nullable=False),
        Column("published_at", schema.Instant, nullable=False),
        Column("actor", schema.Code(96), nullable=False),
        Column("note", String(500), nullable=False),
        Column(
            "effective_at", schema.Instant
        ),  # None: from when it was published; later: not in force before a worker says so
    )
)


def show(connection: Connection) -> dict[str, Any]:
    """The policy in force in its file form, complete; it can be published again as it is."""
    return parse(in_force(connection).body).body()


def in_force(connection: Connection) -> Any:
    """The row of the policy in force: version, body, published_at, actor, note."""
    return connection.execute(
        select(policy_version).join(
            routing_state, routing_state.c.policy_version == policy_version.c.version
        )
    ).one()


def version(connection: Connection, number: int) -> Any:
    """One version's row, or None."""
    return connection.execute(
        select(policy_version).where(policy_version.c.version == number)
    ).first()


def versions(connection: Connection, limit: int) -> Sequence[Any]:
    """The newest versions without their bodies, newest first."""
    p = policy_version.c
    return connection.execute(
        select(p.version, p.published_at, p.actor, p.note, p.effective_at)
        .order_by(p.version.desc())
        .limit(limit)
    ).all()


def publish(
    body: Any,
    *,
    actor: Actor,
    now: dt.datetime,
    note: str = "",
    effective_at: dt.datetime | None = None,
    require: Callable[[Connection, Policy], object] | None = None,
) -> int:
    """Put a policy in force and return its version; the one in force again (whatever its note)
    keeps its version.

    `note` says why, else the body's own. `effective_at`: a later moment, at which a worker puts it
    in force unless a newer version came before. `require(connection, policy)` may refuse (a
    simulation that is missing). Raises InvalidInput with one fault per wrong key, NotAllowed."""
    actor.require("rules:write")
    policy = parse(body)
    note = note or policy.note
    if len(note) > 500:
        raise InvalidInput(
            "The note has more than 500 characters.",
            code="policy_invalid",
            errors=[FieldFault("note", "must be text of at most 500 characters")],
        )
    with db.transaction() as connection:
        _check_stores(connection, policy)
        connection.execute(select(routing_state.c.id).with_for_update())  # one publisher at a time
        held = in_force(connection)
        if _rules(parse(held.body)) == _rules(policy) and waiting(connection) is None:
            return int(held.version)
        if require is not None:
            require(connection, policy)
        later = effective_at if effective_at is not None and effective_at > now else None
        version = (
            int(connection.execute(select(func.max(policy_version.c.version))).scalar_one()) + 1
        )
        connection.execute(
            policy_version.insert().values(
                version=version,
                body={**policy.body(), "note": note},
                published_at=now,
                actor=actor.name,
                note=note,
                effective_at=later,
            )
        )
        if later is None:
            connection.execute(
                update(routing_state).where(routing_state.c.id == 1).values(policy_version=version)
            )
        said = {"preset": policy.preset, **({"effective_at": later.isoformat()} if later else {})}
        audit.record(connection, actor.name, "publish_policy", "policy", version, said, at=now)
        return version


def waiting(connection: Connection) -> Any:
    """The newest version when its time has not come yet, or None; an older one that waited was
    pushed out by it."""
    newest = connection.execute(
        select(policy_version).order_by(policy_version.c.version.desc()).limit(1)
    ).one()
    return newest if newest.version > in_force(connection).version else None


def take_effect(now: dt.datetime) -> int:
    """Put the version whose time has come in force; how many (0 or 1). Entries from then on are
    decided, and guarded, by it (M7)."""
    with db.read() as connection:  # nothing waits nearly always: that must not take SQLite's writer
        due = waiting(connection)
    if due is None or due.effective_at > now:
        return 0
    with db.transaction() as connection:
        connection.execute(select(routing_state.c.id).with_for_update())
        due = waiting(connection)
        if due is None or due.effective_at > now:
            return 0
        connection.execute(
            update(routing_state).where(routing_state.c.id == 1).values(policy_version=due.version)
        )
        audit.record(connection, due.actor, "policy_in_force", "policy", due.version, at=now)
        return 1


def _rules(policy: Policy) -> dict[str, Any]:
    return {name: value for name, value in policy.body().items() if name != "note"}


def _check_stores(connection: Connection, policy: Policy) -> None:
    named = [("default_store", policy.default_store)] if policy.default_store is not None else []
    named += [
        (f"region_defaults.{region}", code) for region, code in policy.region_defaults.items()
    ]
    codes = sorted({code for _, code in named})
    known: set[str] = set()
    for some in pieces(codes, 500):
        known |= set(
            connection.execute(
                select(store.c.store_code).where(store.c.store_code.in_(some))
            ).scalars()
        )
    faults = [
        FieldFault(key, f"names the unknown store {code[:64]!r}")
        for key, code in named
        if code not in known
    ]
    if faults:
        raise InvalidInput(
            "The policy was not published: "
            + "; ".join(f"{f.field} {f.reason}" for f in faults[:5])
            + ".",
            code="policy_invalid",
            errors=faults,
        )
