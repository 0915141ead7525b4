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
from stores.orders import sales_order
from stores.refunds import refund
from tests.network import Network

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
