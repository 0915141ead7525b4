"""Telephone numbers at rest: a keyed hash to find them by, a cipher to read them with permission (P3)."""
from __future__ import annotations

import re

from stores import sealing


def normalised(number: str) -> str:
    """Digits, with + before a country code; `0086` and `+86` before a Chinese mobile number fall away."""
    digits = re.sub(r"[\s().-]", "", number)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    return digits[3:] if re.fullmatch(r"\+861[3-9][0-9]{9}", digits) else digits


def keyed_hash(number: str) -> str:
    """HMAC-SHA256 (hex) of the normalised number under a key of its own purpose."""
    return sealing.keyed_hash(b"phone hash", normalised(number))


def seal(number: str) -> bytes:
    """AES-256-GCM, nonce first."""
    return sealing.seal(b"phone cipher", normalised(number))


def reveal(cipher: bytes) -> str:
    """The normalised number. Raises cryptography's InvalidTag for another key or a changed cipher."""
    return sealing.opened(b"phone cipher", cipher)


def masked(number: str) -> str:
    """138****0001."""
    return number[:3] + "****" + number[-4:] if len(number) > 7 else "****" + number[-2:]
