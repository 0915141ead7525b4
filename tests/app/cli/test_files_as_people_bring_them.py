"""Files as people bring them, each by its name with what is right for it: taken as meant, refused, or told; never silent and wrong."""
from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import db
from app.cli.importing import imports
from stores import network as networks
from stores.importing import cells
from stores.importing.columns import COLUMNS
from stores.orders import sales_order
from stores.refunds import refund
from tests.network import Network
from tests.stores.importing.files import GOOD, as_csv, checked, only

FILES = Path(__file__).parents[2] / "stores" / "importing" / "realfiles"


class Person:
    """Somebody at the command line with a folder of files."""

    def __init__(self, folder: Path) -> None:
        self.folder, app = folder, Flask("command line")
        app.cli.add_command(imports)
        self.runner = app.test_cli_runner()

    def brings(self, kind: str, name: str, *options: str) -> Any:
        """A file of the folder of real files, or one that was written before."""
        if (FILES / name).exists():
            shutil.copyfile(FILES / name, self.folder / name)
        networks.forget()
        return self.runner.invoke(args=["import", kind, str(self.folder / name), *options])

    def writes(self, name: str, content: str | bytes) -> str:
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    def found(self, name: str, which: str) -> list[dict[str, str]]:
        """Rows of the file of errors or warnings beside it; none when there is no such file."""
        path = self.folder / f"{name}.{which}.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8-sig", newline="") as text:
            return list(csv.DictReader(text))


@pytest.fixture
def person(tmp_path: Path, network: Network) -> Person:
    network.open_store("S1", "D1", latitude="31.23", longitude="121.47")
    network.open_store("S2", "D2", latitude="31.30", longitude="121.50")
    networks.forget()
    return Person(tmp_path)


def last(done: Any) -> str:
    return str(done.stdout.strip().splitlines()[-1])


def totals(table: Any = sales_order, number: str = "order_no") -> dict[str, int]:
    """What is stored, by number, in minor units."""
    with db.read() as connection:
        return {row[0]: row[1] for row in connection.execute(select(table.c[number], table.c.total_minor))}


# -- rows that stand twice ------------------------------------------------------------------------------------------------------

def test_pasted_twice_waits_for_somebody_to_say_that_it_is_meant(person):
    done = person.brings("orders", "pasted_twice.csv")
    assert (done.exit_code, totals()) == (1, {})
    assert "2 warnings are doubtful" in done.stderr and "--accept-warnings" in done.stderr
    found = person.found("pasted_twice.csv", "warnings")
    assert [(w["line"], w["doubtful"]) for w in found] == [("4", "yes"), ("5", "yes")]
    assert [w["reason"].split(" already")[0] for w in found] == ["stands in line 2", "stands in line 3"]


def test_pasted_twice_is_taken_as_it_stands_when_it_is_meant(person):
    assert last(person.brings("orders", "pasted_twice.csv", "--accept-warnings")) == "orders: 2 new"
    assert totals() == {"P1": 2000, "P2": 4000}
    assert last(person.brings("orders", "pasted_twice.csv")) == "nothing changed"


def test_two_truly_equal_lines_carry_their_numbers(person):
    name = person.writes("equal.csv", "order_no,customer_id,paid_at,amount,store_code,line_no\nP1,c,2026-04-05,10.00,S1,1\nP1,c,2026-04-05,10.00,S1,2\n")
    assert last(person.brings("orders", name)) == "orders: 1 new"
    assert totals() == {"P1": 2000}


def test_refund_pasted_twice_waits_as_well(person):
    once = person.writes("once.csv", "order_no,customer_id,paid_at,amount,store_code\nP1,c1,2026-04-05 10:00,10.00,S1\n")
    person.brings("orders", once)
    done = person.brings("orders", "refund_pasted_twice.csv")
    assert (done.exit_code, totals(refund, "refund_no")) == (1, {})
    assert [w["line"] for w in person.found("refund_pasted_twice.csv", "warnings")] == ["3"]


def test_a_dry_run_says_what_the_import_would_wait_for(person):
    done = person.brings("orders", "pasted_twice.csv", "--dry-run")
    assert (done.exit_code, last(done), totals()) == (0, "dry run, nothing written", {})
    assert "2 warnings are doubtful; the import will want --accept-warnings" in done.stderr


# -- what was understood --------------------------------------------------------------------------------------------------------

def test_every_import_says_on_stderr_how_the_file_was_read(person):
    name = person.writes("branches.csv", "branch_code;name\nB9;华东\n".encode("gb18030"))
    done = person.brings("branches", name)
    assert "CSV in GB18030, separated by semicolons · 1 rows, 2 columns" in done.stderr
    assert "GB18030" not in done.stdout


# -- marks, look-alikes, dates ---------------------------------------------------------------------------------------------------

def test_excel_text2_loses_its_marks_and_the_clean_file_books_nothing_again(person):
    done = person.brings("orders", "excel_text2.csv")
    assert last(done) == "orders: 4 new"
    assert sorted(totals()) == [f"202503011234567890{n}" for n in (12, 13, 14, 15)]
    assert "order_no, 3 values: marks of a spreadsheet or a bill were taken off (first in line 2)" in done.stderr
    assert last(person.brings("orders", "excel_text_clean.csv")) == "nothing changed"





@pytest.mark.parametrize("kind", sorted(GOOD))
@pytest.mark.parametrize("mark", ['="{}"', "'{}", "`{}"])
def test_marks_come_off_every_cell_of_every_kind_but_free_text(tmp_path, kind, mark):
    row = GOOD[kind]
    marked = {name: text if isinstance(parser(kind, name), cells.words) else mark.format(text) for name, text in row.items()}
    answer = checked(tmp_path, kind, marked)
    assert (answer.faults.kept, answer.rows[0].values) == ([], checked(tmp_path, kind, row).rows[0].values)
    assert answer.understood.mends.total == sum(not isinstance(parser(kind, name), cells.words) for name in row)


def parser(kind: str, name: str) -> Any:
    return next(column.parse for column in COLUMNS[kind] if column.name == name)


def test_a_name_may_begin_with_an_apostrophe(tmp_path):
    assert checked(tmp_path, "stores", {"name": "'s-Hertogenbosch"}).rows[0].values["name"] == "'s-Hertogenbosch"


@pytest.mark.parametrize(("text", "said"), [
    ("Market \x96 West", "Market – West"), ("O\x92Connell", "O’Connell"), ("caf\x85e", None)])
def test_c1_controls_that_are_windows_punctuation_are_mended_with_a_warning(tmp_path, text, said):
    answer = checked(tmp_path, "stores", {"name": text})
    if said:
        assert (answer.rows[0].values["name"], only(answer.warnings).code) == (said, "c1_controls")
    else:
        assert answer.rows[0].values["name"] == "caf e"  # NEL is a line break


def test_lead_zero_loss2_waits_beside_the_store_that_has_its_zeros(person, network):
    network.open_store("0017", "D1")
    done = person.brings("stores", "lead_zero_loss2.csv")
    assert (done.exit_code, "looks like 0017" in done.stdout) == (1, True)


def test_nfd_waits_beside_the_same_name_in_one_piece(person, network):
    network.open_store("CAFÉ-1", "D1")
    assert person.brings("stores", "nfd.csv").exit_code == 1
    assert "looks like CAFÉ-1" in person.found("nfd.csv", "warnings")[-1]["reason"]


def test_fullwidth_code_waits_beside_the_store_of_usual_width(person):
    done = person.brings("stores", "fullwidth_code.csv")
    assert (done.exit_code, "looks like S1" in done.stdout) == (1, True)


def test_pandas_float_stores_waits_and_says_which_code_is_meant(person):
    done = person.brings("stores", "pandas_float_stores.csv")
    assert (done.exit_code, "is 1001 meant?" in done.stdout) == (1, True)


@pytest.mark.parametrize(("one", "other"), [("17", "0017"), ("1001.0", "1001"), ("S1", "Ｓ１"), ("CAFÉ", "CAFE\u0301"), ("СТОР", "CTOP"), ("A-1", "A–1")])
@pytest.mark.parametrize("kind", ["branches", "dealers", "stores", "guides", "customers", "orders", "events"])
def test_two_codes_of_one_file_that_look_alike_wait_in_every_kind(person, kind, one, other):
    key = COLUMNS[kind][0].name
    good = {**GOOD[kind], "guide_code": "", "customer_id": "C9"} if kind in ("orders", "events") else dict(GOOD[kind])
    good |= {"type": "customer.registered"} if kind == "events" else {}
    name = person.writes("alike.csv", as_csv([{**good, key: one}, {**good, key: other}]))
    done = person.brings(kind, name)
    assert done.exit_code == 1, done.output
    assert {w["line"] for w in person.found(name, "warnings") if w["doubtful"]} >= {"3"} or one == "1001.0"
    assert person.brings(kind, name, "--accept-warnings").exit_code == 0


@pytest.mark.parametrize(("stored", "coming"), [("0017", "17"), ("17", "0017"), ("1001", "1001.0"), ("S-9", "Ｓ-９"), ("CAFÉ", "CAFE\u0301")])
@pytest.mark.parametrize("kind", ["branches", "dealers", "stores", "guides", "customers", "orders", "events"])
def test_a_code_that_looks_like_one_that_is_stored_waits_in_every_kind(person, kind, stored, coming):
    key = COLUMNS[kind][0].name
    good = {**GOOD[kind], "guide_code": "", "customer_id": "C9"} if kind in ("orders", "events") else dict(GOOD[kind])
    good |= {"type": "customer.registered"} if kind == "events" else {}
    assert person.brings(kind, person.writes("a.csv", as_csv([{**good, key: stored}])), "--accept-warnings").exit_code == 0
    name = person.writes("b.csv", as_csv([{**good, key: coming}]))
    assert person.brings(kind, name).exit_code == 1
    assert any(f"looks like {stored}" in w["reason"] for w in person.found(name, "warnings"))
    assert person.brings(kind, name, "--accept-warnings").exit_code == 0
    assert last(person.brings(kind, name)) == "nothing changed"


@pytest.mark.parametrize("column", ["customer_id"])
def test_a_buyer_who_would_be_a_second_person_waits(person, column):
    first = {**GOOD["orders"], column: "0042"}
    person.brings("orders", person.writes("a.csv", as_csv([first])))
    name = person.writes("b.csv", as_csv([{**first, "order_no": "O2", column: "42"}]))
    assert person.brings("orders", name).exit_code == 1
    assert "looks like 0042" in person.found(name, "warnings")[0]["reason"]


@pytest.mark.parametrize(("text", "moment"), [
    ("2025/3/1 10:00", "2025-03-01T02:00:00+00:00"), ("2025-3-1 9:05", "2025-03-01T01:05:00+00:00"), ("2025年3月1日 10:00", "2025-03-01T02:00:00+00:00"),
    ("25/3/2025 10:00:30", "2025-03-25T02:00:30+00:00"), ("3/25/2025 9:05 PM", "2025-03-25T13:05:00+00:00"), ("1.3.2025", "2025-02-28T16:00:00+00:00"),
    ("3/3/2025", "2025-03-02T16:00:00+00:00"), ("2026-04-05 21:06:21 +0800", "2026-04-05T13:06:21+00:00"), ("45717", "2025-02-28T16:00:00+00:00"),
    ("45717.4166666667", "2025-03-01T02:00:00+00:00")])
def test_dates_as_spreadsheets_write_them(tmp_path, text, moment):
    assert checked(tmp_path, "orders", {"paid_at": text}).rows[0].values["paid_at"].isoformat() == moment


def test_a_day_and_a_month_that_may_be_either_are_refused_unless_the_column_decides(tmp_path):
    alone = only(checked(tmp_path, "stores", {"opened_on": "1/3/2025"}).faults)
    assert (alone.code, alone.parameters) == ("unclear_day", {"first": "2025-03-01", "second": "2025-01-03"})
    answer = checked(tmp_path, "stores", {"opened_on": "1/3/2025"}, {"store_code": "S2", "opened_on": "25/3/2025"})
    assert [row.values["opened_on"].isoformat() for row in answer.rows] == ["2025-03-01", "2025-03-25"]
    assert answer.understood.dates == (("opened_on", "dmy"),)
    other = checked(tmp_path, "stores", {"opened_on": "1/3/2025"}, {"store_code": "S2", "opened_on": "3/25/2025"})
    assert [row.values["opened_on"].isoformat() for row in other.rows] == ["2025-01-03", "2025-03-25"]


def test_a_column_with_both_orders_is_refused(tmp_path):
    faults = checked(tmp_path, "stores", {"opened_on": "25/3/2025"}, {"store_code": "S2", "opened_on": "3/25/2025"}, {"store_code": "S3", "opened_on": "1/2/2025"}).faults
    assert {fault.code for fault in faults.kept} == {"days_in_both_orders"} and faults.total == 3


def test_a_number_of_a_day_is_said(tmp_path):
    warning = only(checked(tmp_path, "stores", {"opened_on": "45717"}).warnings)
    assert (warning.code, warning.parameters) == ("excel_day_number", {"day": "2025-03-01"})
