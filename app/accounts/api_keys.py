"""Keys of the API: 256 random bits, shown once, kept as sha256 (a fast hash is enough: they cannot
be guessed)."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import threading
import time
from typing import Any

from sqlalchemy import Column, Date, Table, insert, select, update

import db
from app.web.permissions import SCOPES, of_scope
from ledger import audit, schema
from ledger.faults import FieldFault, InvalidInput, NotFound
from stores.base.actors import SCOPES as LIMITS
from stores.base.actors import Actor
from stores.network.scope import scope_code

api_key = Table(
    "api_key",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("name", schema.Code(64), nullable=False),
    Column("prefix", schema.Code(16), nullable=False),
    Column("key_hash", schema.Code(64), nullable=False, unique=True),
    Column("scope", schema.Code(16), nullable=False),
    Column("limit_kind", schema.Code(16), nullable=False),
    Column("limit_id", schema.BigId),
    Column("created_at", schema.Instant, nullable=False),
    Column("revoked_at", schema.Instant),
    Column("last_used_day", Date),
)

SHOWN = 11  # characters of a key that lists may show: `dk_` and eight more
CACHE_SECONDS = (
    4.0  # a revoked key dies within this time in every process, at once in the one that revoked it
)
CACHE_SIZE = 10_000
_cache: dict[str, tuple[float, Actor]] = {}
_cache_lock = threading.Lock()


def create_key(
    name: str, scope: str, *, by: Actor, limit_kind: str = "all", limit_id: int | None = None
) -> str:
    """A new key in plain text, the only time it is seen. `limit_kind` and `limit_id` limit its rows
    (P6).

    Raises NotAllowed, InvalidInput.
    """
    by.require("key:write")
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise InvalidInput(
            "The name of a key has 1 to 64 visible characters.",
            errors=[FieldFault("name", "unusable")],
        )
    if scope not in SCOPES:
        raise InvalidInput(
            f"There is no scope {scope!r}; use one of {', '.join(SCOPES)}.",
            errors=[FieldFault("scope", "unknown")],
        )
    if limit_kind not in LIMITS or (limit_kind == "all") != (limit_id is None):
        raise InvalidInput(
            "A key is limited to one branch, dealer, store or guide, or to nothing.",
            errors=[FieldFault("limit", "unusable")],
        )
    key = "dk_" + secrets.token_urlsafe(32)
    row = {
        "name": name,
        "prefix": key[:SHOWN],
        "key_hash": _digest(key),
        "scope": scope,
        "limit_kind": limit_kind,
        "limit_id": limit_id,
        "created_at": dt.datetime.now(dt.UTC),
    }
    with db.transaction() as connection:
        key_id = int(
            connection.execute(insert(api_key).values(row).returning(api_key.c.id)).scalar_one()
        )
        audit.record(
            connection,
            by.name,
            "create_api_key",
            "api_key",
            key_id,
            {
                "scope": scope,
                "limit_kind": limit_kind,
                "limit": scope_code(connection, limit_kind, limit_id) if limit_id else None,
            },
        )
    return key


def revoke(prefix: str, *, by: Actor) -> int:
    """End the key that begins so; returns its id. Raises NotAllowed, NotFound (also when several
    begin so)."""
    by.require("key:write")
    with db.transaction() as connection:
        wanted = (api_key.c.prefix == prefix[:SHOWN], api_key.c.revoked_at.is_(None))
        found = connection.execute(select(api_key.c.id).where(*wanted)).scalars().all()
        if len(found) != 1:
            raise NotFound(
                f"{len(found)} active keys begin with {prefix[:SHOWN]!r}; give the first {SHOWN} "
                "characters of one key."
            )
        revoke_id(int(found[0]), by=by)
    return int(found[0])


def revoke_id(key_id: int, *, by: Actor) -> None:
    """End this key. Raises NotAllowed, NotFound (also when it is revoked already)."""
    by.require("key:write")
    with db.transaction() as connection:
        ended = (
            update(api_key)
            .where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
            .values(revoked_at=dt.datetime.now(dt.UTC))
        )
        if not connection.execute(ended).rowcount:
            raise NotFound("There is no such key that is still good.")
        audit.record(connection, by.name, "revoke_api_key", "api_key", key_id)
        db.after_commit(forget)


def actor_of(key: str) -> Actor | None:
    """Who calls with this key; None for an unknown or revoked one. Asks the database every few
    seconds only, so that the entry path keeps its two round trips (M13)."""
    digest = _digest(key)
    cached = _cache.get(digest)
    if cached is not None and cached[0] > time.monotonic():
        return cached[1]
    actor = _load(digest)
    with _cache_lock:
        if actor is None:
            _cache.pop(digest, None)
        else:
            if len(_cache) >= CACHE_SIZE:
                _cache.clear()
            _cache[digest] = (time.monotonic() + CACHE_SECONDS, actor)
    return actor


def forget() -> None:
    """Empty this process's cache."""
    with _cache_lock:
        _cache.clear()


def _load(digest: str) -> Actor | None:
    with db.read() as connection:
        row = connection.execute(
            select(api_key).where(api_key.c.key_hash == digest, api_key.c.revoked_at.is_(None))
        ).first()
    if row is None:
        return None
    _note_use(row)
    return Actor(
        f"key:{row.id}", of_scope(row.scope), row.limit_kind, row.limit_id, f"api_{row.scope}"
    )


def _note_use(row: Any) -> None:
    """The day of last use, written once a day and key."""
    today = dt.datetime.now(dt.UTC).date()
    if row.last_used_day != today:
        with db.transaction() as connection:
            connection.execute(
                update(api_key).where(api_key.c.id == row.id).values(last_used_day=today)
            )


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
