"""Printed codes of stores (D4 of the stories): a store's channels, one for each place where a code
hangs or lies, and their signed links (A18, F2).

A channel of a store has the code `STORE:name`, so that headquarters can revoke one place's codes
and scans are counted by place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

import db
from ledger import audit
from ledger.bulk import insert_rows
from ledger.faults import FieldFault, InvalidInput, NotFound
from stores.base import keys, versions
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.facts.entry_params import SignedParam, sign
from stores.network.channels import channel
from stores.network.scope import visible_store_ids
from stores.network.stores import store

USUAL = ("door", "counter", "table", "parcel", "flyer", "bag")
LONGEST = 24
SEPARATOR = ":"
MOST_AT_ONCE = 600


@dataclass(frozen=True, slots=True)
class StoreCode:
    """One printed code. `name`: the channel's own part; `param`: the signed text of 32 characters,
    "" for a revoked channel."""

    store_code: str
    store_name: str
    name: str
    channel_code: str
    param: str
    revoked: bool


def name_of(channel_code: str | None) -> str | None:
    """`S1:door` -> `door`; another channel's code stays as it is."""
    return None if channel_code is None else channel_code.rpartition(SEPARATOR)[2]


def register(
    store_codes: Collection[str], names: Collection[str], *, actor: Actor, now: dt.datetime
) -> int:
    """Register the channels of these stores that are new, in one version of the network; how many
    were. Raises NotAllowed, NotFound for a store that is not the actor's, InvalidInput for a name
    or too many at once."""
    actor.require("entry_param:own")
    for name in names:
        if (
            not 0 < len(name) <= LONGEST
            or not name.isprintable()
            or name != name.strip()
            or SEPARATOR in name
        ):
            raise InvalidInput(
                f"The name of a place is 1 to {LONGEST} visible characters without a colon.",
                code="invalid_channel",
                errors=[FieldFault("channel", "is no name")],
            )
    if not store_codes or not names or len(set(store_codes)) * len(set(names)) > MOST_AT_ONCE:
        raise InvalidInput(
            f"Choose at least one store and one place, and at most {MOST_AT_ONCE} codes at once.",
            code="too_many_codes",
        )
    with db.read() as connection:
        ids = _stores(connection, set(store_codes), actor, business_day(now))
        wanted = {f"{code}{SEPARATOR}{name}": ids[code] for code in ids for name in names}
        if any(len(code) > 64 for code in wanted):
            raise InvalidInput(
                "The store's code and the name together are too long.",
                code="invalid_channel",
                errors=[FieldFault("channel", "is too long")],
            )
        if not _unknown(connection, wanted):
            return 0
    with db.transaction() as connection:
        version = versions.next_network_version(
            connection
        )  # new channels queue up here, so the second look is the last
        new = _unknown(connection, wanted)
        insert_rows(connection, channel, new)
        versions.record(connection, version, "channels", len(new), actor.name, now)
        audit.record(
            connection,
            actor.name,
            "register_store_codes",
            "channel",
            len(new),
            {"version": version, "stores": len(ids), "places": len(names)},
            at=now,
        )
        return len(new)


def _unknown(connection: Connection, wanted: Mapping[str, int]) -> list[dict[str, Any]]:
    """Rows of the channels that are not registered yet."""
    codes = sorted(wanted)
    known = {
        code
        for start in range(0, len(codes), 400)
        for code in connection.execute(
            select(channel.c.channel_code).where(
                channel.c.channel_code.in_(codes[start : start + 400])
            )
        ).scalars()
    }
    return [{"channel_code": code, "store_id": wanted[code]} for code in codes if code not in known]


def _stores(
    connection: Connection, codes: Collection[str], actor: Actor, today: dt.date
) -> dict[str, int]:
    query, visible = select(store.c.store_code, store.c.id), visible_store_ids(actor, today)
    query = query.where(store.c.store_code.in_(sorted(codes)))
    found = {
        r.store_code: r.id
        for r in connection.execute(
            query if visible is None else query.where(store.c.id.in_(visible))
        )
    }
    missing = sorted(set(codes) - set(found))
    if missing:
        raise NotFound(f"There is no store {missing[0]!r}.", code="unknown_store")
    return found


def names_in_use(connection: Connection, actor: Actor, today: dt.date) -> list[str]:
    """The places that the actor's stores have codes for, revoked ones left out."""
    visible = visible_store_ids(actor, today)
    query = select(channel.c.channel_code).where(
        channel.c.store_id.is_not(None), channel.c.revoked_at.is_(None)
    )
    codes = connection.execute(
        query if visible is None else query.where(channel.c.store_id.in_(visible))
    ).scalars()
    return sorted({name for code in codes if SEPARATOR in code and (name := name_of(code))})


def of_stores(
    connection: Connection,
    actor: Actor,
    today: dt.date,
    now: dt.datetime,
    store_codes: Collection[str] = (),
    names: Collection[str] = (),
) -> list[StoreCode]:
    """The registered codes by store and place, signed anew; all of the actor's stores and places
    when none are named. A store that is not his is not there."""
    actor.require("entry_param:own")
    c, visible = channel.c, visible_store_ids(actor, today)
    query = select(
        c.id, c.channel_code, c.revoked_at, c.store_id, store.c.store_code, store.c.name
    ).join(store, store.c.id == c.store_id)
    if visible is not None:
        query = query.where(store.c.id.in_(visible))
    if store_codes:
        query = query.where(store.c.store_code.in_(sorted(store_codes)))
    found = []
    for r in connection.execute(query.order_by(store.c.store_code, c.channel_code)):
        name = name_of(r.channel_code) or ""
        if names and name not in names:
            continue
        param = (
            ""
            if r.revoked_at
            else sign(SignedParam(r.store_id, 0, r.id, now), keys.entry_param_keys()[0])
        )
        found.append(
            StoreCode(r.store_code, r.name, name, r.channel_code, param, r.revoked_at is not None)
        )
    return found
