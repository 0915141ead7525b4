"""What a sheet of a workbook holds beside the values of its cells: hidden rows and columns, and
formulas without a result."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.faults import InvalidInput

_HIDDEN = rb"[^<>]*?\bhidden\s{0,9}=\s{0,9}[\"'](?:1|true)[\"'][^<>]*>"
_HIDDEN_ROW = re.compile(rb"<(?:[\w.-]{1,40}:)?row\s" + _HIDDEN)
_HIDDEN_COLUMNS = re.compile(rb"<(?:[\w.-]{1,40}:)?col\s" + _HIDDEN)
_NUMBER = re.compile(rb"\br\s{0,9}=\s{0,9}[\"']([0-9]{1,7})[\"']")
_FROM_TO = {
    name: re.compile(rb"\b" + name.encode() + rb"\s{0,9}=\s{0,9}[\"']([0-9]{1,5})[\"']")
    for name in ("min", "max")
}
_TOKEN = re.compile(
    rb"<(/?)(?:[\w.-]{1,40}:)?([cfv])(?=[\s/>])([^<>]*)>([^<]*)"
)  # of a cell, its formula, its result; and their ends
_TEXT_RESULT = re.compile(rb"\bt\s{0,9}=\s{0,9}[\"']str[\"']")
_REFERENCE = re.compile(rb"\br\s{0,9}=\s{0,9}[\"']([A-Za-z]{1,3})([0-9]{1,7})[\"']")


@dataclass(frozen=True, slots=True)
class Marks:
    """`zeros`: cells (and their rows) whose formula has the result 0, where no formula of the sheet
    has another: they were never calculated."""

    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[str] = field(default_factory=list)
    zeros: list[tuple[str, int]] = field(default_factory=list)


def of_sheet(xml: bytes) -> Marks:
    """Raises InvalidInput for a formula without any result: it would be taken for an empty cell."""
    rows = (
        [int(number[1]) for tag in _HIDDEN_ROW.findall(xml) if (number := _NUMBER.search(tag))]
        if b"hidden" in xml
        else []
    )
    return Marks(rows, _hidden_columns(xml) if b"hidden" in xml else [], _zeros(xml))


def _hidden_columns(xml: bytes) -> list[str]:
    found = []
    for tag in _HIDDEN_COLUMNS.findall(xml):
        first, last = (pattern.search(tag) for pattern in _FROM_TO.values())
        if first and last:
            names = [letters(int(each[1]) - 1) for each in (first, last)]
            found.append(names[0] if names[0] == names[1] else f"{names[0]}–{names[1]}")
    return found


def _zeros(xml: bytes) -> list[tuple[str, int]]:
    """In one pass: the parts of a cell follow one another."""
    zeros, calculated = list[tuple[str, int]](), False
    tag, formula, result = b"", False, b""
    for token in _TOKEN.finditer(xml) if b"<f" in xml or b":f" in xml else ():
        end, name, attributes, text = token.groups()
        if name == b"c" and not end:
            tag, formula, result = attributes, False, b""
        elif name == b"f":
            formula = True
        elif name == b"v" and not end:
            result = text.strip()
        elif name == b"c" and formula:
            cell, line = _where(tag)
            if not result and not _TEXT_RESULT.search(tag):
                raise InvalidInput(
                    f"Cell {cell} holds a formula that was never calculated; open the workbook in "
                    "a spreadsheet, save it, "
                    "and bring it again.",
                    code="no_result",
                )
            if result in (b"0", b"0.0"):
                zeros.append((cell, line))
            else:
                calculated = True
    return [] if calculated else zeros


def _where(tag: bytes) -> tuple[str, int]:
    found = _REFERENCE.search(tag)
    return (f"{found[1].decode().upper()}{int(found[2])}", int(found[2])) if found else ("", 1)


def letters(column: int) -> str:
    """The name of a column counted from 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def name_of(column: int, row: int) -> str:
    """`G2`: a column counted from 0, a row from 1."""
    return f"{letters(column)}{row}"


def spans(numbers: Sequence[int], most: int = 8) -> str:
    """Numbers of rows or columns as spans, `3–4, 7`; at most `most` of them, then ` …`."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    said = [str(first) if first == last else f"{first}–{last}" for first, last in found[:most]]
    return ", ".join(said) + (" …" if len(found) > most else "")
