"""Workbooks with merged cells, more sheets, filters and formulas."""

from __future__ import annotations

import contextlib
import io
import time

import pytest
import xlsxwriter

from ledger.faults import InvalidInput
from stores.imports import sheet_marks
from tests.app.cli.person import last


@pytest.mark.parametrize(
    ("name", "ranges"), [("merged.xlsx", "G2:G4, H2:H4"), ("merged_update.xlsx", "G2:G3")]
)
def test_merged_cells_are_refused_by_their_ranges(person, name, ranges):
    done = person.brings("stores", name)
    assert (done.exit_code, f"Cells are merged: {ranges}." in done.stderr) == (1, True)


def test_two_filled_sheets_wait_and_name_the_sheet_that_is_not_read(person):
    done = person.brings("stores", "two_filled_sheets.xlsx")
    assert done.exit_code == 1
    assert "the sheet February holds 2 rows of the same kind and is not read" in done.stdout
    assert (
        last(person.brings("stores", "two_filled_sheets.xlsx", "--accept-warnings"))
        == "stores: 1 new"
    )


def test_a_second_sheet_of_notes_is_told_and_stops_nothing(person):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.add_worksheet("rows").write_row(0, 0, ["branch_code", "name"])
    book.worksheets()[0].write_row(1, 0, ["B9", "West"])
    book.add_worksheet("About").write_row(0, 0, ["Made by Petra"])
    book.add_worksheet("Empty")
    book.close()
    done = person.brings("branches", person.writes("notes.xlsx", out.getvalue()))
    assert (last(done), [w["reason"] for w in person.found("notes.xlsx", "warnings")]) == (
        "branches: 1 new",
        ["the sheet About holds 1 rows and is not read"],
    )
    assert "Workbook, sheet rows" in done.stderr


def test_filtered_rows_wait_and_name_the_rows(person):
    done = person.brings("stores", "filtered_rows.xlsx")
    assert (
        done.exit_code,
        "2 rows of the sheet are hidden, perhaps by a filter (3–4)" in done.stdout,
    ) == (1, True)


def test_amounts2_waits_because_its_formula_was_never_calculated(person):
    done = person.brings("orders", "amounts2.xlsx")
    assert (done.exit_code, "cell D6 holds a formula" in done.stdout) == (1, True)


FORMULAS = [
    (b"<f>10*2</f><v>20</v>", b"", []),
    (b"<f>10*2</f><v>0</v>", b"", [("B2", 2)]),
    (b'<f t="shared" si="0"/><v>0</v>', b"", [("B2", 2)]),
    (b"<f>1</f><v>0</v>", b'<row r="3"><c r="A3" t="str"><f>"x"</f><v>x</v></c></row>', []),
]


@pytest.mark.parametrize(("cell", "more", "zeros"), FORMULAS)
def test_a_formula_that_is_nought_is_doubted_only_where_no_formula_has_a_result(cell, more, zeros):
    assert (
        sheet_marks.of_sheet(
            b'<sheetData><row r="2"><c r="A2"/><c r="B2">'
            + cell
            + b"</c></row>"
            + more
            + b"</sheetData>"
        ).zeros
        == zeros
    )


@pytest.mark.parametrize(
    "cell", [b"<f>10*2</f>", b"<f>10*2</f><v/>", b"<f>10*2</f><v></v>", b"<x:f>1</x:f><x:v></x:v>"]
)
def test_a_formula_without_any_result_is_refused(cell):
    with pytest.raises(InvalidInput, match="Cell B2 holds a formula that was never calculated"):
        sheet_marks.of_sheet(b'<c r="A2"><v>1</v></c><c r="B2">' + cell + b"</c>")


@pytest.mark.parametrize(
    "xml",
    [
        b"<row " * 400_000,
        b"<row " + b"hidden " * 200_000,
        b"<c r='A1'><f>" * 150_000,
        b"<f" * 500_000,
        b"<c " + b"r=" * 400_000,
        b"<" * 500_000,
    ],
)
def test_a_hostile_sheet_is_looked_through_once(xml):
    began = time.process_time()
    with contextlib.suppress(InvalidInput):
        sheet_marks.of_sheet(xml)
    assert time.process_time() - began < 5
