"""The keys of the API, as administrators list them. A key itself is never there to be shown
again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, select

from app.accounts import scopes
from app.accounts.api_keys import api_key
from stores.base.ordering import Order, ordered


def count(connection: Connection, state: str | None) -> int:
    return int(
        connection.execute(_where(select(func.count()).select_from(api_key), state)).scalar_one()
    )


def rows(connection: Connection, state: str | None, order: Order) -> Sequence[Row[Any]]:
    """`state`: `good`, `revoked` or both."""
    k = api_key.c
    return connection.execute(
        ordered(_where(_columns(), state), {"name": k.name, "created": k.created_at}, k.id, order)
    ).all()


def find(connection: Connection, key_id: int) -> Row[Any] | None:
    return connection.execute(_where(_columns(), None).where(api_key.c.id == key_id)).first()


def _columns() -> Select[Any]:
    k = api_key.c
    return select(
        k.id,
        k.name,
        k.prefix,
        k.scope,
        k.limit_kind,
        *scopes.code_and_name(),
        k.created_at,
        k.revoked_at,
        k.last_used_day,
        case((k.revoked_at.is_not(None), "revoked"), else_="good").label("state"),
    ).select_from(api_key)


def _where(query: Select[Any], state: str | None) -> Select[Any]:
    query = scopes.joined(query, api_key.c.limit_kind, api_key.c.limit_id)
    if state in ("good", "revoked"):
        query = query.where(
            api_key.c.revoked_at.is_not(None)
            if state == "revoked"
            else api_key.c.revoked_at.is_(None)
        )
    return query
