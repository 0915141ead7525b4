"""One cell: text in, value out, or BadCell with the reason in words. Every parser takes (text,
context); empty text never gets here."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from ledger.faults import Fault
from ledger.money import LARGEST_MINOR
from stores.base import addressable
from stores.base.calling_codes import plain
from stores.base.countries import country_code, is_country
from stores.base.possible_times import MISSING, looks_missing
from stores.base.times import parse_instant
from stores.geo.postal_codes import UnknownPostalCode, listed
from stores.imports import dates, lookalikes
from stores.imports.marks import without_formula, without_marks
from stores.imports.sayings import words as words_of
from stores.network.hours import HoursFault, parse_hours

_PLAIN = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_AMOUNT = re.compile(r"-?([0-9]{1,18})(?:\.([0-9]{1,20}))?")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00(?::00)?)?")
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,3}")
_MONTH = re.compile(
    r"((?:19|2[01])[0-9]{2}-(?:0[1-9]|1[0-2]))(?:-01)?(?:[T ]00:00(?::00)?)?"
)  # a workbook keeps a month as its first day
_TAIL = re.compile(r"([0-9]+)\.0+")
_MEASURE = re.compile(r"[0-9]{1,9}\.[0-9]{1,6}")
_C1 = re.compile("[\x80-\x84\x86-\x9f]")  # without NEL, which is a line break
_URL = re.compile(
    r"(?:https?://[^\s/\\?#<>\"]+|weixin://[^\s<>\"]+|/?[A-Za-z0-9_][A-Za-z0-9_\-/.]*)(?:[/?#][^\s<>\"]*)?"
)


class Cell(Enum):
    """What an empty cell of a present column means to an upsert: take the value away."""

    CLEAR = "clear"

    def __bool__(self) -> bool:
        return False


CLEAR = Cell.CLEAR


class BadCell(ValueError):
    """The cell cannot be taken; the message is the reason in words: `BadCell(words)`, or
    `BadCell.of(code, **parameters)` of SAYINGS."""

    code = ""
    parameters: dict[str, Any]

    @classmethod
    def of(cls, code: str, /, **parameters: Any) -> BadCell:
        made = cls(words_of(code, parameters))
        made.code, made.parameters = code, parameters
        return made


@dataclass(frozen=True, slots=True)
class Mended:
    """What a parser returns for a cell that was taken in another form than it was written in, or
    with a warning: the value, and a code of SAYINGS with the parameters of its words. The value may
    be Mended once more."""

    value: Any
    code: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Amount:
    """Money of one line in minor units; `rounded` when the text had more decimals than the
    currency."""

    minor: int
    rounded: bool


class Measured(str):
    """The quantity of a line that was weighed or cut, as it was written: the line is one piece."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a cell may depend on: the brand's zone and currency, the decimals of every currency that
    is accepted, and the order of day and month in the column (stores/imports/dates.py)."""

    zone: ZoneInfo
    currency: str
    decimals: dict[str, int]
    day_order: str = ""


Parser = Callable[[str, Context], Any]


def visible_text(text: str, longest: int) -> str:
    """Refuses what cannot be stored or seen: control characters, lone surrogates, private and
    unassigned code points; too long."""
    if len(text) > longest:
        raise BadCell(f"has {len(text)} characters; at most {longest} are allowed")
    if not text.isprintable():
        for letter in text:
            if unicodedata.category(letter) in {"Cc", "Cs", "Cn", "Co", "Zl", "Zp"}:
                raise BadCell(f"holds the invisible character U+{ord(letter):04X}")
    return text


@dataclass(frozen=True, slots=True)
class code:
    """A business code or number: case-sensitive text on one line without invisible characters (they
    make two codes look like one)."""

    longest: int = 64

    def __call__(self, text: str, context: Context) -> Any:
        visible_text(text, self.longest)
        if _SHORTENED.fullmatch(text):
            raise BadCell(
                "was shortened by a spreadsheet, its digits are lost; format the column as text "
                "and enter the codes again"
            )
        if not text.isprintable():
            bad = next(letter for letter in text if not letter.isprintable())
            raise BadCell(f"holds the invisible character U+{ord(bad):04X}")
        if tail := _TAIL.fullmatch(text):
            return Mended(text, "decimal_tail", {"code": tail[1]})
        if (usual := lookalikes.usual_form(text)) != text:
            return Mended(text, "unusual_form", {"code": usual})
        return text


@dataclass(frozen=True, slots=True)
class key(code):
    """A code or number that a file may bring in: one that an address can carry."""

    def __call__(self, text: str, context: Context) -> Any:
        found = code.__call__(self, text, context)
        if (
            reason := addressable.why_not(found.value if isinstance(found, Mended) else found)
        ) is not None:
            raise BadCell(reason)
        return found


@dataclass(frozen=True, slots=True)
class words:
    """Free text on one line; line breaks become spaces. C1 controls, which are Windows-1252
    punctuation, become what they were."""

    longest: int = 200

    def __call__(self, text: str, context: Context) -> Any:
        whole = text if text.isprintable() else _C1.sub(_as_windows_1252, text)
        value = visible_text(
            whole if whole.isprintable() else " ".join(whole.split()), self.longest
        )
        if whole == text:
            return value
        letter = next(letter for letter in text if "\x80" <= letter <= "\x9f")
        return Mended(
            value,
            "c1_controls",
            {"code": f"U+{ord(letter):04X}", "letter": _C1.sub(_as_windows_1252, letter)},
        )


def _as_windows_1252(match: re.Match[str]) -> str:
    return match[0].encode("latin-1").decode("cp1252", "ignore") or match[0]


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


def choice(*allowed: str) -> Parser:
    def parse(text: str, context: Context) -> str:
        if (value := text.casefold()) not in allowed:
            raise BadCell(f"is none of {', '.join(allowed)}")
        return value

    return parse


def switch(yes: str, no: str) -> Parser:
    """`yes`/`no` words as bool; a workbook's TRUE and FALSE cells count too."""
    meaning = {yes: True, "true": True, no: False, "false": False}

    def parse(text: str, context: Context) -> bool:
        if (value := meaning.get(text.casefold())) is None:
            raise BadCell(f"is neither {yes} nor {no}")
        return value

    return parse


def day(text: str, context: Context) -> Any:
    """A calendar day, also as a spreadsheet writes it."""
    _refuse_missing(text)
    if (counted := dates.of_number(text)) is not None:
        return Mended(day(counted, context), "excel_day_number", {"day": counted})
    match = _DATE.fullmatch(_iso(text, context))
    try:
        value = dt.date.fromisoformat(match[1]) if match else None
    except ValueError:
        raise BadCell("is no day of the calendar") from None
    if value is None or not 1900 <= value.year < 2200:
        raise BadCell("is no date from 1900 to 2199; write 2025-03-01")
    return value


def instant(text: str, context: Context) -> Any:
    """A moment, also as a spreadsheet writes it."""
    _refuse_missing(text)
    if (counted := dates.of_number(text)) is not None:
        return Mended(instant(counted, context), "excel_day_number", {"day": counted})
    try:
        return parse_instant(_iso(text, context), context.zone)
    except Fault as reason:
        raise BadCell(reason.detail) from None


def _iso(text: str, context: Context) -> str:
    try:
        return dates.as_iso(text, context.day_order)
    except dates.Unclear as unclear:
        code = "days_in_both_orders" if unclear.both else "unclear_day"
        raise BadCell.of(
            code, first=unclear.first.isoformat(), second=unclear.second.isoformat()
        ) from None


def _refuse_missing(text: str) -> None:
    """N5: what stands in date columns for no date, also where a date may lie in any year: it would
    open or close what it dates."""
    if looks_missing(text):
        raise BadCell(MISSING)


def month(text: str, context: Context) -> str:
    _refuse_missing(text if len(text) > 7 else f"{text}-01")
    found = _MONTH.fullmatch(text) or _MONTH.fullmatch(
        dates.as_iso(text, "") if text[:4].isdigit() else text
    )
    if not found:
        raise BadCell("is no month; write 2025-03")
    return found[1]


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


def country(text: str, context: Context) -> Any:
    """Its two letters; names in the world's larger languages and codes of three letters are
    understood."""
    if is_country(text):
        return text
    if len(text) > 80 or (code := country_code(text)) is None:
        raise BadCell(
            "is no country; write its name or the ISO 3166 code of two letters, such as CN"
        )
    return Mended(code, "named_country")


def region(text: str, context: Context) -> Any:
    if re.fullmatch(r"[0-9]{6}\.0+", text):
        return Mended(text[:6], "spreadsheet_marks")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,15}", text):
        raise BadCell("is no region code; use letters, digits, dot, hyphen, at most 16")
    return text


def postal_code(text: str, context: Context) -> str:
    """One entry of an area's list, in the form in which it is stored and met: a code, a range or a
    beginning."""
    try:
        return str(listed(text))
    except UnknownPostalCode as reason:
        raise BadCell(str(reason)) from None


def phone(text: str, context: Context) -> str:
    if _SHORTENED.fullmatch(text):
        raise BadCell(
            "was shortened by a spreadsheet, its digits are lost; format the column as text and "
            "enter the codes again"
        )
    if (digits := plain(text)) is None or len(digits.lstrip("+")) > 17:
        raise BadCell(
            "is no phone number; write 5 to 15 digits, optionally with + and country code"
        )
    return digits


def hours(text: str, context: Context) -> str:
    """Checked; kept as written."""
    visible_text(text, 200)
    try:
        parse_hours(text)
    except HoursFault as reason:
        raise BadCell(str(reason)) from None
    return text


_ten_thousand = whole(0, 10_000)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def timezone(text: str, context: Context) -> str:
    if text not in _zones():
        raise BadCell("is no IANA time zone, such as Asia/Shanghai")
    return text


def url(text: str, context: Context) -> str:
    visible_text(text, 500)
    if not _URL.fullmatch(text):
        raise BadCell(
            "is no address; write https://..., weixin://... or a mini-program path such as "
            "pages/shop?id=1"
        )
    return text


def payload(text: str, context: Context) -> dict[str, Any]:
    """A JSON object: no repeated keys, no NaN, whole numbers within 10^15 (M23), nothing PostgreSQL
    cannot keep."""
    if len(text) > 10_000:
        raise BadCell("has more than 10,000 characters")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_no_constant,
            parse_int=_bounded,
            parse_float=_finite,
        )
    except BadCell:
        raise
    except (ValueError, RecursionError):
        raise BadCell('is no JSON; write an object such as {"chats": 3}') from None
    if not isinstance(value, dict):
        raise BadCell('is JSON but no object; write {"chats": 3}')
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise BadCell("names a key twice")
    for text in (*result, *(value for value in result.values() if isinstance(value, str))):
        visible_text(text, 2_000)
    return result


def _no_constant(text: str) -> Any:
    raise BadCell(f"holds {text}, which is no JSON number")


def _bounded(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > 10**15:
        raise BadCell("holds a number beyond 10^15")
    return int(text)


def _finite(text: str) -> float:
    if abs(value := float(text)) > 1e15:
        raise BadCell("holds a number beyond 10^15")
    return value


def parsed(parse: Parser, text: str, context: Context) -> Any:
    """What the parser makes of the text without marks of spreadsheets; of an empty rest CLEAR. Free
    text keeps what may be its own."""
    bare = (
        text
        if parse is payload
        else without_formula(text)
        if isinstance(parse, words)
        else without_marks(text)
    )
    if bare == text:
        return parse(text, context)
    return Mended(parse(bare, context) if bare else CLEAR, "spreadsheet_marks")
