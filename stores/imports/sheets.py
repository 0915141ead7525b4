"""Reading a table from a file: CSV in UTF-8 or GB18030, or the first sheet of an XLSX workbook.
Every cell comes out as trimmed text."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ledger.faults import InvalidInput
from stores.imports import encodings, forms, headings, point_file, workbooks
from stores.imports.columns import Column
from stores.imports.faults import FaultList, UnreadableLine
from stores.imports.headings import PLAIN, HeadingMap, Layout
from stores.imports.protection import bare as unprotected
from stores.imports.sheet_marks import spans
from stores.imports.understood import Mends, Reading

MAX_BYTES = 300_000_000
SEPARATORS = (",", ";", "\t")
TOP_ROWS = 200  # that are looked at for samples
MARK_OF_UTF_8 = "\ufeff"
_SAID_SEPARATOR = re.compile(
    r'"?sep=([^A-Za-z0-9"\r\n])"?\r?\n', re.I
)  # Excel's first line, which names the separator
Lines = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """`columns` in the file's order; `rows` as (physical line where the row starts, {column:
    text}), the header is line 1. `faults`: rows that have too many or too few cells. `encoding`:
    utf-8, gb18030 or xlsx. `reading`, `warnings` and `mends` say how a file became rows; what comes
    from a form or the API has none."""

    columns: tuple[str, ...]
    rows: list[tuple[int, dict[str, str]]]
    faults: FaultList
    encoding: str
    reading: Reading | None = None
    warnings: FaultList = field(default_factory=FaultList)
    mends: Mends = field(default_factory=Mends)


def read_sheet(
    path: Path,
    columns: tuple[Column, ...],
    max_rows: int | None = None,
    max_bytes: int = MAX_BYTES,
    *,
    kind: str = "",
    given: HeadingMap = PLAIN,
) -> Sheet:
    """Reads a whole file. `given` says which of its columns are ours under another name; `kind` (a
    key of COLUMNS) helps to guess. Raises InvalidInput when it is no table or its header is wrong;
    `max_rows` None means no limit."""
    lines, reading = _lines(Path(path), columns, max_bytes, kind, given)
    return _sheet(lines, columns, max_rows, reading, kind, given)


def read_top(
    path: Path, columns: tuple[Column, ...], kind: str, rows: int = 3, max_bytes: int = MAX_BYTES
) -> list[tuple[str, list[str]]]:
    """Each heading of the file as it stands there, and its first values that are not empty. Raises
    InvalidInput when it is no table."""
    lines, _ = _lines(Path(path), columns, max_bytes, kind, PLAIN)
    header = headings.named(_header(lines))
    found: list[tuple[str, list[str]]] = [(name, []) for name in header]
    for _, cells in itertools.islice(lines, TOP_ROWS):
        for (_, samples), cell in zip(found, cells, strict=False):
            if cell and cell not in samples and len(samples) < rows:
                samples.append(cell)
    return found


def _lines(
    path: Path, columns: tuple[Column, ...], max_bytes: int, kind: str, given: HeadingMap
) -> tuple[Lines, Reading]:
    content = read_content(path, max_bytes)
    if workbooks.looks_like_one(content):
        book = workbooks.read_book(content)
        return iter(book.rows), Reading("xlsx", sheet=book.sheet, book=book)
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        raise InvalidInput(
            f"{path.name} is no XLSX workbook; save it again as .xlsx, or as .csv in UTF-8."
        )
    if kind == "stores" and point_file.looks_like_one(content):
        return point_file.read_rows(content), Reading("geojson", "utf-8")
    forms.refuse_other(content)
    text, encoding = _decoded(content)
    bare = text.lstrip(MARK_OF_UTF_8)
    said = _SAID_SEPARATOR.match(bare)
    separator = (
        said[1] if said else _separator(bare, {column.name for column in columns}, kind, given)
    )
    lines = _csv_lines(bare[said.end() :] if said else bare, separator, 1 if said else 0)
    return lines, Reading(
        "csv",
        encoding,
        separator,
        second_mark=bare != text,
        look_at=encodings.words_to_look_at(bare) if encoding == "cp1252" else "",
    )


def read_content(path: Path, max_bytes: int) -> bytes:
    """The whole file. Raises InvalidInput when it cannot be read, is empty or larger than
    `max_bytes`."""
    try:
        with path.open("rb") as source:
            content = source.read(max_bytes + 1)
    except OSError as reason:
        raise InvalidInput(f"{path.name} cannot be read: {reason.strerror or reason}.") from None
    if len(content) > max_bytes:
        raise InvalidInput(f"{path.name} is larger than {max_bytes // 1_000_000} MB; split it.")
    if not content.strip():
        raise InvalidInput(f"{path.name} is empty; the first line must name the columns.")
    return content


def _decoded(content: bytes) -> tuple[str, str]:
    """Text and encoding. UTF-8 is tried first and strictly: GB18030 would take nearly any bytes."""
    if content.startswith(encodings.MARKS_OF_UTF_16):
        try:
            return content.decode("utf-16"), encodings.UTF_16
        except UnicodeDecodeError:
            raise InvalidInput(
                'The file is in UTF-16 ("Unicode text") and damaged; save it as CSV UTF-8.'
            ) from None
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise UnreadableLine(
            line,
            f"Line {line} holds a NUL byte; this is no CSV text. UTF-16 looks like this too: save "
            "it as CSV UTF-8.",
        )
    try:
        return content.decode("utf-8-sig"), encodings.UTF_8
    except UnicodeDecodeError as reason:
        line = content.count(b"\n", 0, reason.start) + 1
    if content.startswith(b"\xef\xbb\xbf") or _mostly_utf8(content):
        raise UnreadableLine(
            line,
            f"Line {line} holds bytes that are not UTF-8, though the rest of the file is; "
            "it was damaged or cut. Save it again as CSV UTF-8.",
        )
    encoding = encodings.likely(encodings.sample_of(content))
    try:
        if encoding is not None:
            return content.decode(encoding), encoding
    except UnicodeDecodeError:
        pass
    raise InvalidInput(
        f"The file is neither UTF-8 (see line {line}) nor plainly GB18030 or Windows-1252; its "
        "names would become others. "
        "Save it as CSV UTF-8."
    )


def _mostly_utf8(content: bytes) -> bool:
    text = content.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return sum(letter > "\x7f" for letter in text) - bad > 3 * bad


def _csv_lines(text: str, separator: str, before: int = 0) -> Lines:
    """Rows with the line each starts on, `before` lines of the file stand above. A quoted cell may
    hold line breaks."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True
    )
    while True:
        line = before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as reason:
            raise UnreadableLine(
                line,
                f"Line {line} is no CSV: {reason}. A quote inside a quoted cell is written twice; "
                f"a cell holds at most {csv.field_size_limit()} characters.",
            ) from None
        yield line, [unprotected(cell.strip()) for cell in cells]


def _separator(text: str, known: set[str], kind: str, given: HeadingMap) -> str:
    """The separator that finds most known columns in the header; failing those, most words for
    them, then most cells; the comma when none does."""
    header = text.lstrip().split("\n", 1)[0]

    def found(mark: str) -> tuple[int, int, int]:
        names = [name.strip().strip('"') for name in header.split(mark)]
        return (
            sum(name in known or name in given.theirs for name in names),
            headings.meant(kind, names, known),
            len(names),
        )

    return max(SEPARATORS, key=found)


def _header(lines: Lines) -> list[str]:
    """The first line that is not empty, without empty cells at its end."""
    header = next((cells for _, cells in lines if any(cells)), None)
    if header is None:
        raise InvalidInput("The file is empty; the first line must name the columns.")
    while not header[-1]:
        header.pop()
    return header


def _sheet(
    lines: Lines,
    columns: tuple[Column, ...],
    max_rows: int | None,
    reading: Reading,
    kind: str,
    given: HeadingMap,
) -> Sheet:
    header = _header(lines)
    names = _checked_header(header, columns, kind, given)
    width, faults = len(header), FaultList()
    rows: list[tuple[int, dict[str, str]]] = []
    for line, cells in lines:
        if not any(cells):
            continue
        if max_rows is not None and len(rows) + len(faults) >= max_rows:
            raise InvalidInput(
                f"The file has more than {max_rows} rows; split it (the limit is the setting "
                "IMPORT_MAX_ROWS).",
                code="too_many_rows",
            )
        if len(cells) < width or any(cells[width:]):
            faults.add(
                line,
                "",
                ",".join(cells),
                f"this row has {len(cells)} cells, the header {width}; check separators and quotes",
            )
        else:
            rows.append((line, names.row(cells)))
    passed_over = tuple(theirs for theirs, ours in given.pairs.items() if not ours)
    sheet = Sheet(
        names.columns,
        rows,
        faults,
        reading.encoding or reading.form,
        replace(reading, passed_over=passed_over),
    )
    if reading.second_mark:
        sheet.mends.add(1, "", "second_mark_of_utf_8")
    if reading.look_at:
        sheet.warnings.say(1, "", "", "read_as_windows_1252", words=reading.look_at)
    if reading.book is not None:
        _warn_of_workbook(reading.book, {column.name for column in columns}, kind, sheet.warnings)
    return sheet


def _warn_of_workbook(
    book: workbooks.Book, known: set[str], kind: str, warnings: FaultList
) -> None:
    """Rows that a filter hides, sheets beside the first, formulas that were never calculated."""
    filled = {line for line, cells in book.rows if any(cells)}
    if hidden := [line for line in book.marks.hidden_rows if line in filled]:
        warnings.say(hidden[0], "", "", "hidden_rows", rows=spans(hidden), count=len(hidden))
    if book.marks.hidden_columns:
        warnings.say(1, "", "", "hidden_columns", columns=", ".join(book.marks.hidden_columns))
    for cell, line in book.marks.zeros:
        warnings.say(line, "", cell, "formula_is_zero", cell=cell)
    for name, header, count in book.others:
        same = sum(cell in known for cell in header) > 1 or headings.meant(kind, header, known) > 1
        warnings.say(
            1,
            "",
            "",
            "other_sheet" if same else "other_sheet_of_notes",
            name=name[:80],
            count=count,
        )


def _checked_header(
    header: list[str], columns: tuple[Column, ...], kind: str, given: HeadingMap
) -> Layout:
    """Raises InvalidInput naming every unknown, repeated, nameless and missing column."""
    known = [column.name for column in columns]
    names, errors = headings.layout(
        kind, header, known, [column.name for column in columns if column.required], given
    )
    if errors:
        said = "; ".join(f"{error.field}: {error.reason}" for error in errors[:12])
        raise InvalidInput(
            f"The header is wrong. {said}. Known columns: {', '.join(known)}.",
            code="header",
            errors=errors,
        )
    return names
