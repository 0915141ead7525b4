"""The keys this installation signs and encrypts with; set once at start from the settings, never
stored."""

from __future__ import annotations

_data_key: bytes = b""
_entry_param_keys: tuple[bytes, ...] = ()


def configure(data_key: bytes, entry_param_keys: tuple[bytes, ...]) -> None:
    global _data_key, _entry_param_keys
    _data_key, _entry_param_keys = data_key, entry_param_keys


def data_key() -> bytes:
    if not _data_key:
        raise RuntimeError("keys.configure(...) was not called")
    return _data_key


def entry_param_keys() -> tuple[bytes, ...]:
    """The keys that entry parameters are signed with, newest first: the first signs, all are
    accepted (A18)."""
    if not _entry_param_keys:
        raise RuntimeError("keys.configure(...) was not called")
    return _entry_param_keys
