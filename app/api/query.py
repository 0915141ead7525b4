"""Query strings: parsed strictly (bad escapes, repeated and unknown names are refused), then
checked by a `Query` model."""

from __future__ import annotations

import datetime as dt
import re
from functools import partial
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from ledger.faults import Fault, FieldFault, Malformed
from stores.base.times import parse_day, parse_month

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MOST_PARAMETERS, _LONGEST_QUERY = 30, 4000


class Query(BaseModel):
    """Base of query-string models; every field gets text. Unknown names are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=False
    )


def _read(parse: Any, value: str) -> Any:
    try:
        return parse(value)
    except Fault as fault:
        raise PydanticCustomError("invalid_value", fault.detail) from None


def _whole(low: int, high: int, value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}", value) and low <= int(value) <= high:
        return int(value)
    raise PydanticCustomError("invalid_value", f"must be a whole number from {low} to {high}")


def whole(low: int, high: int) -> Any:
    """The type of a whole number from `low` to `high`, written in plain digits."""
    return Annotated[
        int,
        PlainValidator(partial(_whole, low, high)),
        WithJsonSchema({"type": "integer", "minimum": low, "maximum": high}),
    ]


def _decimal(most: float, value: Any) -> float:
    if (
        isinstance(value, str)
        and re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,15})?", value)
        and -most <= float(value) <= most
    ):
        return float(value)
    raise PydanticCustomError(
        "invalid_value", f"must be decimal degrees within ±{most:g}, such as 31.2304"
    )


def degrees(most: int) -> Any:
    """The type of decimal degrees within ±`most`."""
    return Annotated[
        float,
        PlainValidator(partial(_decimal, most)),
        WithJsonSchema({"type": "number", "minimum": -most, "maximum": most}),
    ]


_MONTH = "^(?:19[7-9][0-9]|20[0-9]{2}|2100)-(?:0[1-9]|1[0-2])"
_DAY = _MONTH + "-(?:0[1-9]|1[0-9]|2[0-9]|3[01])$"
Day = Annotated[
    dt.date,
    PlainValidator(partial(_read, parse_day)),
    WithJsonSchema(
        {"type": "string", "format": "date", "pattern": _DAY, "examples": ["2025-03-01"]}
    ),
]
Period = Annotated[
    str,
    PlainValidator(partial(_read, parse_month)),
    WithJsonSchema({"type": "string", "pattern": _MONTH + "$", "examples": ["2025-03"]}),
]
Limit = whole(1, 200)


class Days(Query):
    """Inclusive days `from` and `to` in the brand's zone."""

    first: Day = Field(alias="from", description="first day, inclusive")
    last: Day = Field(alias="to", description="last day, inclusive")

    @model_validator(mode="after")
    def _in_order(self) -> Days:
        if self.first > self.last:
            raise PydanticCustomError("days_reversed", "`from` must not lie after `to`")
        return self


def parse(text: str) -> dict[str, str]:
    """The names and values of a raw QUERY_STRING. Raises Malformed: bad escapes, no UTF-8, NUL,
    repeated names, too long."""
    if len(text) > _LONGEST_QUERY or _BAD_ESCAPE.search(text):
        raise malformed("The query string is too long or holds a % that is no escape.")
    try:
        pairs = parse_qsl(
            text.encode("latin-1").decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError:
        raise malformed(
            "The query string is no UTF-8 text of name=value pairs joined by &, at most 30."
        ) from None
    values = dict(pairs)
    if len(values) < len(pairs):
        raise malformed("Each query parameter may be given once.")
    if any("\0" in part for pair in pairs for part in pair):
        raise malformed("The query string holds a NUL character.")
    return values


def malformed(reason: str) -> Malformed:
    return Malformed(reason, code="malformed_query", errors=[FieldFault("query", reason)])
