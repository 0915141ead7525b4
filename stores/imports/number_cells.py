"""Cells that hold a number: whole ones, degrees, money, quantities."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ledger.money import LARGEST_MINOR
from stores.imports.cells import BadCell, Context, Mended, Parser

_PLAIN = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_AMOUNT = re.compile(r"-?([0-9]{1,18})(?:\.([0-9]{1,20}))?")
_MEASURE = re.compile(r"[0-9]{1,9}\.[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Amount:
    """Money of one line in minor units; `rounded` when the text had more decimals than the
    currency."""

    minor: int
    rounded: bool


class Measured(str):
    """The quantity of a line that was weighed or cut, as it was written: the line is one piece."""

    __slots__ = ()


def whole(low: int, high: int) -> Parser:
    def parse(text: str, context: Context) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise BadCell("is no whole number; write digits only")
        value = int(text)
        if not low <= value <= high:
            raise BadCell(f"lies outside {low} to {high}")
        return value

    return parse


_pieces = whole(1, 10**9)


def basis_points(text: str, context: Context) -> int:
    """A share of the whole in hundredths of a per cent; what is written in per cent is told what it
    is."""
    percent = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,2})?) ?[%％]", text)
    if percent is not None:
        raise BadCell.of("percentage", percent=percent[1], points=round(float(percent[1]) * 100))
    value: int = _ten_thousand(text, context)
    return value


def degrees(name: str, limit: int) -> Parser:
    def parse(text: str, context: Context) -> float:
        if not _PLAIN.fullmatch(text):
            comma = re.fullmatch(r"[+-]?[0-9]+,[0-9]+", text)
            raise BadCell(
                "has a decimal comma; write a point"
                if comma
                else f"is no {name} in decimal degrees, such as 31.2304"
            )
        value = float(text)
        if not -limit <= value <= limit:
            swapped = (
                "; latitude and longitude look swapped"
                if name == "latitude" and abs(value) <= 180
                else ""
            )
            raise BadCell(f"lies outside -{limit} to {limit}{swapped}")
        return value

    return parse


def amount(text: str, context: Context) -> str:
    """Shape only; `to_minor` needs the row's currency. A negative one may be a discount of its
    order, which the order decides."""
    if not _AMOUNT.fullmatch(text):
        raise BadCell(_why_no_amount(text))
    return text


def _why_no_amount(text: str) -> str:
    if "," in text or "'" in text or " " in text:
        return "has a thousands separator or a decimal comma; write 1234.50"
    if re.fullmatch(r"[0-9.]+[eE][+-]?[0-9]+", text):
        return "has an exponent; write all digits"
    return "is no amount; write digits with a decimal point, such as 1234.50, without currency sign"


def to_minor(text: str, decimals: int) -> Amount:
    """Major units to minor units, half up (D2), without the sign. `text` has passed `amount`.
    Raises BadCell above the largest amount."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise BadCell(_why_no_amount(text))
    fraction = (match[2] or "").ljust(decimals, "0")
    minor, rest = int(match[1] + fraction[:decimals]), fraction[decimals:]
    if rest[:1] >= "5":
        minor += 1
    if minor > LARGEST_MINOR:
        raise BadCell("is above the largest amount that is kept, 10^11 minor units")
    return Amount(minor, bool(rest.strip("0")))


def pieces(text: str, context: Context) -> Any:
    """How many pieces a line is; a decimal is the measure of one that was weighed or cut
    (`Measured`)."""
    if _MEASURE.fullmatch(text) and text.strip("0."):
        whole_part, _, fraction = text.partition(".")
        if not fraction.strip("0") and int(whole_part) > 0:
            return _pieces(whole_part, context)
        return Mended(Measured(text), "counted_as_one")
    return _pieces(text, context)


def quantity_text(text: str, context: Context) -> Decimal:
    """A target: a plain decimal, not negative."""
    if not re.fullmatch(r"[0-9]{1,15}(?:\.[0-9]{1,6})?", text):
        raise BadCell(
            "is no number; write digits with a decimal point, not negative, without separators"
        )
    return Decimal(text)


def currency(text: str, context: Context) -> str:
    if text not in context.decimals:
        raise BadCell("is no currency this installation knows; write an ISO 4217 code such as CNY")
    return text


_ten_thousand = whole(0, 10_000)
