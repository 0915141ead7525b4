"""The files that say what is wrong (CONTRACT 2)."""

from __future__ import annotations

import csv

import pytest

from ledger.faults import InvalidInput
from stores.imports.faults import KEPT, FaultList, of_file, report, write_error_file
from tests.stores.imports.files import read


def said(path):
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # so that a spreadsheet reads it as UTF-8
    with path.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.reader(source))


def one(line: int = 2, value: str = "x") -> FaultList:
    faults = FaultList()
    faults.add(line, "name", value, "is wrong")
    return faults


def test_faults_are_written_beside_the_file_in_the_order_of_lines(tmp_path):
    faults = one(9)
    faults.add(3, "crs", "火星", "is none, of these")
    target = write_error_file(tmp_path / "stores.csv", faults)
    assert target == tmp_path / "stores.csv.errors.csv"
    assert said(target) == [
        ["line", "column", "value", "reason"],
        ["3", "crs", "火星", "is none, of these"],
        ["9", "name", "x", "is wrong"],
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["stores.csv.errors.csv"]


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_value_becomes_a_formula_in_a_spreadsheet(tmp_path, value):
    assert said(write_error_file(tmp_path / "a.csv", one(value=value)))[1][2] == "'" + value


def test_long_values_are_cut_and_lone_surrogates_written_out(tmp_path):
    assert len(said(write_error_file(tmp_path / "a.csv", one(value="x" * 5_000)))[1][2]) == 201
    assert said(write_error_file(tmp_path / "a.csv", one(value="\ud800")))[1][2] == "\\ud800"


def test_a_run_leaves_only_what_it_has_to_say(tmp_path):
    path, names = tmp_path / "a.csv", lambda: sorted(found.name for found in tmp_path.iterdir())
    report(path, one(), one())
    assert names() == ["a.csv.errors.csv", "a.csv.warnings.csv"]
    report(path, FaultList(), one())
    assert names() == ["a.csv.warnings.csv"]
    report(path, FaultList(), FaultList())
    assert names() == []


def test_beyond_ten_thousand_faults_are_counted_only(tmp_path):
    faults = FaultList()
    for line in range(KEPT + 5):
        faults.add(line, "name", "", "is wrong")
    rows = said(write_error_file(tmp_path / "a.csv", faults))
    assert (len(rows), rows[-1][3]) == (KEPT + 2, "and 5 more; mend these first")


def test_a_wrong_header_becomes_faults_of_line_one(tmp_path):
    with pytest.raises(InvalidInput) as refusal:
        read(tmp_path, "branch_code,nam\n", "branches")
    assert [(fault.line, fault.column) for fault in of_file(refusal.value).kept] == [
        (1, "nam"),
        (1, "name"),
    ]


@pytest.mark.parametrize("broken", ['B3,"never closed\n', "B\0,nul\n"])
def test_a_file_that_breaks_off_is_at_fault_on_the_line_where_it_does(tmp_path, broken):
    with pytest.raises(InvalidInput) as refusal:
        read(tmp_path, "branch_code,name\nB1,one\nB2,two\n" + broken, "branches")
    assert [fault.line for fault in of_file(refusal.value).kept] == [4]
