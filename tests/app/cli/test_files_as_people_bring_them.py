"""Files as people bring them, each by its name with what is right for it: taken as meant, refused,
or told; never silent and wrong."""

from __future__ import annotations

from typing import Any

import pytest

from stores.facts.refunds import refund
from stores.imports import cells
from stores.imports.columns import COLUMNS
from tests.app.cli.person import last, totals
from tests.stores.imports.files import GOOD, checked, only


def test_pasted_twice_waits_for_somebody_to_say_that_it_is_meant(person):
    done = person.brings("orders", "pasted_twice.csv")
    assert (done.exit_code, totals()) == (1, {})
    assert "2 warnings are doubtful" in done.stderr and "--accept-warnings" in done.stderr
    found = person.found("pasted_twice.csv", "warnings")
    assert [(w["line"], w["doubtful"]) for w in found] == [("4", "yes"), ("5", "yes")]
    assert [w["reason"].split(" already")[0] for w in found] == [
        "stands in line 2",
        "stands in line 3",
    ]


def test_pasted_twice_is_taken_as_it_stands_when_it_is_meant(person):
    assert last(person.brings("orders", "pasted_twice.csv", "--accept-warnings")) == "orders: 2 new"
    assert totals() == {"P1": 2000, "P2": 4000}
    assert last(person.brings("orders", "pasted_twice.csv")) == "nothing changed"


def test_two_truly_equal_lines_carry_their_numbers(person):
    name = person.writes(
        "equal.csv",
        "order_no,customer_id,paid_at,amount,store_code,line_no\nP1,c,2026-04-05,10.00,S1,1\nP1,c,2026-04-05,10.00,S1,2\n",
    )
    assert last(person.brings("orders", name)) == "orders: 1 new"
    assert totals() == {"P1": 2000}


def test_refund_pasted_twice_waits_as_well(person):
    once = person.writes(
        "once.csv",
        "order_no,customer_id,paid_at,amount,store_code\nP1,c1,2026-04-05 10:00,10.00,S1\n",
    )
    person.brings("orders", once)
    done = person.brings("orders", "refund_pasted_twice.csv")
    assert (done.exit_code, totals(refund, "refund_no")) == (1, {})
    assert [w["line"] for w in person.found("refund_pasted_twice.csv", "warnings")] == ["3"]


def test_a_dry_run_says_what_the_import_would_wait_for(person):
    done = person.brings("orders", "pasted_twice.csv", "--dry-run")
    assert (done.exit_code, last(done), totals()) == (0, "dry run, nothing written", {})
    assert "2 warnings are doubtful; the import will want --accept-warnings" in done.stderr


def test_every_import_says_on_stderr_how_the_file_was_read(person):
    name = person.writes("branches.csv", "branch_code;name\nB9;华东\n".encode("gb18030"))
    done = person.brings("branches", name)
    assert "CSV in GB18030, separated by semicolons · 1 rows, 2 columns" in done.stderr
    assert "GB18030" not in done.stdout


def test_excel_text2_loses_its_marks_and_the_clean_file_books_nothing_again(person):
    done = person.brings("orders", "excel_text2.csv")
    assert last(done) == "orders: 4 new"
    assert sorted(totals()) == [f"202503011234567890{n}" for n in (12, 13, 14, 15)]
    assert (
        "order_no, 3 values: marks of a spreadsheet or a bill were taken off (first in line 2)"
        in done.stderr
    )
    assert last(person.brings("orders", "excel_text_clean.csv")) == "nothing changed"


@pytest.mark.parametrize("kind", sorted(GOOD))
@pytest.mark.parametrize("mark", ['="{}"', "'{}", "`{}"])
def test_marks_come_off_every_cell_of_every_kind_but_free_text(tmp_path, kind, mark):
    row = GOOD[kind]
    marked = {
        name: text if isinstance(parser(kind, name), cells.words) else mark.format(text)
        for name, text in row.items()
    }
    answer = checked(tmp_path, kind, marked)
    assert (answer.faults.kept, answer.rows[0].values) == (
        [],
        checked(tmp_path, kind, row).rows[0].values,
    )
    assert answer.understood.mends.total == sum(
        not isinstance(parser(kind, name), cells.words) for name in row
    )


def parser(kind: str, name: str) -> Any:
    return next(column.parse for column in COLUMNS[kind] if column.name == name)


def test_a_name_may_begin_with_an_apostrophe(tmp_path):
    assert (
        checked(tmp_path, "stores", {"name": "'s-Hertogenbosch"}).rows[0].values["name"]
        == "'s-Hertogenbosch"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [("Market \x96 West", "Market – West"), ("O\x92Connell", "O’Connell"), ("caf\x85e", None)],
)
def test_c1_controls_that_are_windows_punctuation_are_mended_with_a_warning(tmp_path, text, said):
    answer = checked(tmp_path, "stores", {"name": text})
    if said:
        assert (answer.rows[0].values["name"], only(answer.warnings).code) == (said, "c1_controls")
    else:
        assert answer.rows[0].values["name"] == "caf e"  # NEL is a line break
