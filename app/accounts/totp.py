"""One-time codes by time (RFC 6238): six digits, 30 seconds, SHA-1, as every authenticator app
makes them. Pure."""

from __future__ import annotations

import datetime as dt
import hmac
import re

import pyotp

ISSUER = "Doorstep"
STEP_SECONDS = 30
DRIFT = 1  # steps before and after now that are taken too


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32(32)


def step_of(now: dt.datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def matching_step(secret: str, code: str, now: dt.datetime) -> int | None:
    """The time step whose code this is, one before and one after now included; None for a wrong
    code."""
    if not re.fullmatch(r"[0-9]{6}", code):
        return None
    made, middle = pyotp.TOTP(secret), step_of(now)
    return next(
        (
            step
            for step in range(middle - DRIFT, middle + DRIFT + 1)
            if hmac.compare_digest(made.generate_otp(step), code)
        ),
        None,
    )


def address(secret: str, name: str) -> str:
    """The otpauth:// address that an authenticator app scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
