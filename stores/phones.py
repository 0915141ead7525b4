"""Telephone numbers at rest: a keyed hash to find them by, a cipher to read them with permission (P3)."""
from __future__ import annotations

import hashlib
import hmac
import os
import re
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stores.keys import data_key

NONCE_BYTES = 12


def normalised(number: str) -> str:
    """Digits, with + before a country code; `0086` and `+86` before a Chinese mobile number fall away."""
    digits = re.sub(r"[\s().-]", "", number)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    return digits[3:] if re.fullmatch(r"\+861[3-9][0-9]{9}", digits) else digits


def keyed_hash(number: str) -> str:
    """HMAC-SHA256 (hex) of the normalised number under a key of its own purpose."""
    return hmac.new(_key(b"phone hash"), normalised(number).encode(), hashlib.sha256).hexdigest()


def seal(number: str) -> bytes:
    """AES-256-GCM, nonce first."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_key(b"phone cipher")).encrypt(nonce, normalised(number).encode(), None)


def reveal(cipher: bytes) -> str:
    """The normalised number. Raises cryptography's InvalidTag for another key or a changed cipher."""
    return AESGCM(_key(b"phone cipher")).decrypt(cipher[:NONCE_BYTES], cipher[NONCE_BYTES:], None).decode()


def masked(number: str) -> str:
    """138****0001."""
    return number[:3] + "****" + number[-4:] if len(number) > 7 else "****" + number[-2:]


def _key(purpose: bytes) -> bytes:
    return _derived(data_key(), purpose)


@lru_cache(maxsize=8)
def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, purpose, hashlib.sha256).digest()
