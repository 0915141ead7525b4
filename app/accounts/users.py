"""The people who may sign in. Each function is one deed with its audit line (P7)."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Table,
    exists,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

import db
from app.accounts.passwords import check_password, hashed
from app.accounts.two_factor import two_factor
from app.web.permissions import ROLE_SCOPE, of_role
from ledger import audit, schema
from ledger.faults import Conflict, FieldFault, InvalidInput, NotFound
from stores.base.actors import Actor
from stores.network.scope import scope_code

app_user = Table(
    "app_user",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("name", schema.Code(64), nullable=False, unique=True),
    Column("password_hash", schema.Code(255), nullable=False),
    Column("role", schema.Code(32), nullable=False),
    Column("scope_kind", schema.Code(16), nullable=False),
    Column("scope_id", schema.BigId),
    Column("must_change_password", Boolean, nullable=False),
    Column("failed_attempts", Integer, nullable=False),
    Column("locked_until", schema.Instant),
    Column("language", schema.Code(8)),
    Column("theme", schema.Code(8)),
    Column("session_version", Integer, nullable=False),
    Column("last_sign_in_at", schema.Instant),
    Column("created_at", schema.Instant, nullable=False),
    Column("disabled_at", schema.Instant),
)


@dataclass(frozen=True, slots=True)
class User:
    """One row of `app_user` as Flask-Login and the pages need it."""

    id: int
    name: str
    role: str
    scope_kind: str
    scope_id: int | None
    must_change_password: bool
    language: str | None
    theme: str | None
    session_version: int
    has_two_factor: bool
    session_id: int = 0
    token: str = field(default="", repr=False)
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """What the cookie carries: the token of a session kept on the server."""
        return self.token

    @property
    def actor(self) -> Actor:
        return Actor(
            f"user:{self.id}", of_role(self.role), self.scope_kind, self.scope_id, self.role
        )


_FIELDS = (
    "id",
    "name",
    "role",
    "scope_kind",
    "scope_id",
    "must_change_password",
    "language",
    "theme",
    "session_version",
)


def user_columns() -> list[ColumnElement[Any]]:
    """What a query selects for `of_row`."""
    confirmed = exists().where(
        two_factor.c.user_id == app_user.c.id, two_factor.c.confirmed_at.is_not(None)
    )
    return [*(app_user.c[name] for name in _FIELDS), confirmed.label("has_two_factor")]


def of_row(row: Any) -> User:
    return User(
        **{name: getattr(row, name) for name in _FIELDS}, has_two_factor=bool(row.has_two_factor)
    )


def create(
    name: str,
    role: str,
    scope_id: int | None,
    *,
    by: Actor,
    password: str | None = None,
    must_change: bool | None = None,
) -> tuple[int, str]:
    """A new user; returns (id, password). Without `password` a one-time password is made, to be
    changed at first sign-in.

    `scope_id` is the id of the branch, dealer, store or guide that the role is limited to
    (ROLE_SCOPE), None for headquarters. Raises NotAllowed, InvalidInput, Conflict for a name
    already taken."""
    by.require("user:write")
    _check_new(name, role, scope_id)
    if password is not None:
        check_password(password, name)
    secret = password or secrets.token_urlsafe(12)
    row = {
        "name": name,
        "password_hash": hashed(secret),
        "role": role,
        "scope_kind": ROLE_SCOPE[role] or "all",
        "scope_id": scope_id,
        "must_change_password": password is None if must_change is None else must_change,
        "failed_attempts": 0,
        "session_version": 1,
        "created_at": dt.datetime.now(dt.UTC),
    }
    try:
        with db.transaction() as connection:
            user_id = int(
                connection.execute(
                    insert(app_user).values(row).returning(app_user.c.id)
                ).scalar_one()
            )
            limit = scope_code(connection, row["scope_kind"], scope_id) if scope_id else None
            audit.record(
                connection, by.name, "create_user", "user", user_id, {"role": role, "limit": limit}
            )
    except IntegrityError:
        raise Conflict(
            f"The user name {name!r} is taken; choose another.", code="name_taken"
        ) from None
    return user_id, secret


def _check_new(name: str, role: str, scope_id: int | None) -> None:
    if (
        not 1 <= len(name) <= 64
        or not name.isprintable()
        or any(character.isspace() for character in name)
    ):
        raise InvalidInput(
            "A user name has 1 to 64 visible characters and no spaces.",
            errors=[FieldFault("name", "unusable")],
        )
    check_role(role, scope_id)


def check_role(role: str, scope_id: int | None) -> None:
    """Raises InvalidInput for an unknown role, and for a role without the limit it needs."""
    if role not in ROLE_SCOPE:
        raise InvalidInput(
            f"There is no role {role!r}; use one of {', '.join(ROLE_SCOPE)}.",
            errors=[FieldFault("role", "unknown")],
        )
    if (ROLE_SCOPE[role] is None) != (scope_id is None):
        wanted = (
            f"a {ROLE_SCOPE[role]}" if ROLE_SCOPE[role] else "no branch, dealer, store or guide"
        )
        raise InvalidInput(
            f"The role {role} is limited to {wanted}.",
            errors=[FieldFault("scope_id", "does not fit the role")],
        )


def by_id(connection: Connection, user_id: int) -> User | None:
    """The user who asked for work that is done later, unless he was disabled since."""
    row = connection.execute(
        select(*user_columns()).where(app_user.c.id == user_id, app_user.c.disabled_at.is_(None))
    ).first()
    return of_row(row) if row else None


def load(connection: Connection, user_id: int) -> User:
    return of_row(connection.execute(select(*user_columns()).where(app_user.c.id == user_id)).one())


def id_of(connection: Connection, name: str) -> int:
    """Raises NotFound."""
    found = connection.execute(select(app_user.c.id).where(app_user.c.name == name)).scalar()
    if found is None:
        raise NotFound(f"There is no user {name!r}.")
    return int(found)


def disable(name: str, *, by: Actor) -> None:
    """End a user's sessions and refuse new ones. Raises NotAllowed, NotFound."""
    by.require("user:write")
    with db.transaction() as connection:
        found = connection.execute(
            update(app_user)
            .where(app_user.c.name == name, app_user.c.disabled_at.is_(None))
            .values(disabled_at=dt.datetime.now(dt.UTC))
            .returning(app_user.c.id)
        ).scalar()
        if found is None:
            raise NotFound(f"There is no active user {name!r}.")
        audit.record(connection, by.name, "disable_user", "user", found)


def set_language(user: User, language: str) -> None:
    """Remember the language a user reads in."""
    with db.transaction() as connection:
        connection.execute(
            update(app_user).where(app_user.c.id == user.id).values(language=language)
        )


def set_theme(user: User, theme: str) -> None:
    """Remember `light`, `dark`, or `auto`: his device decides."""
    with db.transaction() as connection:
        connection.execute(update(app_user).where(app_user.c.id == user.id).values(theme=theme))
