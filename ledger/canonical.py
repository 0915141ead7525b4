"""JSON in one form: equal values are equal texts, for hashes and for columns. Pure."""

from __future__ import annotations

import json
from typing import Any


def canonical(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, no NaN."""
    return _canonical(value)


_canonical = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode
