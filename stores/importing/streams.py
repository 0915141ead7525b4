"""Reading a table row by row, for files of millions of rows that are never held as a whole."""
from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

from ledger.faults import FieldFault, InvalidInput

SEPARATORS = (",", ";", "\t")
CELL_LIMIT = csv.field_size_limit()  # characters; the module's own limit is one for the whole process and is left as it is
_PIECE = 1 << 20


def encoding_of(path: Path) -> str:
    """utf-8-sig or gb18030, by reading the file once. What is neither is read as UTF-8 with replacement marks: no row is lost. Raises
    InvalidInput for UTF-16 and for a file that cannot be read."""
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8-sig", "gb18030")}
    try:
        with path.open("rb") as source:
            first = source.read(2)
            if first in (b"\xff\xfe", b"\xfe\xff"):
                raise InvalidInput(f"{path.name} is in UTF-16; save it as CSV UTF-8.")
            source.seek(0)
            while piece := source.read(_PIECE):
                _feed(decoders, piece, False)
            _feed(decoders, b"", True)
    except OSError as reason:
        raise InvalidInput(f"{path.name} cannot be read: {reason.strerror or reason}.") from None
    return next(iter(decoders), "utf-8-sig")


def _feed(decoders: dict[str, codecs.IncrementalDecoder], piece: bytes, last: bool) -> None:
    for name in list(decoders):
        try:
            decoders[name].decode(piece, last)
        except UnicodeDecodeError:
            del decoders[name]


def read_rows(path: Path, columns: tuple[str, ...], required: tuple[str, ...],
              at: Callable[[int], None] | None = None) -> tuple[list[str], Iterator[list[str]]]:
    """(header columns that are unknown, rows). A row has the cells of `columns` in that order, trimmed, '' for what is absent; blank lines
    are left out. `at(bytes)` is told how far the file is read. Raises InvalidInput for a missing or repeated column."""
    encoding = encoding_of(path)
    text = io.TextIOWrapper(path.open("rb"), encoding=encoding, errors="replace", newline="")
    try:
        first = text.readline(CELL_LIMIT)
        mark = max(SEPARATORS, key=lambda each: sum(name.strip().strip('"') in columns for name in first.split(each)))
        header = [name.strip() for name in next(csv.reader([first], delimiter=mark), [])]
        while header and not header[-1]:
            header.pop()
        _check_header(path, header, columns, required)
    except BaseException:
        text.close()
        raise
    return [name for name in header if name not in columns], _rows(text, mark, [header.index(n) if n in header else -1 for n in columns], at)


def _check_header(path: Path, header: list[str], columns: tuple[str, ...], required: tuple[str, ...]) -> None:
    errors = [FieldFault(name, "this column is required and missing") for name in required if name not in header]
    errors += [FieldFault(name, "this column stands in the header twice") for name in columns if header.count(name) > 1]
    if errors:
        said = "; ".join(f"{e.field}: {e.reason}" for e in errors)
        raise InvalidInput(f"The header of {path.name} is wrong. {said}. Known columns: {', '.join(columns)}.", code="header", errors=errors)


def _rows(text: io.TextIOWrapper, mark: str, places: list[int], at: Callable[[int], None] | None) -> Iterator[list[str]]:
    with text:
        reader = csv.reader(text, delimiter=mark, skipinitialspace=True)
        for number, cells in enumerate(_without_breaks(reader)):
            if cells:
                width = len(cells)
                yield [cells[place].strip() if 0 <= place < width else "" for place in places]
            if at is not None and number % 10_000 == 0:
                at(text.buffer.tell())


def _without_breaks(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """A cell above the limit (an unclosed quote swallows the rest) ends its row as an empty one, and reading goes on."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield [""]
