"""The first sheet of an XLSX workbook as rows of text. What could exhaust memory is refused before
it is parsed."""

from __future__ import annotations

import datetime as dt
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import python_calamine as calamine

from ledger.faults import InvalidInput
from stores.imports import sheet_marks
from stores.imports.faults import UnreadableLine
from stores.imports.sheet_marks import Marks

MAX_UNPACKED_BYTES = 300_000_000
MAX_RATIO = 200  # deflate reaches 1,000 on zeros; real sheets stay below 60
MIN_SUSPECT_BYTES = 20_000_000
MAX_MEMBERS = 2_000
MAX_CELLS = 20_000_000
MAX_EMPTY, EMPTY_FOR_ONE = (
    1_000_000,
    50,
)  # cells of a sheet that hold nothing, when there are more than so many for each that does
MAX_TEXT_BYTES = 1_000_000_000
MAX_INDEX_BYTES = 200_000  # of the list of sheets
MOST_DIGITS = 15
NAMED = 5  # ranges that a message names
DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    KeyError,
)  # all that reading a broken zip file has been seen to raise
_CELL = re.compile(rb"<(?:[\w.-]+:)?c\s[^<]*?\br\s*=\s*[\"']([A-Za-z]+)([0-9]+)")
_REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]+)([0-9]+)")
_ERROR_CELL = re.compile(
    rb"<(?:[\w.-]+:)?c\s(?=[^<>]*\bt\s*=\s*[\"']e[\"'])[^<>]*?\br\s*=\s*[\"']([A-Za-z]+[0-9]+)"
)
_CELL_START = re.compile(
    rb"<(?:[\w.-]++:)?c\s[^<]*+"
)  # each byte of a part in one match at most: what follows is looked for in these alone
_IS_SHARED = re.compile(rb"\bt\s*+=\s*+[\"']s[\"']")
_VALUE = re.compile(rb"<(?:[\w.-]++:)?v[^<>]*+>\s*+([0-9]{1,9})")
_SHEET = re.compile(rb"<(?:\w++:)?sheet\s[^<>]*+")
_RELATION = re.compile(rb"<(?:\w++:)?Relationship\s[^<>]*+")
_ATTRIBUTE = re.compile(rb"(?<![\w:.-])([\w:.-]++)=\"([^\"]*+)\"")
_STRING = re.compile(rb"<(?:[\w.-]+:)?si[\s/>]")


def looks_like_one(content: bytes) -> bool:
    """Any zip or old Office file, so that `read_rows` may say what is wrong with it."""
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"\xd0\xcf\x11\xe0"))


@dataclass(frozen=True, slots=True)
class Book:
    """The first visible sheet: its name, its rows as (line from 1, cells as text). `others`: the
    visible sheets beside it that hold rows, as (name, first row, number of rows). `marks` is what
    its cells do not show."""

    sheet: str
    rows: list[tuple[int, list[str]]]
    others: list[tuple[str, list[str], int]]
    marks: Marks


def read_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows alone. Raises InvalidInput."""
    return iter(read_book(content).rows)


def read_book(content: bytes) -> Book:
    """Raises InvalidInput for what is no workbook, holds merged cells, or would exhaust memory."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise InvalidInput(
            "The workbook is protected by a password or in the old .xls form; save it without "
            "password as .xlsx."
        )
    marks = _refuse_bombs(content)
    book, names = _guarded(lambda: _visible_sheets(content))
    sheet = _guarded(lambda: book.get_sheet_by_name(names[0]))
    rows: list[tuple[int, list[str]]] = _guarded(lambda: _rows(sheet))
    _refuse_merged(_guarded(lambda: sheet.merged_cell_ranges), rows)
    others = [
        (name, found[0][1], len(found))
        for name in names[1:]
        if (found := _guarded(lambda name=name: _filled(book.get_sheet_by_name(name))))
    ]
    return Book(names[0], rows, others, marks)


def _rows(sheet: calamine.CalamineSheet) -> list[tuple[int, list[str]]]:
    return [
        (line, [as_text(cell) for cell in _whole_numbers(line, cells)])
        for line, cells in enumerate(sheet.iter_rows(), 1)
    ]


def _filled(sheet: calamine.CalamineSheet) -> list[tuple[int, list[str]]]:
    return [(line, cells) for line, cells in _rows(sheet) if any(cells)]


def _refuse_merged(ranges: Any, rows: list[tuple[int, list[str]]]) -> None:
    """Of merged cells only the first has the value; the others would be taken for empty, which
    takes values away."""
    header, used = next(((line, len(cells)) for line, cells in rows if any(cells)), (1, 0))
    last = max((line for line, cells in rows if any(cells)), default=0)
    found = [
        sheet_marks.name_of(first[1], first[0] + 1) + ":" + sheet_marks.name_of(end[1], end[0] + 1)
        for first, end in ranges or ()
        if first != end and header <= end[0] + 1 and first[0] < last and first[1] < used
    ]
    if found:
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        raise InvalidInput(
            f"Cells are merged: {', '.join(found[:NAMED])}{more}. Only the first of them holds "
            "the value, the others would count as empty; "
            "unmerge them and fill in every cell.",
            code="merged_cells",
        )


def _whole_numbers(line: int, cells: list[Any]) -> list[Any]:
    """The row, unless it holds a number that a workbook cannot keep: its last digits are lost
    already, and two codes may be one."""
    for cell in cells:
        if isinstance(cell, int | float) and abs(cell) >= 10**MOST_DIGITS:
            raise UnreadableLine(
                line,
                f"Row {line} holds a number of more than {MOST_DIGITS} digits ({cell:.0f}); a "
                "workbook loses those beyond. "
                "Format the column as text and enter the codes again.",
                value=f"{cell:.0f}",
                code="long_number",
            )
    return cells


def as_text(cell: Any) -> str:
    """Numbers without exponent and without a trailing .0 (codes are often numeric cells), dates and
    times as ISO 8601."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _number(cell)
    if isinstance(cell, dt.datetime):
        whole = (
            (cell + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
            if cell.year < 9999
            else cell
        )
        return whole.isoformat() if whole.time() != dt.time() else whole.date().isoformat()
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def _number(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if float(value).is_integer():
        return str(int(value))
    digits = f"{value:.15g}"  # a workbook keeps 15
    return format(Decimal(digits), "f") if "e" in digits else digits


def _visible_sheets(content: bytes) -> tuple[calamine.CalamineWorkbook, list[str]]:
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    names = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet
        and sheet.visible == calamine.SheetVisibleEnum.Visible
    ]
    if not names:
        raise InvalidInput("The workbook has no visible sheet.")
    return book, names


def _guarded(read: Any) -> Any:
    """The reader is native code: what it cannot read comes as its own errors, or as a panic, which
    is no Exception."""
    try:
        return read()
    except InvalidInput:
        raise
    except calamine.PasswordError:
        raise InvalidInput(
            "The workbook is protected by a password; save it without one."
        ) from None
    except Exception as reason:  # noqa: BLE001 - whatever the native reader says, the file is at fault
        raise InvalidInput(
            f"The workbook cannot be read ({str(reason)[:200]}); open and save it again as .xlsx."
        ) from None
    except BaseException as reason:
        if type(reason).__name__ != "PanicException":
            raise
        raise InvalidInput("The workbook is damaged; open and save it again as .xlsx.") from None


def _refuse_bombs(content: bytes) -> Marks:
    """Sizes declared and real, the rectangle the cells span (the reader allots it whole), and
    repeated long texts. Raises InvalidInput."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_sizes(archive.infolist(), len(content))
            return _refuse_contents(archive)
    except DAMAGED as reason:
        if isinstance(reason, RuntimeError) and "encrypted" in str(reason):
            raise InvalidInput(
                "The workbook is an encrypted zip file; save it without password as .xlsx."
            ) from None
        raise InvalidInput(
            f"The workbook is damaged ({str(reason)[:120]}); open and save it again as .xlsx."
        ) from None


def _refuse_sizes(members: list[zipfile.ZipInfo], packed: int) -> None:
    names = {member.filename for member in members}
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise InvalidInput(
            "This zip file holds no XLSX workbook; save the table as .xlsx or as .csv in UTF-8."
        )
    unpacked = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS or len(names) < len(members):
        raise InvalidInput(
            "The workbook has too many or repeated parts; copy the rows into a new workbook."
        )
    if unpacked > MAX_UNPACKED_BYTES or (
        unpacked > MIN_SUSPECT_BYTES and unpacked > MAX_RATIO * packed
    ):
        raise InvalidInput(
            f"The workbook unpacks to {unpacked // 1_000_000} MB, which is too much; split it or "
            "save it as CSV."
        )


def _refuse_contents(archive: zipfile.ZipFile) -> Marks:
    """What the first sheet holds beside its cells."""
    marks = Marks()
    left, first = MAX_UNPACKED_BYTES, _first_sheet_name(archive)
    texts: list[int] = []  # the length of each shared text
    sheets: dict[str, int] = {}  # how many cells each part has
    for member in archive.infolist():
        xml = _unpacked(archive, member, left)
        left -= len(xml)
        if found := _REFERENCE.findall(xml):
            _refuse_rectangle(found, xml)
            sheets[member.filename] = len(found)
        if member.filename == first:
            _refuse_error_values(xml)
            marks = sheet_marks.of_sheet(xml)
        starts = [match.start() for match in _STRING.finditer(xml)]
        if len(starts) > len(texts):
            texts = [
                end - start for start, end in zip(starts, [*starts[1:], len(xml)], strict=True)
            ]
    for name, cells in sheets.items():
        if max(texts, default=0) * cells > MAX_TEXT_BYTES:
            _refuse_texts(texts, _shown_texts(archive.read(name)))
    return marks


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> bytes:
    with archive.open(member) as part:
        xml = part.read(left + 1)
    if len(xml) > left:
        raise InvalidInput(
            "The workbook unpacks to more than it declares; it is damaged or made to do harm."
        )
    return xml


def _refuse_error_values(xml: bytes) -> None:
    """The reader gives them as empty cells, which would take values away."""
    if (b'"e"' in xml or b"'e'" in xml) and (error := _ERROR_CELL.search(xml)):
        raise InvalidInput(
            f"Cell {error[1].decode().upper()} holds an error value such as #N/A; mend its formula.",
            code="error_cell",
        )


def _shown_texts(xml: bytes) -> list[int]:
    """The number of the shared text in each cell that shows one."""
    values = (
        _VALUE.match(xml, cell.end())
        for cell in _CELL_START.finditer(xml)
        if _IS_SHARED.search(cell[0])
    )
    return [int(value[1]) for value in values if value is not None]


def _refuse_texts(texts: list[int], shown: list[int]) -> None:
    """The reader copies a shared text into every cell that shows it."""
    if sum(texts[number] for number in shown if number < len(texts)) > MAX_TEXT_BYTES:
        raise InvalidInput("The texts of the workbook are too long; split it or save it as CSV.")


def _refuse_rectangle(found: list[tuple[bytes, bytes]], xml: bytes) -> None:
    """`found` may hold words of a text that look like a cell's name; only when they span too much
    is it worth to look closely."""
    if _fits(_spans(found)[2], len(found)):
        return
    real = _CELL.findall(xml)
    width, height, cells = _spans(real)
    if not _fits(cells, len(real)):
        raise InvalidInput(
            f"A sheet spans {height} rows and {width} columns; copy the used rows into a new "
            "workbook."
        )


def _fits(cells: int, filled: int) -> bool:
    """Each cell of the rectangle is read, also the empty ones: a single one in the last row makes
    twenty million of a file of one kilobyte."""
    return cells <= MAX_CELLS and cells - filled <= max(MAX_EMPTY, EMPTY_FOR_ONE * filled)


def _spans(found: list[tuple[bytes, bytes]]) -> tuple[int, int, int]:
    """(columns, rows, cells) of the rectangle from A1."""
    width = max(
        (_column_number(letters) for letters in {letters for letters, _ in found}), default=0
    )
    height = max((int(digits[:9]) for digits in {digits for _, digits in found}), default=0)
    return width, height, width * height


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:4].upper():
        number = number * 26 + letter - 64
    return number


def _first_sheet_name(archive: zipfile.ZipFile) -> str:
    """Path of the first sheet's part; empty when the workbook does not say it plainly."""
    names = {member.filename for member in archive.infolist()}
    if "xl/_rels/workbook.xml.rels" not in names:
        return ""
    sheets = _attributes(_SHEET, archive.read("xl/workbook.xml"))
    shown = next((each for each in sheets if each.get("state") not in ("hidden", "veryHidden")), {})
    wanted = next((value for name, value in shown.items() if name.endswith(":id")), None)
    for relation in _attributes(_RELATION, archive.read("xl/_rels/workbook.xml.rels")):
        if wanted is not None and relation.get("Id") == wanted:
            name = relation.get("Target", "")
            return name.lstrip("/") if name.startswith("/") else f"xl/{name}"
    return ""


def _attributes(element: re.Pattern[bytes], xml: bytes) -> Iterator[dict[str, str]]:
    """The attributes of each such element of an index."""
    for found in element.finditer(xml[:MAX_INDEX_BYTES]):
        yield {
            name.decode("utf-8", "replace"): value.decode("utf-8", "replace")
            for name, value in _ATTRIBUTE.findall(found[0])
        }
