"""One cell: text in, value out, or BadCell with the reason in words. Every parser takes (text,
context); empty text never gets here. Here: what parsers share, codes and words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from stores.base import addressable
from stores.imports import lookalikes
from stores.imports.sayings import words as words_of

SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,3}")
_TAIL = re.compile(r"([0-9]+)\.0+")
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
        if SHORTENED.fullmatch(text):
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


def url(text: str, context: Context) -> str:
    visible_text(text, 500)
    if not _URL.fullmatch(text):
        raise BadCell(
            "is no address; write https://..., weixin://... or a mini-program path such as "
            "pages/shop?id=1"
        )
    return text
