"""The vocabulary of request bodies: strict pydantic types, read from the raw bytes (M23). Unknown
fields are refused."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from ledger.canonical import canonical
from ledger.faults import Fault
from ledger.money import LARGEST_MINOR
from stores.base import addressable
from stores.base.brand import brand
from stores.base.times import parse_instant

LARGEST = 10**15
CODE_PATTERN = "^[^\\s\\x00-\\x1f\\x7f-\\x9f](?:[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]*[^\\s\\x00-\\x1f\\x7f-\\x9f])?$"
LINE_PATTERN = "^[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]*$"
CURRENCY_PATTERN = "^[A-Z]{3}$"
TIME_PATTERN = (
    "^(?:19[7-9][0-9]|20[0-9]{2}|2100)-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-9]))(?:[T "
    "](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,9})?)?"
    "(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?)?$"
)
PATTERN_WORDS = {
    CODE_PATTERN: "must be plain text that neither begins nor ends with a space and holds no "
    "control characters",
    LINE_PATTERN: "must be one line of text without control characters",
    CURRENCY_PATTERN: "must be an ISO 4217 code of three capitals, such as CNY",
}  # what a caller reads instead of a regular expression


class Strict(BaseModel):
    """Base of request bodies: no coercion ("1" is no 1, 1.0 no integer), no unknown field, no NaN;
    frozen."""

    model_config = ConfigDict(
        strict=True, extra="forbid", allow_inf_nan=False, frozen=True, hide_input_in_errors=True
    )


class Answer(BaseModel):
    """Base of answer models: they document answers and are not run against them."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _time(value: Any) -> dt.datetime:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC)
    if not isinstance(value, str):
        raise PydanticCustomError(
            "invalid_time", "A time is text in ISO 8601, such as 2025-03-01T10:00:00Z"
        )
    try:
        return parse_instant(value, brand().timezone)
    except Fault as fault:
        raise PydanticCustomError("invalid_time", fault.detail) from None


def _payload(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    stack: list[Any] = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)
        elif isinstance(part, float) and not math.isfinite(part):
            raise PydanticCustomError("finite_number", "Numbers must be finite")
        elif isinstance(part, int) and abs(part) > LARGEST:
            raise PydanticCustomError("number_too_large", "Whole numbers must lie within +-10^15")
    if len(canonical(value)) > 4000:
        raise PydanticCustomError("too_long", "The payload may have at most 4000 characters")
    return value


def _addressable(value: str) -> str:
    if (reason := addressable.why_not(value)) is not None:
        raise PydanticCustomError("not_addressable", reason)  # type: ignore[arg-type]  # the words are made once, in stores/
    return value


CodeText = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=CODE_PATTERN)]
CustomerKey = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=CODE_PATTERN)]
_IN_ADDRESSES = (
    AfterValidator(_addressable),
    Field(
        description="stands in addresses, so no step of it between slashes is empty or made of dots"
    ),
)
NewCode = Annotated[CodeText, *_IN_ADDRESSES]  # a code or number that this call may bring in
NewKey = Annotated[CustomerKey, *_IN_ADDRESSES]
Line = Annotated[str, StringConstraints(max_length=200, pattern=LINE_PATTERN)]
Currency = Annotated[
    str,
    StringConstraints(pattern=CURRENCY_PATTERN),
    Field(json_schema_extra={"minLength": 3, "maxLength": 3}),
]
MinorAmount = Annotated[int, Field(ge=0, le=LARGEST_MINOR)]
Whole = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
Quantity = Annotated[int, Field(ge=1, le=1_000_000)]
LineNumber = Annotated[int, Field(ge=1, le=1_000_000)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Accuracy = Annotated[float, Field(ge=0, le=1e8, description="metres")]
Crs = Literal["wgs84", "gcj02", "bd09"]
Time = Annotated[
    dt.datetime,
    BeforeValidator(_time),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": TIME_PATTERN,
            "examples": ["2025-03-01T10:00:00Z"],
            "description": "ISO 8601; without an offset in the brand's zone, a date alone is "
            "00:00 there",
        }
    ),
]
Payload = Annotated[
    dict[str, JsonValue],
    AfterValidator(_payload),
    WithJsonSchema({"type": "object", "description": "free, at most 4,000 characters"}),
]


class Location(Strict):
    """Where a visitor is. `crs` decides the datum and is never guessed (A3)."""

    latitude: Latitude
    longitude: Longitude
    crs: Crs
    accuracy_m: Accuracy | None = None
    fuzzy: bool | None = None
