"""What an administrator does with other people's accounts. Each function is one deed with its audit
line (P7).

Nobody does these to himself, and the last administrator of headquarters stays one: else nobody
could undo it in the portal."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from sqlalchemy import Connection, or_, select, update

import db
from app.accounts import two_factor
from app.accounts.passwords import hashed
from app.accounts.users import app_user, check_role
from app.web.permissions import ROLE_SCOPE
from ledger import audit
from ledger.faults import Conflict, NotFound
from stores.base.actors import Actor
from stores.network.scope import scope_code

ADMINISTRATOR = "hq_admin"


def disable(user_id: int, *, by: Actor, now: dt.datetime) -> None:
    """End his sessions and refuse new ones. Raises NotAllowed, NotFound, Conflict."""
    with db.transaction() as connection:
        row = _other(connection, user_id, by)
        if row.disabled_at is not None:
            raise Conflict("This user is disabled already.", code="disabled")
        _administrators_remain(connection, row)
        _set(connection, user_id, disabled_at=now)
        audit.record(connection, by.name, "disable_user", "user", user_id, at=now)


def enable(user_id: int, *, by: Actor, now: dt.datetime) -> None:
    """Let him sign in again, with his password. Raises NotAllowed, NotFound, Conflict."""
    with db.transaction() as connection:
        if _other(connection, user_id, by).disabled_at is None:
            raise Conflict("This user is not disabled.", code="enabled")
        _set(connection, user_id, disabled_at=None, session_version=app_user.c.session_version + 1)
        audit.record(connection, by.name, "enable_user", "user", user_id, at=now)


def reset_password(user_id: int, *, by: Actor, now: dt.datetime) -> str:
    """A one-time password, the only time it is seen; ends his sessions and a lock. Raises
    NotAllowed, NotFound, Conflict."""
    secret = secrets.token_urlsafe(12)
    made = hashed(secret)
    with db.transaction() as connection:
        _other(connection, user_id, by)
        _set(
            connection,
            user_id,
            password_hash=made,
            must_change_password=True,
            failed_attempts=0,
            locked_until=None,
            session_version=app_user.c.session_version + 1,
        )
        audit.record(connection, by.name, "reset_password", "user", user_id, at=now)
    return secret


def reset_two_factor(user_id: int, *, by: Actor, now: dt.datetime) -> None:
    """Take the second step away from somebody who lost his phone. Raises NotAllowed, NotFound,
    Conflict."""
    with db.transaction() as connection:
        _other(connection, user_id, by)
        if not two_factor.remove(connection, user_id):
            raise Conflict("This user has no two-factor sign-in.", code="no_two_factor")
        audit.record(connection, by.name, "reset_two_factor", "user", user_id, at=now)


def change_role(
    user_id: int, role: str, scope_id: int | None, *, by: Actor, now: dt.datetime
) -> None:
    """From his next click on he is this, limited so. Raises NotAllowed, NotFound, InvalidInput,
    Conflict."""
    check_role(role, scope_id)
    kind = ROLE_SCOPE[role] or "all"
    with db.transaction() as connection:
        row = _other(connection, user_id, by)
        if (row.role, row.scope_id) == (role, scope_id):
            raise Conflict("This is the role they have already.", code="same_role")
        if role != ADMINISTRATOR:
            _administrators_remain(connection, row)
        _set(connection, user_id, role=role, scope_kind=kind, scope_id=scope_id)
        audit.record(
            connection,
            by.name,
            "change_role",
            "user",
            user_id,
            {
                "role": role,
                "limit": scope_code(connection, kind, scope_id) if scope_id else None,
                "was": row.role,
            },
            at=now,
        )


def _other(connection: Connection, user_id: int, by: Actor) -> Any:
    """The row of somebody else, alone with it and with all administrators until the end of the
    deed, so that two of them cannot remove each other at once. Locked in the order of ids, so that
    nobody waits in a circle."""
    by.require("user:write")
    if by.name == f"user:{user_id}":
        raise Conflict(
            "This is your own account; another administrator must do it.", code="own_account"
        )
    u = app_user.c
    query = (
        select(u.id, u.role, u.scope_id, u.disabled_at)
        .where(or_(u.id == user_id, u.role == ADMINISTRATOR))
        .order_by(u.id)
        .with_for_update()
    )
    row = next((row for row in connection.execute(query).all() if row.id == user_id), None)
    if row is None:
        raise NotFound("There is no such user.")
    return row


def _administrators_remain(connection: Connection, row: Any) -> None:
    """Raises Conflict when nobody else could administer."""
    u = app_user.c
    others = (
        select(u.id)
        .where(u.role == ADMINISTRATOR, u.disabled_at.is_(None), u.id != row.id)
        .limit(1)
    )
    if (
        row.role == ADMINISTRATOR
        and row.disabled_at is None
        and connection.execute(others).first() is None
    ):
        raise Conflict(
            "This is the last administrator of headquarters; make another one first.",
            code="last_administrator",
        )


def _set(connection: Connection, user_id: int, **values: Any) -> None:
    connection.execute(update(app_user).where(app_user.c.id == user_id).values(values))
