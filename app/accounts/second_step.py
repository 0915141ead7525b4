"""The second step of signing in, and what its owner does with it. Each function is one deed with
its audit line (P7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, and_

import db
from app.accounts import passwords, sign_ins, two_factor, users
from app.accounts.users import User, app_user
from app.web.permissions import HQ
from ledger import audit
from ledger.faults import Conflict, InvalidInput, NotAllowed


def sign_in(user_id: int, version: int, code: str, *, now: dt.datetime) -> User | None:
    """The user whose password was right and whose code or recovery code is; None for every other
    reason alike.

    Wrong codes are counted with wrong passwords, before they are looked at. `version` is his
    session_version when the password was given: a password changed since makes him begin again."""
    claimed = sign_ins.claim_attempt(
        and_(app_user.c.id == user_id, app_user.c.session_version == version), now
    )
    if claimed is None:
        return None
    with db.transaction() as connection:
        by = two_factor.accept(connection, user_id, code, now)
        if by is None:
            audit.record(
                connection,
                f"user:{user_id}",
                "sign_in_failed",
                "user",
                user_id,
                {"attempt": claimed.failed_attempts, "step": "code"},
                at=now,
            )
            return None
        sign_ins.note_sign_in(connection, user_id, now, {"by": by})
        return users.load(connection, user_id)


def begin(user: User, now: dt.datetime) -> None:
    """Make the secret that his app will scan. Raises NotAllowed for other roles than headquarters',
    Conflict when it is on already."""
    if user.role not in HQ:
        raise NotAllowed("Two-factor sign-in is for headquarters.")
    with db.transaction() as connection:
        if not two_factor.begin(connection, user.id, now):
            raise Conflict("Two-factor sign-in is on already.", code="two_factor_on")


def turn_on(user: User, password: str, code: str, now: dt.datetime) -> list[str]:
    """Prove the new secret; returns the recovery codes, the only time they are seen. Raises
    InvalidInput as `_proved` does."""

    def deed(connection: Connection) -> list[str]:
        audit.record(connection, user.actor.name, "two_factor_on", "user", user.id, at=now)
        return two_factor.renew_recovery_codes(connection, user.id)

    return _proved(
        user,
        password,
        lambda connection: two_factor.confirm(connection, user.id, code, now),
        deed,
        now,
    )


def turn_off(user: User, password: str, code: str, now: dt.datetime) -> None:
    """Raises InvalidInput as `_proved` does."""

    def deed(connection: Connection) -> None:
        two_factor.remove(connection, user.id)
        audit.record(connection, user.actor.name, "two_factor_off", "user", user.id, at=now)

    _proved(user, password, _code(user, code, now), deed, now)


def new_recovery_codes(user: User, password: str, code: str, now: dt.datetime) -> list[str]:
    """The old ones are gone. Raises InvalidInput as `_proved` does."""

    def deed(connection: Connection) -> list[str]:
        audit.record(connection, user.actor.name, "new_recovery_codes", "user", user.id, at=now)
        return two_factor.renew_recovery_codes(connection, user.id)

    return _proved(user, password, _code(user, code, now), deed, now)


def _code(user: User, code: str, now: dt.datetime) -> Callable[[Connection], object]:
    return lambda connection: two_factor.accept(connection, user.id, code, now)


def _proved(
    user: User,
    password: str,
    accept: Callable[[Connection], object],
    deed: Callable[[Connection], Any],
    now: dt.datetime,
) -> Any:
    """`deed` when password and code are right; one attempt either way. Raises InvalidInput:
    `locked`, `password_wrong`, `code_wrong`."""
    claimed = sign_ins.claim_attempt(app_user.c.id == user.id, now)
    if claimed is None:
        raise InvalidInput(
            "Too many failures; this account is locked for 15 minutes.", code="locked"
        )
    if not passwords.matches(claimed.password_hash, password):
        raise InvalidInput("The password is wrong.", code="password_wrong")
    with db.transaction() as connection:
        if not accept(connection):
            raise InvalidInput("The code is wrong or was used already.", code="code_wrong")
        sign_ins.clear_attempts(connection, user.id)
        return deed(connection)
