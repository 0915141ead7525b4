"""Sessions kept on the server: the cookie carries a random token, so one of them can be ended from
another device."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    Row,
    Table,
    delete,
    insert,
    select,
    update,
)

import db
from app.accounts.users import User, app_user, of_row, user_columns
from ledger import audit, schema
from ledger.faults import NotFound

user_session = Table(
    "user_session",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("token_hash", schema.Code(64), nullable=False, unique=True),
    Column("user_id", schema.BigId, ForeignKey("app_user.id"), nullable=False, index=True),
    Column(
        "version", Integer, nullable=False
    ),  # the user's session_version then; a new password raises it and ends all of them
    Column("device", schema.Code(48), nullable=False),
    Column("opened_at", schema.Instant, nullable=False),
    Column("seen_at", schema.Instant, nullable=False),
    Column("ended_at", schema.Instant),
)
LIFETIME = dt.timedelta(hours=12)
SEEN_EVERY = dt.timedelta(
    minutes=5
)  # how exactly `seen_at` is known: a session costs at most one write in this time
KEPT_FOR = dt.timedelta(days=1)
MOST_SHOWN = 50
RENEWED = {
    "change_password": "password",
    "reset_password": "reset",
    "enable_user": "enabled",
}  # deeds that raise a user's session_version


def open_session(user: User, device: str, now: dt.datetime) -> User:
    """A new session; returns the user with the token that the cookie carries."""
    token = secrets.token_urlsafe(32)
    with db.transaction() as connection:
        made = connection.execute(
            insert(user_session)
            .values(
                token_hash=_digest(token),
                user_id=user.id,
                version=user.session_version,
                device=device,
                opened_at=now,
                seen_at=now,
            )
            .returning(user_session.c.id)
        ).scalar_one()
    return replace(user, token=token, session_id=int(made))


def of_token(token: str, now: dt.datetime) -> tuple[User, bool] | None:
    """The user of a living session, and whether it is time to note that it was seen. None: unknown,
    ended, too old, the user disabled or his password changed since. One statement."""
    s = user_session.c
    query = (
        select(*user_columns(), s.id.label("session_id"), s.seen_at)
        .join(app_user, app_user.c.id == s.user_id)
        .where(s.token_hash == _digest(token), app_user.c.disabled_at.is_(None), *_alive(now))
    )
    with db.read() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    return replace(
        of_row(row), token=token, session_id=row.session_id
    ), now - row.seen_at >= SEEN_EVERY


def note_seen(session_id: int, now: dt.datetime) -> None:
    """Of several requests at once one writes; while the database is busy none does, and a later one
    will."""
    s = user_session.c
    db.write_if_free(
        update(user_session)
        .where(s.id == session_id, s.seen_at <= now - SEEN_EVERY)
        .values(seen_at=now)
    )


def living(user: User, now: dt.datetime) -> Sequence[Row[Any]]:
    """(id, device, opened_at, seen_at) of his sessions, the one in use first, then the last
    seen."""
    s = user_session.c
    query = (
        select(s.id, s.device, s.opened_at, s.seen_at)
        .join(app_user, app_user.c.id == s.user_id)
        .where(s.user_id == user.id, *_alive(now))
        .order_by((s.id == user.session_id).desc(), s.seen_at.desc(), s.id.desc())
        .limit(MOST_SHOWN)
    )
    with db.read() as connection:
        return connection.execute(query).all()


def sign_out(user: User, now: dt.datetime) -> None:
    """End the session in use; the cookie is the caller's to clear."""
    with db.transaction() as connection:
        connection.execute(
            update(user_session).where(user_session.c.id == user.session_id).values(ended_at=now)
        )
        audit.record(connection, user.actor.name, "sign_out", "user", user.id, at=now)


def end(user: User, session_id: int, now: dt.datetime) -> None:
    """End one of his own sessions. Raises NotFound."""
    s = user_session.c
    with db.transaction() as connection:
        if not connection.execute(
            update(user_session)
            .where(s.id == session_id, s.user_id == user.id, s.ended_at.is_(None))
            .values(ended_at=now)
        ).rowcount:
            raise NotFound("There is no such session.")
        audit.record(connection, user.actor.name, "end_session", "user", user.id, at=now)


def end_others(user: User, now: dt.datetime) -> int:
    """End all of his sessions but the one in use; returns how many."""
    s = user_session.c
    with db.transaction() as connection:
        ended = connection.execute(
            update(user_session)
            .where(
                s.user_id == user.id,
                s.id != user.session_id,
                s.version == user.session_version,
                s.ended_at.is_(None),
                s.opened_at > now - LIFETIME,
            )
            .values(ended_at=now)
        ).rowcount
        if ended:
            audit.record(
                connection,
                user.actor.name,
                "end_other_sessions",
                "user",
                user.id,
                {"sessions": ended},
                at=now,
            )
    return ended


def why_ended(token: str, now: dt.datetime) -> str | None:
    """What ended the session of a token, told to who holds the token and nobody else: `elsewhere`
    (he ended it from another session), `disabled`, `enabled`, `reset` (by an administrator),
    `password` (he changed it), `expired`. None: it lives, or nobody knows any more."""
    s = user_session.c
    query = (
        select(
            s.user_id,
            s.version,
            s.opened_at,
            s.ended_at,
            app_user.c.session_version,
            app_user.c.disabled_at,
        )
        .join(app_user, app_user.c.id == s.user_id)
        .where(s.token_hash == _digest(token))
    )
    with db.read() as connection:
        row = connection.execute(query).first()
        if row is None:
            return None
        if row.disabled_at is not None:
            return "disabled"
        if row.ended_at is not None:
            return "elsewhere"
        if row.version != row.session_version:
            log = audit.audit_log.c
            last = connection.execute(
                select(log.action)
                .where(
                    log.at >= row.opened_at,
                    log.object_kind == "user",
                    log.object_id == str(row.user_id),
                    log.action.in_(RENEWED),
                )
                .order_by(log.id.desc())
                .limit(1)
            ).scalar()
            return RENEWED.get(str(last), "password")
    return "expired" if row.opened_at <= now - LIFETIME else None


def forget_old(now: dt.datetime) -> int:
    """Delete sessions that have been dead for a day; returns how many."""
    with db.transaction() as connection:
        return connection.execute(
            delete(user_session).where(user_session.c.opened_at < now - LIFETIME - KEPT_FOR)
        ).rowcount


def _alive(now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    s = user_session.c
    return (
        s.ended_at.is_(None),
        s.opened_at > now - LIFETIME,
        s.version == app_user.c.session_version,
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
