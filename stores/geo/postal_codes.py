"""Postal codes of all countries in one normal form, on both sides: what areas list (codes, ranges,
prefixes) and what a visitor or an order says (A12). Pure.

The normal form has capital letters and digits alone: `sw1a 1aa` is `SW1A1AA`, `100-0001` is
`1000001`,
    `75001-1234` (ZIP+4) is `75001`. A listed British
district (`SW1A`), Canadian (`K1A`), Irish (`D02`) or Dutch one (`1012`) holds the whole codes that
begin with it; `75001-75020` holds the codes between, as long as they are; `NG1*` holds all that
begin so, `NG10` too."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

LONGEST = 40  # characters of a text that may be a code
_DASHES = re.compile(r"[‐‑‒–—―−－﹣]")
_BETWEEN = re.compile(r"\.{2,3}|…|~|〜|至|到|\bTO\b|\s-+\s")
_COUNTRY = re.compile(r"[A-Z]{1,2}-(?=[0-9])")  # D-80331, LV-1010, SE-111 22
_NO_SIGN = re.compile(r"[^0-9A-Z]")
_CODE = re.compile(r"(?=[A-Z]*[0-9])[0-9A-Z]{2,10}")
_DISTRICTS = (
    (
        re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?"),
        "9AA",
    ),  # Britain; then what comes after the district, 9 a digit, A a letter, ? either
    (re.compile(r"[A-Z][0-9][A-Z]"), "9A9"),  # Canada
    (re.compile(r"[A-Z][0-9][0-9W]"), "????"),  # Ireland
    (re.compile(r"[1-9][0-9]{3}"), "AA"),
)  # the Netherlands


class UnknownPostalCode(ValueError):
    """The text is no postal code, range or prefix; the message says why in words."""


@lru_cache(10_000)
def normal(text: str) -> str:
    """The normal form of one code; '' for what can be none. Both sides come by here, so whatever it
    takes away is taken away on both."""
    text = _plain(text)
    if re.fullmatch(r"[0-9]{5}-?[0-9]{4}", text):
        return text[:5]  # ZIP+4: the delivery route inside a ZIP code
    return _NO_SIGN.sub("", text)


def _plain(text: str) -> str:
    text = _DASHES.sub("-", unicodedata.normalize("NFKC", text[:LONGEST]).upper()).strip(
        " \t\r\n'`\""
    )
    text = (
        re.sub(r"([0-9])\.0+", r"\1", text) if re.fullmatch(r"[0-9]+\.0+", text) else text
    )  # a spreadsheet's number
    return _COUNTRY.sub("", text, count=1) if _COUNTRY.match(text) else text


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a list, in the normal form. `kind`: code (`low` and `high` are it), range (from
    `low` to `high`) or start."""

    kind: str
    low: str
    high: str

    def holds(self, code: str) -> bool:
        """`code` in the normal form."""
        if self.kind == "start":
            return code.startswith(self.low)
        if self.kind == "range":
            return len(code) == len(self.low) and self.low <= code <= self.high
        return (
            code == self.low
            or code.startswith(self.low)
            and any(
                len(rest) == len(tail) and _begins(rest, tail) for rest, tail in self._tails(code)
            )
        )

    def meets(self, other: Listed) -> bool:
        """Whether some code may be held by both."""
        if self.kind == other.kind == "code":
            return self.holds(other.low) or other.holds(self.low)
        if self.kind == other.kind == "range":
            return (
                len(self.low) == len(other.low)
                and self.low <= other.high
                and other.low <= self.high
            )
        if self.kind == other.kind == "start":
            return self.low.startswith(other.low) or other.low.startswith(self.low)
        if "range" in (self.kind, other.kind):
            span, single = (self, other) if self.kind == "range" else (other, self)
            return (
                span.holds(single.low)
                if single.kind == "code"
                else (
                    len(single.low) <= len(span.low)
                    and span.low[: len(single.low)] <= single.low <= span.high[: len(single.low)]
                )
            )
        code, start = (self, other) if self.kind == "code" else (other, self)
        return (
            code.low.startswith(start.low)
            or start.low.startswith(code.low)
            and any(_begins(rest, tail) for rest, tail in code._tails(start.low))
        )

    def _tails(self, text: str) -> list[tuple[str, str]]:
        return [
            (text[len(self.low) :], tail)
            for district, tail in _DISTRICTS
            if district.fullmatch(self.low)
        ]

    def __str__(self) -> str:
        return {"code": self.low, "start": f"{self.low}*", "range": f"{self.low}-{self.high}"}[
            self.kind
        ]


def _begins(rest: str, tail: str) -> bool:
    """Whether a tail of that pattern may begin so."""
    return len(rest) <= len(tail) and all(
        sign == "?" or (letter.isdigit() if sign == "9" else letter.isalpha())
        for letter, sign in zip(rest, tail, strict=False)
    )


@lru_cache(100_000)
def listed(text: str) -> Listed:
    """What an area lists, read. Its text (`str`) is the form that is stored. Raises
    UnknownPostalCode."""
    plain = _plain(text)
    if plain.endswith(("*", "%")):
        start = _NO_SIGN.sub("", plain[:-1])
        if not start or not re.fullmatch(r"[0-9A-Z \-]+", plain[:-1]) or len(start) > 9:
            raise UnknownPostalCode("is no beginning of postal codes; write NG1* or 750*")
        return Listed("start", start, start)
    if (ends := _ends(plain)) is not None:
        return _range(*ends)
    code = normal(text)
    if not _CODE.fullmatch(code) or not re.fullmatch(r"[0-9A-Z \-]+", plain):
        raise UnknownPostalCode(
            "is no postal code; write a code such as 75001 or SW1A 1AA, a range such as "
            "75001-75020, or a beginning such as NG1*"
        )
    return Listed("code", code, code)


def _ends(plain: str) -> tuple[str, str] | None:
    """Both ends of what is written as a range. `75001-1234` is ZIP+4 and `100-0001` one code: the
    ends of a range are equally long."""
    parts = _BETWEEN.split(plain)
    if len(parts) == 2:
        return _NO_SIGN.sub("", parts[0]), _NO_SIGN.sub("", parts[1])
    match = re.fullmatch(r"([A-Z]{0,2}[0-9]{1,8}[A-Z]?)-([A-Z]{0,2}[0-9]{1,8}[A-Z]?)", plain)
    if (
        match is None
        or (match[1].isdigit() and (len(match[1]) != len(match[2]) or len(match[1]) < 3))
        or match[1].isdigit() != match[2].isdigit()
    ):
        return None
    return match[1], match[2]


def _range(low: str, high: str) -> Listed:
    if not (low.isdigit() and high.isdigit() and len(low) == len(high) and 3 <= len(low) <= 10):
        raise UnknownPostalCode(
            "is no range that is understood: both ends must be numbers with equally many digits, "
            "such as 75001-75020; list districts one by one"
        )
    if low > high:
        raise UnknownPostalCode("is a range that ends before it begins")
    return Listed("range", low, high)


def readable(texts: Iterable[str]) -> list[Listed]:
    """Those of stored entries that are understood: an older list may hold others, which no visitor
    meets."""
    found = []
    for text in texts:
        try:
            found.append(listed(text))
        except UnknownPostalCode:
            continue
    return found
