"""Signed entry parameters (A18): at most 32 characters that name store, guide and channel by short
number. Pure.

24 bytes in base64url: 1 form, 4 issue minute, 4 store, 4 guide, 4 channel, 7 MAC (56 bits of
HMAC-SHA256 over the first 17)."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass

LENGTH = 32
_FORM = 1
_BODY = struct.Struct(">BIIII")
_MAC_BYTES = 7
_MOST = 2**32 - 1


@dataclass(frozen=True, slots=True)
class SignedParam:
    """Short numbers are surrogate ids; 0 stands for none. `issued_at` has minute precision."""

    store_id: int
    guide_id: int
    channel_id: int
    issued_at: dt.datetime


def sign(param: SignedParam, key: bytes) -> str:
    """The 32-character text. Raises ValueError for a number that does not fit 4 bytes or a moment
    outside 1970-10136."""
    minute = int(param.issued_at.timestamp()) // 60
    if not all(0 <= n <= _MOST for n in (minute, param.store_id, param.guide_id, param.channel_id)):
        raise ValueError("a short number of the entry parameter is out of range")
    body = _BODY.pack(_FORM, minute, param.store_id, param.guide_id, param.channel_id)
    return base64.urlsafe_b64encode(body + _mac(body, key)).decode()


def read(text: str, keys: Sequence[bytes]) -> SignedParam | str:
    """The parameter, or the reason why it is ignored: `malformed`, `bad_signature`. Keys are tried
    newest first."""
    if len(text) != LENGTH or not text.isascii() or not all(c.isalnum() or c in "-_" for c in text):
        return "malformed"
    try:
        raw = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        return "malformed"
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    form, minute, store_id, guide_id, channel_id = _BODY.unpack(body)
    if form != _FORM:
        return "malformed"
    if not any(hmac.compare_digest(mac, _mac(body, key)) for key in keys):
        return "bad_signature"
    return SignedParam(
        store_id, guide_id, channel_id, dt.datetime.fromtimestamp(minute * 60, dt.UTC)
    )


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()[:_MAC_BYTES]
