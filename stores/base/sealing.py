"""Texts at rest that only this installation can read: AES-256-GCM under the data key, one derived
key for each purpose (P3)."""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stores.base.keys import data_key

NONCE_BYTES = 12


def seal(purpose: bytes, text: str) -> bytes:
    """Nonce and cipher."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_key(purpose)).encrypt(nonce, text.encode(), None)


def opened(purpose: bytes, cipher: bytes) -> str:
    """The text. Raises cryptography's InvalidTag for another key or a changed cipher."""
    return AESGCM(_key(purpose)).decrypt(cipher[:NONCE_BYTES], cipher[NONCE_BYTES:], None).decode()


def keyed_hash(purpose: bytes, text: str) -> str:
    """HMAC-SHA256 (hex): to find a text by, of no use without the key."""
    return hmac.new(_key(purpose), text.encode(), hashlib.sha256).hexdigest()


def _key(purpose: bytes) -> bytes:
    return _derived(data_key(), purpose)


@lru_cache(maxsize=16)
def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, purpose, hashlib.sha256).digest()
