"""No text of a file of ours is run by the spreadsheet that opens it."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from stores.base.formulas import inert
from stores.imports.faults import FaultList, as_csv

ROOT = Path(__file__).resolve().parents[3]
FOR_PROGRAMS = {
    "app/cli/assign.py",
    "app/imports/samples.py",
}  # what is routed in a batch, and an example row of our own


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "-cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1+1",
        "　=1",
        "＝1+1",
        "＋1",
        "－1",
        "＠cmd",
        "﹦1",
        "﹣1",
    ],
)
def test_a_text_that_begins_like_a_formula_is_marked(text):
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", " ", "1-2", "S-1", "Bund", "'=1", "（＋）", "a=b", "_-"])
def test_any_other_text_stays_as_it_is(text):
    assert inert(text) == text


def test_an_error_file_repeats_what_was_wrong_without_running_it():
    faults = FaultList()
    faults.add(2, "name", "＝HYPERLINK(1)", "-is wrong")
    assert list(csv.reader(io.StringIO(as_csv(faults))))[1] == [
        "2",
        "name",
        "'＝HYPERLINK(1)",
        "'-is wrong",
    ]


def test_whoever_writes_csv_marks_its_texts():
    written = {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for folder in ("app", "stores", "incentives", "ledger")
        for path in (ROOT / folder).rglob("*.py")
    }
    writers = {
        name for name, text in written.items() if "csv.writer(" in text or "DictWriter(" in text
    }
    assert {
        name for name in writers if not re.search("import (inert|protected)\\b", written[name])
    } == FOR_PROGRAMS
