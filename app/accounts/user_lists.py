"""The people who may sign in, as administrators list them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, case, exists, func, literal, or_, select

from app.accounts import scopes
from app.accounts.two_factor import two_factor
from app.accounts.users import app_user
from ledger import schema
from stores.base.ordering import Order, ordered
from stores.network.found_by import holds, holds_code

LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
STATES = ("active", "new", "locked", "disabled")


@dataclass(frozen=True, slots=True)
class UserFilter:
    """`words` is looked for in the user's name and in code and name of his scope. `second`: `yes`
    or `no`."""

    now: dt.datetime
    words: str | None = None
    role: str | None = None
    state: str | None = None
    second: str | None = None


def _has_two_factor() -> Any:
    return (
        exists()
        .where(two_factor.c.user_id == app_user.c.id, two_factor.c.confirmed_at.is_not(None))
        .correlate(app_user)
    )


def _state(now: dt.datetime) -> Any:
    u = app_user.c
    return case(
        (u.disabled_at.is_not(None), "disabled"),
        (u.locked_until > now, "locked"),
        (u.must_change_password, "new"),
        else_="active",
    )


def _where(query: Select[Any], wanted: UserFilter) -> Select[Any]:
    u = app_user.c
    query = scopes.joined(query, u.scope_kind, u.scope_id)
    if wanted.words:
        query = query.where(
            or_(
                holds_code(wanted.words, u.name),
                holds(wanted.words, *(table.c.folded for table in scopes.TABLES.values())),
            )
        )
    if wanted.role:
        query = query.where(u.role == wanted.role)
    if wanted.state:
        query = query.where(_state(wanted.now) == wanted.state)
    if wanted.second:
        query = query.where(_has_two_factor() if wanted.second == "yes" else ~_has_two_factor())
    return query


def count(connection: Connection, wanted: UserFilter) -> tuple[int, int]:
    """(users, of them with two-factor sign-in)."""
    query = _where(
        select(
            func.count(), func.coalesce(func.sum(case((_has_two_factor(), 1), else_=0)), 0)
        ).select_from(app_user),
        wanted,
    )
    users, second = connection.execute(query).one()
    return int(users), int(second)


def rows(connection: Connection, wanted: UserFilter, order: Order) -> Sequence[Row[Any]]:
    u = app_user.c
    query = _where(_columns(wanted.now), wanted)
    keys = {
        "name": u.name,
        "role": u.role,
        "last_sign_in": func.coalesce(u.last_sign_in_at, literal(LONG_AGO, schema.Instant())),
        "created": u.created_at,
    }
    return connection.execute(ordered(query, keys, u.id, order)).all()


def find(connection: Connection, user_id: int, now: dt.datetime) -> Row[Any] | None:
    """One user with his scope, state, and since when he has a second step."""
    u = app_user.c
    query = scopes.joined(
        _columns(now).add_columns(two_factor.c.confirmed_at.label("second_since")),
        u.scope_kind,
        u.scope_id,
    )
    query = query.outerjoin(two_factor, two_factor.c.user_id == u.id)
    return connection.execute(query.where(u.id == user_id)).first()


def _columns(now: dt.datetime) -> Select[Any]:
    u = app_user.c
    return select(
        u.id,
        u.name,
        u.role,
        u.scope_kind,
        u.scope_id,
        *scopes.code_and_name(),
        u.created_at,
        u.last_sign_in_at,
        u.locked_until,
        u.disabled_at,
        _state(now).label("state"),
        _has_two_factor().label("second"),
    ).select_from(app_user)
