"""Reading a table from a file (N2, CONTRACT 2)."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.faults import InvalidInput
from stores.imports import workbooks
from stores.imports.columns import COLUMNS
from stores.imports.sheets import Sheet, read_sheet
from tests.stores.imports.files import as_xlsx, read

BRANCHES = "branch_code,name\nB1,华东\n"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
def test_a_file_is_read_in_the_encoding_it_was_saved_in(tmp_path, encoding, named):
    sheet = read(tmp_path, BRANCHES.encode(encoding), "branches")
    assert (sheet.encoding, sheet.rows) == (named, [(2, {"branch_code": "B1", "name": "华东"})])


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_of_every_office_are_read(tmp_path, mark, end):
    sheet = read(tmp_path, f"name{mark}branch_code{end}East{mark}B1{end}", "branches")
    assert sheet.rows == [(2, {"name": "East", "branch_code": "B1"})]


def test_a_row_is_named_by_the_line_it_starts_on(tmp_path):
    sheet = read(tmp_path, 'branch_code,name\nB1,"East\nand\nSouth"\n\n , \nB2,West\n', "branches")
    assert [(line, cells["branch_code"]) for line, cells in sheet.rows] == [(2, "B1"), (7, "B2")]


def test_header_names_and_cells_are_trimmed(tmp_path):
    assert read(tmp_path, " branch_code , name\n B1 ,\u3000华东 \n", "branches").rows == [
        (2, {"branch_code": "B1", "name": "华东"})
    ]


def test_empty_columns_at_the_end_are_no_columns(tmp_path):
    sheet = read(tmp_path, "branch_code,name,,\nB1,East,,\nB2,West\n", "branches")
    assert (sheet.columns, len(sheet.rows)) == (("branch_code", "name"), 2)


def test_a_header_alone_is_a_table_without_rows(tmp_path):
    assert read(tmp_path, "branch_code,name\n", "branches").rows == []


def test_rows_with_too_many_or_too_few_cells_are_faults_by_line(tmp_path):
    sheet = read(tmp_path, "branch_code,name\nB1\nB2,West,x\nB3,North\n", "branches")
    assert [fault.line for fault in sheet.faults.kept] == [2, 3]
    assert [line for line, _ in sheet.rows] == [4]


BAD_FILES = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\n", "is empty"),
    "byte order mark alone": (b"\xef\xbb\xbf", "is empty"),
    "only separators": (b",,\n,,\n", "is empty"),
    "damaged utf-16": (BRANCHES.encode("utf-16")[:-1], "UTF-16"),
    "utf-16 without mark": (BRANCHES.encode("utf-16-le"), "NUL"),
    "NUL in a cell": (b"branch_code,name\nB1,a\0b\n", "Line 2 holds a NUL"),
    "neither encoding": (b"branch_code,name\nB1,\xff\xff\n", "neither UTF-8"),
    "cut inside a character": (
        ("branch_code,name\n" + "B1,华东分公司\n" * 9).encode()[:-2],
        "not UTF-8, though the rest",
    ),
    "mark, then other bytes": (b"\xef\xbb\xbfbranch_code,name\nB1,\xb6\xab\n", "not UTF-8"),
    "open quote": (b'branch_code,name\nB1,"East\n', "is no CSV"),
    "text behind a quote": (b'branch_code,name\nB1,"East"x\n', "is no CSV"),
    "huge cell": (b"branch_code,name\nB1," + b"x" * 200_000, "is no CSV"),
    "unknown column": (b"branch_code,name,colour\n", "colour: unknown column"),
    "misspelt column": (
        b"branch_cod,name\n",
        "do you mean branch_code? --map branch_cod=branch_code",
    ),
    "capital letters": (
        b"Branch_Code,name\n",
        "do you mean branch_code? --map Branch_Code=branch_code",
    ),
    "column twice": (b"branch_code,name,name\n", "name: this column stands in the header twice"),
    "column missing": (b"branch_code\nB1\n", "name: this column is required and missing"),
    "nameless column": (b"branch_code,,name\n", "column 2: this column has no name"),
    "no header": (b"B1,East\nB2,West\n", "unknown column"),
    "old workbook": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "password or in the old .xls",
    ),
    "broken zip": (b"PK\x03\x04" + b"x" * 100, "damaged"),
    "empty zip": (b"PK\x05\x06" + bytes(18), "no XLSX"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "This is an image"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "This is a PDF document"),
    "JSON": (b'{"branch_code": "B1"}', "This is JSON"),
}


@pytest.mark.parametrize(("content", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_what_is_no_table_is_refused_in_words(tmp_path, content, said):
    with pytest.raises(InvalidInput) as refusal:
        read(tmp_path, content, "branches")
    assert said in refusal.value.detail


def test_every_wrong_column_of_a_header_is_named_at_once(tmp_path):
    with pytest.raises(InvalidInput) as refusal:
        read(tmp_path, "branch_cod,colour\n", "branches")
    assert [error.field for error in refusal.value.errors] == [
        "branch_cod",
        "colour",
        "branch_code",
        "name",
    ]


def test_a_text_named_as_workbook_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="no XLSX workbook"):
        read(tmp_path, BRANCHES, "branches", name="file.xlsx")


@pytest.mark.parametrize("path", ["missing.csv", "."])
def test_a_file_that_is_not_there_is_refused(tmp_path, path):
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_sheet(tmp_path / path, COLUMNS["branches"])


def test_more_rows_or_bytes_than_allowed_are_refused(tmp_path):
    rows = "branch_code,name\n" + "B,East\n" * 4
    assert len(read(tmp_path, rows, "branches", max_rows=4).rows) == 4
    with pytest.raises(InvalidInput, match="more than 3 rows"):
        read(tmp_path, rows, "branches", max_rows=3)
    with pytest.raises(InvalidInput, match="larger than"):
        read(tmp_path, rows, "branches", max_bytes=20)


# -- workbooks -------------------------------------------------------------------------------------


def test_codes_stay_codes_in_numeric_cells_and_times_become_iso(tmp_path):
    header = ["event_id", "guide_code", "customer_id", "occurred_at", "type"]
    content = as_xlsx(
        [
            header,
            [1001.0, 1e5, 123456789012345, dt.datetime(2025, 3, 1, 10, 30, 15), "chat.day"],
            [1002, 0.1 + 0.2, True, dt.datetime(2025, 3, 1), "chat.day"],
        ]
    )
    rows = [
        [cells[name] for name in header[:4]]
        for _, cells in read(tmp_path, content, "events", name="a.xlsx").rows
    ]
    assert rows == [
        ["1001", "100000", "123456789012345", "2025-03-01T10:30:15"],
        ["1002", "0.3", "true", "2025-03-01"],
    ]


def test_a_number_whose_last_digits_the_workbook_lost_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="Row 2 holds a number of more than 15 digits"):
        read(tmp_path, as_xlsx([["branch_code", "name"], [202503010000123456, "East"]]), "branches")


def test_the_name_of_a_workbook_does_not_matter_and_blank_rows_keep_their_lines(tmp_path):
    sheet = read(
        tmp_path,
        as_xlsx([[], ["branch_code", "name"], [], ["B1", "East"]]),
        "branches",
        name="a.csv",
    )
    assert (sheet.encoding, sheet.rows) == ("xlsx", [(4, {"branch_code": "B1", "name": "East"})])


def test_an_error_value_in_a_cell_is_refused_and_not_taken_for_empty(tmp_path):
    out = repacked(
        as_xlsx([["branch_code", "name"], ["B1", 7]]),
        lambda xml: xml.replace(b'<c r="B2"><v>7', b'<c r="B2" t="e"><v>#N/A'),
    )
    with pytest.raises(InvalidInput, match="Cell B2 holds an error value"):
        read(tmp_path, out, "branches")


def repacked(content: bytes, change, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The workbook with one part rewritten."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return out.getvalue()


SMALL = as_xlsx([["branch_code", "name"], ["B1", "East"]])
BOMBS = {
    "a part of 30 MB from 30 kB": (lambda xml: xml + b" " * 30_000_000, "too much"),
    "a cell in the last corner": (
        lambda xml: xml.replace(b'r="B2"', b'r="XFD1048576"'),
        "spans 1048576 rows and 16384 columns",
    ),
    "the same with other quotes": (
        lambda xml: xml.replace(b'r="B2"', b"r = 'XFD1048576'"),
        "spans",
    ),
    "a row beyond all rows": (
        lambda xml: xml.replace(b'r="B2"', b'r="B99999999999999999999"'),
        "spans",
    ),
    "no XML": (lambda xml: b"\x00\x01\x02<<<", "workbook"),
    "cut XML": (lambda xml: xml[: len(xml) // 2], "header is wrong|workbook|is empty"),
}


def test_a_workbook_above_the_limit_is_refused_however_well_it_is_packed(tmp_path, monkeypatch):
    monkeypatch.setattr(workbooks, "MAX_UNPACKED_BYTES", 3_000)
    with pytest.raises(InvalidInput, match="too much"):
        read(tmp_path, SMALL, "branches")


def test_a_workbook_that_understates_its_size_is_refused(tmp_path):
    size = struct.pack("<I", 777_777)
    honest = repacked(SMALL, lambda xml: xml.ljust(777_777))
    with pytest.raises(InvalidInput, match="damaged"):
        read(tmp_path, honest.replace(size, struct.pack("<I", 777)), "branches")


@pytest.mark.parametrize(("change", "said"), BOMBS.values(), ids=BOMBS)
def test_a_workbook_that_would_exhaust_memory_is_refused_before_it_is_parsed(
    tmp_path, change, said
):
    with pytest.raises(InvalidInput, match=said):
        read(tmp_path, repacked(SMALL, change), "branches")


def test_one_long_text_referred_to_by_many_cells_is_refused(tmp_path):
    cells = b"".join(
        b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 40_001)
    )
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    texts = b"<sst " + space + b"><si><t>" + b"long" * 8_000 + b"</t></si></sst>"
    sheet = b"<worksheet " + space + b"><sheetData>" + cells + b"</sheetData></worksheet>"
    content = repacked(repacked(SMALL, lambda _: sheet), lambda _: texts, "xl/sharedStrings.xml")
    with pytest.raises(InvalidInput, match="texts of the workbook are too long"):
        read(tmp_path, content, "branches")


def test_a_zip_that_is_no_workbook_is_refused(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(InvalidInput, match="holds no XLSX workbook"):
        read(tmp_path, out.getvalue(), "branches")


# -- whatever the bytes ----------------------------------------------------------------------------

CORPUS = (
    b"",
    BRANCHES.encode(),
    BRANCHES.encode("gb18030"),
    BRANCHES.encode("utf-16"),
    SMALL,
    b'branch_code,name\n"a\n',
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """One of the corpus with some bytes replaced, cut or put in."""
    content = bytearray(draw(st.sampled_from(CORPUS)))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 4))] = draw(st.binary(max_size=6))
    return bytes(content)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.one_of(
        damaged(),
        st.binary(max_size=300),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore")),
    )
)
def test_any_bytes_are_a_table_or_refused_in_words(tmp_path: Path, content: bytes):
    assert answer(tmp_path, content)


def answer(folder: Path, content: bytes) -> Sheet | str:
    try:
        return read(folder, content, "branches")
    except InvalidInput as refusal:
        return refusal.detail
