"""Signing in with a password, the lock after failures, and changing the password (P7)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    literal,
    or_,
    select,
    update,
)

import db
from app.accounts import passwords
from app.accounts.users import User, app_user, load
from ledger import audit, schema
from ledger.faults import InvalidInput

LOCK_AFTER_FAILURES = 10
LOCK_FOR = dt.timedelta(minutes=15)


def sign_in(name: str, password: str, *, now: dt.datetime) -> User | None:
    """The user, or None for every reason alike: unknown, disabled, wrong password, locked. Who
    `has_two_factor` is not in yet.

    The attempt is counted before the password is looked at, so simultaneous guesses cannot pass the
    limit."""
    claimed = (
        claim_attempt(app_user.c.name == name, now) if name.isprintable() else None
    )  # PostgreSQL refuses NUL in a text
    if claimed is None:
        passwords.matches(passwords.dummy_hash(), password)
        return None
    if not passwords.matches(claimed.password_hash, password):
        with db.transaction() as connection:
            audit.record(
                connection,
                f"user:{claimed.id}",
                "sign_in_failed",
                "user",
                claimed.id,
                {"attempt": claimed.failed_attempts},
                at=now,
            )
        return None
    with db.transaction() as connection:
        user = load(connection, claimed.id)
        if passwords.hasher.check_needs_rehash(claimed.password_hash):
            connection.execute(
                update(app_user)
                .where(app_user.c.id == user.id)
                .values(password_hash=passwords.hashed(password))
            )
        if user.has_two_factor:
            _give_back(connection, user.id)
        else:
            note_sign_in(connection, user.id, now)
        return user


def claim_attempt(who: ColumnElement[bool], now: dt.datetime) -> Any:
    """Count one attempt of a user who is not locked; None when there is nothing to try. The last
    allowed one locks."""
    over = and_(app_user.c.locked_until.is_not(None), app_user.c.locked_until <= now)
    attempts = case((over, 1), else_=app_user.c.failed_attempts + 1)
    locked = case(
        (attempts >= LOCK_AFTER_FAILURES, literal(now + LOCK_FOR, schema.Instant())), else_=None
    )
    open_to_try = and_(
        who, app_user.c.disabled_at.is_(None), or_(app_user.c.locked_until.is_(None), over)
    )
    counted = (
        update(app_user)
        .where(open_to_try)
        .values(failed_attempts=attempts, locked_until=locked)
        .returning(app_user.c.id, app_user.c.password_hash, app_user.c.failed_attempts)
    )
    with db.transaction() as connection:
        return connection.execute(counted).first()


def _give_back(connection: Connection, user_id: int) -> None:
    """A right password was no failure. But it does not wipe out wrong codes: those of the second
    step are counted on until a right one."""
    connection.execute(
        update(app_user)
        .where(app_user.c.id == user_id)
        .values(failed_attempts=app_user.c.failed_attempts - 1, locked_until=None)
    )


def clear_attempts(connection: Connection, user_id: int) -> None:
    connection.execute(
        update(app_user)
        .where(app_user.c.id == user_id)
        .values(failed_attempts=0, locked_until=None)
    )


def note_sign_in(
    connection: Connection, user_id: int, now: dt.datetime, detail: dict[str, Any] | None = None
) -> None:
    """After a full sign-in: forget the failed attempts, keep the moment, write `sign_in` with
    `detail` to the audit log."""
    clear_attempts(connection, user_id)
    connection.execute(update(app_user).where(app_user.c.id == user_id).values(last_sign_in_at=now))
    audit.record(connection, f"user:{user_id}", "sign_in", "user", user_id, detail, at=now)


def change_password(user: User, current: str, new: str) -> User:
    """Set a new password and end every session of this user; returns him with the new
    `session_version`, in no session yet.

    Raises InvalidInput (`password_wrong`, `password_length`, `password_weak`, `password_same`).
    """
    with db.read() as connection:
        stored = connection.execute(
            select(app_user.c.password_hash).where(app_user.c.id == user.id)
        ).scalar_one()
    if not passwords.matches(stored, current):
        raise InvalidInput("The current password is wrong.", code="password_wrong")
    passwords.check_password(new, user.name)
    if new == current:
        raise InvalidInput("The new password is the old one; choose another.", code="password_same")
    new_hash = passwords.hashed(new)
    with db.transaction() as connection:
        connection.execute(
            update(app_user)
            .where(app_user.c.id == user.id)
            .values(
                password_hash=new_hash,
                must_change_password=False,
                session_version=app_user.c.session_version + 1,
            )
        )
        audit.record(connection, user.actor.name, "change_password", "user", user.id)
        return load(connection, user.id)
