"""Passwords: what one may be, its hash, and whether it matches."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.faults import InvalidInput

PASSWORD_MIN, PASSWORD_MAX = 10, 128
hasher = PasswordHasher()  # argon2id, RFC 9106 low-memory profile


@cache
def dummy_hash() -> str:
    """Verified for unknown names, so that time does not tell who exists; made on first use, hashing
    is slow on purpose."""
    return hasher.hash(secrets.token_hex(16))


def check_password(password: str, name: str) -> None:
    """`InvalidInput` where it is too short, too long, or easy to guess for the user of this name."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise InvalidInput(
            f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.", code="password_length"
        )
    if name.lower() in password.lower() or len(set(password)) < 5:
        raise InvalidInput(
            "This password is easy to guess; leave out the user name and use more different "
            "characters.",
            code="password_weak",
        )


def hashed(password: str) -> str:
    return hasher.hash(password)


def matches(password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password[:PASSWORD_MAX])
    except (VerificationError, InvalidHashError):
        return False
