"""What a second step needs at rest: a sealed secret and hashed recovery codes for each user who has
one."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    LargeBinary,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from app.accounts import totp
from ledger import schema
from stores.base import sealing

two_factor = Table(
    "two_factor",
    schema.metadata,
    Column(
        "user_id", schema.BigId, ForeignKey("app_user.id"), primary_key=True, autoincrement=False
    ),
    Column("secret_cipher", LargeBinary, nullable=False),
    Column("begun_at", schema.Instant, nullable=False),
    Column(
        "confirmed_at", schema.Instant
    ),  # without it the secret was shown and never proved: it asks for nothing yet
    Column(
        "last_step", BigInteger, nullable=False
    ),  # the newest time step whose code was taken; none is taken twice
)
recovery_code = Table(
    "recovery_code",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("user_id", schema.BigId, ForeignKey("app_user.id"), nullable=False, index=True),
    Column("code_hash", schema.Code(64), nullable=False),
    Column("used_at", schema.Instant),
)
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look like others
_SECRET, _RECOVERY = b"two factor cipher", b"recovery code hash"


@dataclass(frozen=True, slots=True)
class State:
    """`since` is None while the secret waits for its first code."""

    secret: str
    since: dt.datetime | None
    codes_left: int


def state(connection: Connection, user_id: int) -> State | None:
    """None for a user who has not begun."""
    t, r = two_factor.c, recovery_code.c
    row = connection.execute(
        select(t.secret_cipher, t.confirmed_at).where(t.user_id == user_id)
    ).first()
    if row is None:
        return None
    left = connection.execute(
        select(func.count())
        .select_from(recovery_code)
        .where(r.user_id == user_id, r.used_at.is_(None))
    ).scalar_one()
    return State(sealing.opened(_SECRET, row.secret_cipher), row.confirmed_at, int(left))


def begin(connection: Connection, user_id: int, now: dt.datetime) -> bool:
    """Keep a new secret that waits for its first code; False when one is confirmed already."""
    connection.execute(
        delete(two_factor).where(
            two_factor.c.user_id == user_id, two_factor.c.confirmed_at.is_(None)
        )
    )
    if connection.execute(
        select(two_factor.c.user_id).where(two_factor.c.user_id == user_id)
    ).first():
        return False
    connection.execute(
        insert(two_factor).values(
            user_id=user_id,
            secret_cipher=sealing.seal(_SECRET, totp.new_secret()),
            begun_at=now,
            last_step=0,
        )
    )
    return True


def confirm(connection: Connection, user_id: int, code: str, now: dt.datetime) -> bool:
    """Turn the waiting secret on by its first code."""
    return _take(connection, user_id, code, now, waiting=True)


def accept(connection: Connection, user_id: int, code: str, now: dt.datetime) -> str | None:
    """`code` or `recovery_code` when this is one of his, now used up; None otherwise."""
    plain = re.sub(r"[\s-]", "", code).lower()
    if _take(connection, user_id, plain, now, waiting=False):
        return "code"
    r = recovery_code.c
    used = (
        update(recovery_code)
        .where(r.user_id == user_id, r.code_hash == _hashed(plain), r.used_at.is_(None))
        .values(used_at=now)
    )
    return "recovery_code" if connection.execute(used).rowcount else None


def _take(
    connection: Connection, user_id: int, code: str, now: dt.datetime, *, waiting: bool
) -> bool:
    """Use up a code: its step must lie after the last one, which one statement checks and sets, so
    two at once cannot both pass."""
    t = two_factor.c
    row = connection.execute(
        select(t.secret_cipher).where(
            t.user_id == user_id,
            t.confirmed_at.is_(None) if waiting else t.confirmed_at.is_not(None),
        )
    ).first()
    step = (
        totp.matching_step(sealing.opened(_SECRET, row.secret_cipher), re.sub(r"\s", "", code), now)
        if row
        else None
    )
    if step is None:
        return False
    fresh = {"last_step": step, "confirmed_at": now} if waiting else {"last_step": step}
    return bool(
        connection.execute(
            update(two_factor).where(t.user_id == user_id, t.last_step < step).values(fresh)
        ).rowcount
    )


def renew_recovery_codes(connection: Connection, user_id: int) -> list[str]:
    """New codes in plain text, the only time they are seen; the old ones are gone."""
    connection.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
    codes = ["".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    connection.execute(
        insert(recovery_code), [{"user_id": user_id, "code_hash": _hashed(code)} for code in codes]
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def remove(connection: Connection, user_id: int) -> bool:
    """Forget secret and codes; False when there was no confirmed one."""
    connection.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
    gone = connection.execute(
        delete(two_factor)
        .where(two_factor.c.user_id == user_id)
        .returning(two_factor.c.confirmed_at)
    ).first()
    return gone is not None and gone.confirmed_at is not None


def _hashed(code: str) -> str:
    return sealing.keyed_hash(_RECOVERY, code)
