"""Signing entry parameters by business codes, and the channels they name (A18, F2)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, Table, select, update

import db
from ledger import audit
from ledger.faults import Conflict, FieldFault, InvalidInput, NotAllowed, NotFound
from stores.base import keys, versions
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.base.receipt import refuse_impossible
from stores.facts.entry_params import SignedParam, sign
from stores.network.channels import channel
from stores.network.guides import guide
from stores.network.scope import visible_guide_ids, visible_store_ids
from stores.network.stores import store


def sign_param(
    *,
    store_code: str | None = None,
    guide_code: str | None = None,
    channel_code: str | None = None,
    issued_at: dt.datetime | None = None,
    actor: Actor,
    now: dt.datetime,
) -> str:
    """The signed text of 32 characters that names a store or a guide, and a channel, which is
    registered on first use.

    Raises InvalidInput (not exactly one of store and guide), ImpossibleTime, NotFound (unknown, or
    outside the actor's rows), Conflict (revoked channel), NotAllowed."""
    actor.require("entry_param:write")
    if (store_code is None) == (guide_code is None):
        raise InvalidInput(
            "Name exactly one of store_code and guide_code.",
            code="one_of_store_and_guide",
            errors=[FieldFault("store_code", "give either store_code or guide_code")],
        )
    refuse_impossible("issued_at", issued_at, now)
    with db.read() as connection:
        store_id = _id(connection, store, store_code, actor, now)
        guide_id = _id(connection, guide, guide_code, actor, now)
    channel_id = _channel(channel_code, actor, now) if channel_code is not None else 0
    try:
        return sign(
            SignedParam(store_id, guide_id, channel_id, issued_at or now),
            keys.entry_param_keys()[0],
        )
    except (ValueError, OverflowError):
        raise InvalidInput(
            "issued_at lies outside the years a parameter can carry.",
            code="issued_at_out_of_range",
            errors=[FieldFault("issued_at", "is out of range")],
        ) from None


def sign_own(
    actor: Actor, now: dt.datetime, *, channel_id: int = 0, store_id: int | None = None
) -> str:
    """The parameter of the actor's own guide or store: everybody may share his own door.
    `channel_id`: a channel that the caller found to be his to use, 0 for none; `store_id`: of a
    guide, the store he works in instead of himself. Raises NotAllowed for other actors."""
    if actor.scope_kind not in ("guide", "store") or actor.scope_id is None:
        raise NotAllowed("Only a guide or a store has a code of its own.")
    if actor.scope_kind == "store" or store_id is not None:
        return sign(
            SignedParam(store_id or actor.scope_id, 0, channel_id, now), keys.entry_param_keys()[0]
        )
    return sign(SignedParam(0, actor.scope_id, channel_id, now), keys.entry_param_keys()[0])


def revoke_channel(channel_code: str, *, actor: Actor, now: dt.datetime) -> bool:
    """Parameters of this channel are ignored from now on, printed ones included; False when it was
    revoked already. Raises NotFound."""
    actor.require("network:write")
    with db.transaction() as connection:
        version = versions.next_network_version(connection)
        found = connection.execute(
            select(channel.c.id, channel.c.revoked_at).where(channel.c.channel_code == channel_code)
        ).first()
        if found is None:
            raise NotFound(f"There is no channel {channel_code!r}.", code="unknown_channel")
        if found.revoked_at is None:
            connection.execute(
                update(channel)
                .where(channel.c.id == found.id)
                .values(revoked_at=now, revoked_version=version)
            )
        versions.record(
            connection, version, "channels", int(found.revoked_at is None), actor.name, now
        )
        audit.record(
            connection,
            actor.name,
            "revoke_channel",
            "channel",
            found.id,
            {"version": version},
            at=now,
        )
        return found.revoked_at is None


def _id(
    connection: Connection, table: Table, code: str | None, actor: Actor, now: dt.datetime
) -> int:
    """The surrogate id of a code the actor may see, 0 for none."""
    if code is None:
        return 0
    visible = (visible_store_ids if table is store else visible_guide_ids)(actor, business_day(now))
    query = select(table.c.id).where(table.c[f"{table.name}_code"] == code)
    found = connection.execute(
        query if visible is None else query.where(table.c.id.in_(visible))
    ).scalar()
    if found is None:
        raise NotFound(
            f"There is no {table.name} {code!r}.",
            code=f"unknown_{table.name}",
            errors=[FieldFault(f"{table.name}_code", "is unknown")],
        )
    return int(found)


def _channel(code: str, actor: Actor, now: dt.datetime) -> int:
    """The channel's short number. A snapshot holds all channels, so a new one is a new version of
    the network."""
    if not 0 < len(code) <= 64 or not code.isprintable() or code != code.strip():
        raise InvalidInput(
            "A channel code is 1 to 64 visible characters.",
            code="invalid_channel",
            errors=[FieldFault("channel", "is no code")],
        )
    with db.read() as connection:
        found = _registered(connection, code)
    if found is not None:
        return found
    with db.transaction() as connection:
        version = versions.next_network_version(
            connection
        )  # new channels queue up here, so the second look is the last
        found = _registered(connection, code)
        if found is None:
            found = int(
                connection.execute(
                    channel.insert().values(channel_code=code).returning(channel.c.id)
                ).scalar_one()
            )
            audit.record(
                connection,
                actor.name,
                "register_channel",
                "channel",
                found,
                {"version": version},
                at=now,
            )
        versions.record(connection, version, "channels", 1, actor.name, now)
        return found


def _registered(connection: Connection, code: str) -> int | None:
    row = connection.execute(
        select(channel.c.id, channel.c.revoked_at).where(channel.c.channel_code == code)
    ).first()
    if row is not None and row.revoked_at is not None:
        raise Conflict(
            f"The channel {code!r} is revoked; a parameter of it would be ignored. Use another "
            "code.",
            code="channel_revoked",
            errors=[FieldFault("channel", "is revoked")],
        )
    return int(row.id) if row is not None else None
