"""One hash for one order, refund or event, however it arrived (M9): by API or file, lines in any
order, times in any zone."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

_ABSENT_WHEN_ZERO = frozenset({"freight_minor", "subsidy_minor", "tax_minor"})


def canonical_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical input. Use the API's field names (`order_no, customer_id,
    paid_at, currency, lines: [{line_no, sku, category, quantity, amount_minor}], location, ...`),
    for events those of CONTRACT 2. None, an empty list and an empty object count as absent; so do
    freight, subsidy and tax of 0, and `fuzzy` false. `lines` are sorted by line_no (None last);
    other lists keep their order. Raises ValueError for a time without zone or a number that is not
    finite."""
    text = json.dumps(
        _normal(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_PLAIN = (str, int, bool, type(None))


def _normal(value: Any) -> Any:
    if type(value) in _PLAIN:  # most of an order; the rest of this function is slow
        return value
    if isinstance(value, Mapping):
        found = {}
        for key, given in value.items():
            part = given if type(given) in _PLAIN else _member(key, given)
            if not _absent(key, part):
                found[key] = part
        return found
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise ValueError(f"a time without zone cannot be hashed: {value!r}")
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")[:-6] + "Z"  # for +00:00
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 31 and 31.0 are one number in JSON
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_normal(part) for part in value]
    return value


def _member(key: str, value: Any) -> Any:
    if key == "lines" and isinstance(value, Sequence):
        return sorted((_normal(line) for line in value), key=_line_order)
    return _normal(value)


def _line_order(line: Mapping[str, Any]) -> tuple[bool, int, str]:
    number = line.get("line_no")
    return number is None, number or 0, json.dumps(line, sort_keys=True, default=str)


def _absent(key: str, value: Any) -> bool:
    return (
        value is None
        or value == []
        or value == {}
        or (key in _ABSENT_WHEN_ZERO and value == 0)
        or (key == "fuzzy" and value is False)
    )


def _decimal(value: Decimal) -> int | str:
    if not value.is_finite():
        raise ValueError(f"a number that is not finite cannot be hashed: {value}")
    return int(value) if value == value.to_integral_value() else format(value.normalize(), "f")
