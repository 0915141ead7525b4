"""The keys of this installation: for personal data (P3) and for signing entry parameters (A18). Set once at start."""
from __future__ import annotations

_data_key: bytes | None = None
_entry_param_keys: tuple[bytes, ...] = ()


def configure(data_key: bytes, entry_param_keys: tuple[bytes, ...]) -> None:
    """`entry_param_keys` newest first."""
    global _data_key, _entry_param_keys
    _data_key, _entry_param_keys = data_key, entry_param_keys


def data_key() -> bytes:
    if _data_key is None:
        raise RuntimeError("keys.configure(data_key, entry_param_keys) was not called")
    return _data_key


def entry_param_keys() -> tuple[bytes, ...]:
    if not _entry_param_keys:
        raise RuntimeError("keys.configure(data_key, entry_param_keys) was not called")
    return _entry_param_keys
