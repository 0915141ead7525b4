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
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Generic, TypeVar

Key = TypeVar("Key")

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
_LONGEST_TAIL = 4


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


class PostalIndex(Generic[Key]):
    """Which keys list a code, by look-ups that do not grow with the number of lists."""

    def __init__(self, entries: Iterable[tuple[Listed, Key]]):
        self._codes: dict[str, list[Key]] = {}
        self._starts: dict[str, list[Key]] = {}
        self._ranges: dict[int, list[tuple[Listed, Key]]] = {}
        for entry, key in entries:
            if entry.kind == "range":
                self._ranges.setdefault(len(entry.low), []).append((entry, key))
            else:
                (self._codes if entry.kind == "code" else self._starts).setdefault(
                    entry.low, []
                ).append(key)
        self._sorted = sorted(self._codes)
        self._furthest: dict[
            int, list[str]
        ] = {}  # of ranges by their start: the greatest end up to each
        for length, several in self._ranges.items():
            several.sort(key=lambda pair: pair[0].low)
            self._furthest[length] = list(accumulate((entry.high for entry, _ in several), max))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PostalIndex) and (self._codes, self._starts, self._ranges) == (
            other._codes,
            other._starts,
            other._ranges,
        )

    __hash__ = None  # type: ignore[assignment]  # equal by what it holds

    def holding(self, text: str | None) -> list[Key]:
        """The keys whose lists hold a code as somebody wrote it, each once."""
        if not text or not (self._codes or self._starts or self._ranges):
            return []
        code = normal(text)
        found = list(self._codes.get(code, ()))
        for cut in range(1, len(code)):
            if (
                cut <= _LONGEST_TAIL
                and (district := code[:-cut]) in self._codes
                and Listed("code", district, district).holds(code)
            ):
                found += self._codes[district]
        if self._starts:
            found += [
                key
                for length in range(1, len(code) + 1)
                for key in self._starts.get(code[:length], ())
            ]
        return list(dict.fromkeys([*found, *self._in_ranges(code)]))

    def meeting(self, entry: Listed) -> list[Key]:
        """The keys whose lists may hold a code that `entry` holds too."""
        first, last = (
            bisect_left(self._sorted, entry.low),
            bisect_right(self._sorted, entry.high + "\uffff"),
        )
        near = (
            {
                *self._sorted[first:last],
                *(entry.low[:length] for length in range(1, len(entry.low))),
            }
            if last - first < len(self._sorted)
            else set(self._sorted)
        )
        found = [
            key
            for code in sorted(near & self._codes.keys())
            if entry.meets(Listed("code", code, code))
            for key in self._codes[code]
        ]
        found += [
            key
            for start, keys in self._starts.items()
            if entry.meets(Listed("start", start, start))
            for key in keys
        ]
        if entry.kind == "code":
            return list(dict.fromkeys([*found, *self._in_ranges(entry.low)]))
        return list(
            dict.fromkeys(
                [
                    *found,
                    *(
                        key
                        for several in self._ranges.values()
                        for span, key in several
                        if entry.meets(span)
                    ),
                ]
            )
        )

    def _in_ranges(self, code: str) -> list[Key]:
        several, furthest = self._ranges.get(len(code), []), self._furthest.get(len(code), [])
        found, at = [], bisect_right(several, code, key=lambda pair: pair[0].low)
        while at and furthest[at - 1] >= code:
            at -= 1
            if several[at][0].high >= code:
                found.append(several[at][1])
        return found


# -- which codes a country has ---------------------------------------------------------------------

_SIX, _FIVE, _FOUR, _SEVEN, _THREE = r"\d{6}", r"\d{5}", r"\d{4}", r"\d{7}", r"\d{3}"
FORMS: Mapping[
    str, str
] = {  # of whole codes in the normal form; a country that is not here is not judged
    **dict.fromkeys(
        (
            "CN",
            "IN",
            "RU",
            "SG",
            "KZ",
            "RO",
            "VN",
            "BY",
            "EC",
            "CO",
            "PA",
            "KG",
            "NG",
            "TJ",
            "UZ",
            "TM",
        ),
        _SIX,
    ),
    **dict.fromkeys(
        (
            "US",
            "DE",
            "FR",
            "IT",
            "ES",
            "MX",
            "TR",
            "TH",
            "MY",
            "ID",
            "KR",
            "FI",
            "GR",
            "HR",
            "UA",
            "CZ",
            "SK",
            "SE",
            "PK",
            "SA",
            "MA",
            "EG",
            "EE",
            "CU",
            "KE",
            "LK",
            "NP",
            "PE",
            "PR",
            "RS",
            "MC",
            "SM",
            "VA",
            "BA",
            "ME",
            "DZ",
            "KH",
            "LA",
            "LT",
            "MM",
            "MN",
            "UY",
            "JO",
            "KW",
        ),
        _FIVE,
    ),
    **dict.fromkeys(
        (
            "AT",
            "CH",
            "BE",
            "DK",
            "NO",
            "HU",
            "AU",
            "NZ",
            "ZA",
            "PH",
            "BG",
            "SI",
            "LU",
            "LV",
            "CY",
            "GE",
            "BD",
            "TN",
            "LI",
            "MK",
            "AM",
            "AL",
            "MD",
            "VE",
            "PY",
        ),
        _FOUR,
    ),
    **dict.fromkeys(("JP", "IL", "CL", "PT"), _SEVEN),
    "PL": _FIVE,
    "BR": r"\d{8}",
    "IR": r"\d{10}",
    "TW": r"\d{3}(?:\d{2,3})?",
    "IS": _THREE,
    "GB": r"[A-Z]{1,2}\d[0-9A-Z]?\d[A-Z]{2}",
    "CA": r"[A-Z]\d[A-Z]\d[A-Z]\d",
    "NL": r"\d{4}[A-Z]{2}",
    "IE": r"[A-Z]\d[0-9W][0-9A-Z]{4}",
    "AR": r"(?:[A-Z]\d{4}[A-Z]{3}|\d{4})",
    "MT": r"[A-Z]{3}\d{4}",
    "AD": r"(?:AD)?\d{3}",
    "BN": r"[A-Z]{2}\d{4}",
    "BM": r"[A-Z]{2}[0-9A-Z]{2}",
}
_SHORTER = {
    "GB": r"[A-Z]{1,2}\d[0-9A-Z]?",
    "CA": r"[A-Z]\d[A-Z]",
    "IE": r"[A-Z]\d[0-9W]",
    "NL": _FOUR,
    "PT": _FOUR,
}  # districts stand for their codes


def fits(entry: Listed, country: str) -> bool:
    """Whether a code of that country may be held by the entry; True for a country whose form is not
    known."""
    if country not in FORMS:
        return True
    if entry.kind == "start":
        return _may_begin(entry.low, FORMS[country])
    return any(
        re.fullmatch(form, entry.low) is not None
        for form in (FORMS[country], _SHORTER.get(country, FORMS[country]))
    )


@lru_cache(4_000)
def _may_begin(start: str, form: str) -> bool:
    """Whether a code of the form may begin so: filled up with what may follow, at most five
    signs."""
    tried = {start}
    for _ in range(10):
        if any(re.fullmatch(form, text) for text in tried):
            return True
        tried = {text + sign for text in tried for sign in "1A"}
        if len(tried) > 1_100:
            return False
    return False
