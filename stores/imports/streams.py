"""Reading a table row by row, for files of millions of rows that are never held as a whole."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from ledger.faults import FieldFault, InvalidInput
from stores.imports import encodings
from stores.imports.marks import without_marks

SEPARATORS = (",", ";", "\t")
CELL_LIMIT = (
    csv.field_size_limit()
)  # characters; the module's own limit is one for the whole process and is left as it is
_PIECE = 1 << 20
_SAID_SEPARATOR = re.compile(r'"?sep=.?"?\s*', re.I)  # Excel's first line


def encoding_of(path: Path) -> str:
    """By reading the file once: UTF-8 where it is or mostly is that (what is damaged comes out as
    replacement marks, no row is lost), UTF-16 with its mark, GB18030 or Windows-1252 where the
    evidence is plain. Raises InvalidInput where it is not, and for a file that cannot be read."""
    decoder, sample, size, line = (
        codecs.getincrementaldecoder("utf-8-sig")("replace"),
        list[bytes](),
        0,
        b"",
    )
    good = bad = 0
    try:
        with path.open("rb") as source:
            if source.read(2) in encodings.MARKS_OF_UTF_16:
                return encodings.UTF_16
            source.seek(0)
            while piece := source.read(_PIECE):
                if not piece.isascii() and size < encodings.SAMPLE:
                    whole, _, line = (line + piece).rpartition(b"\n")
                    sample.append(encodings.sample_of(whole))
                    size += len(sample[-1])
                text = decoder.decode(piece)
                if not text.isascii():
                    lost = text.count("\ufffd")
                    bad, good = (
                        bad + lost,
                        good + len(text) - len(text.encode("ascii", "ignore")) - lost,
                    )
    except OSError as reason:
        raise InvalidInput(f"{path.name} cannot be read: {reason.strerror or reason}.") from None
    if not bad or good > 4 * bad:
        return "utf-8-sig"
    found = encodings.likely(b"\n".join([*sample, encodings.sample_of(line)]))
    if found is None:
        raise InvalidInput(
            f"{path.name} is neither UTF-8 nor plainly GB18030 or Windows-1252; its names would "
            "become others. Save it as CSV UTF-8."
        )
    return found


def read_rows(
    path: Path,
    columns: tuple[str, ...],
    required: tuple[str, ...],
    at: Callable[[int], None] | None = None,
    mended: Counter[str] | None = None,
) -> tuple[list[str], Iterator[list[str]], str]:
    """(header columns that are unknown, rows, encoding). A row has the cells of `columns` in that
    order, trimmed, '' for what is absent; blank lines are left out. `at(bytes)` is told how far the
    file is read. Marks of spreadsheets come off the first of `columns`, which names the row;
    `mended` counts them by column. Raises InvalidInput for a missing or repeated column."""
    encoding = encoding_of(path)
    text = io.TextIOWrapper(path.open("rb"), encoding=encoding, errors="replace", newline="")
    try:
        first = text.readline(CELL_LIMIT).lstrip("\ufeff")  # the mark of UTF-8 may stand twice
        if _SAID_SEPARATOR.fullmatch(first):
            first = text.readline(CELL_LIMIT)
        mark = max(
            SEPARATORS,
            key=lambda each: sum(name.strip().strip('"') in columns for name in first.split(each)),
        )
        header = [name.strip() for name in next(csv.reader([first], delimiter=mark), [])]
        while header and not header[-1]:
            header.pop()
        _check_header(path, header, columns, required)
    except BaseException:
        text.close()
        raise
    rows = _rows(
        text,
        mark,
        [header.index(n) if n in header else -1 for n in columns],
        at,
        columns[0],
        Counter() if mended is None else mended,
    )
    return [name for name in header if name not in columns], rows, encoding


def _check_header(
    path: Path, header: list[str], columns: tuple[str, ...], required: tuple[str, ...]
) -> None:
    errors = [
        FieldFault(name, "this column is required and missing")
        for name in required
        if name not in header
    ]
    errors += [
        FieldFault(name, "this column stands in the header twice")
        for name in columns
        if header.count(name) > 1
    ]
    if errors:
        said = "; ".join(f"{e.field}: {e.reason}" for e in errors)
        raise InvalidInput(
            f"The header of {path.name} is wrong. {said}. Known columns: {', '.join(columns)}.",
            code="header",
            errors=errors,
        )


def _rows(
    text: io.TextIOWrapper,
    mark: str,
    places: list[int],
    at: Callable[[int], None] | None,
    first: str,
    mended: Counter[str],
) -> Iterator[list[str]]:
    with text:
        reader = csv.reader(text, delimiter=mark, skipinitialspace=True)
        for number, cells in enumerate(_without_breaks(reader)):
            if cells:
                width = len(cells)
                row = [cells[place].strip() if 0 <= place < width else "" for place in places]
                if (bare := without_marks(row[0])) is not row[0]:
                    mended[first] += 1
                    row[0] = bare
                yield row
            if at is not None and number % 10_000 == 0:
                at(text.buffer.tell())


def _without_breaks(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """A cell above the limit (an unclosed quote swallows the rest) ends its row as an empty one,
    and reading goes on."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield [""]
