"""Files as people bring them, each by its name with what is right for it: taken as meant, refused,
or told; never silent and wrong."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from flask import Flask
from sqlalchemy import select

import config
import db
from app.cli.importing import imports
from app.ui import table_files
from ledger.faults import InvalidInput
from stores.facts.orders import order_line, sales_order
from stores.facts.refunds import refund
from stores.imports import cells, sheet_marks
from stores.imports.cells import Context
from stores.imports.check import check
from stores.imports.columns import COLUMNS
from stores.imports.order_rows import group_orders
from stores.network import network as networks
from stores.network.sight import EVERYTHING
from stores.network.stores import store
from stores.orders import reading
from tests.network import Network
from tests.stores.imports.files import CHAIN, GOOD, as_csv, checked, only, read

FILES = Path(__file__).parents[2] / "stores" / "imports" / "realfiles"


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
        return {
            row[0]: row[1]
            for row in connection.execute(select(table.c[number], table.c.total_minor))
        }


# -- rows that stand twice -------------------------------------------------------------------------


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


# -- what was understood ---------------------------------------------------------------------------


def test_every_import_says_on_stderr_how_the_file_was_read(person):
    name = person.writes("branches.csv", "branch_code;name\nB9;华东\n".encode("gb18030"))
    done = person.brings("branches", name)
    assert "CSV in GB18030, separated by semicolons · 1 rows, 2 columns" in done.stderr
    assert "GB18030" not in done.stdout


# -- marks, look-alikes, dates ---------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("17", "0017"),
        ("1001.0", "1001"),
        ("S1", "Ｓ１"),
        ("CAFÉ", "CAFE\u0301"),
        ("СТОР", "CTOP"),
        ("A-1", "A–1"),
    ],
)
@pytest.mark.parametrize(
    "kind", ["branches", "dealers", "stores", "guides", "customers", "orders", "events"]
)
def test_two_codes_of_one_file_that_look_alike_wait_in_every_kind(person, kind, one, other):
    key = COLUMNS[kind][0].name
    good = (
        {**GOOD[kind], "guide_code": "", "customer_id": "C9"}
        if kind in ("orders", "events")
        else dict(GOOD[kind])
    )
    good |= {"type": "customer.registered"} if kind == "events" else {}
    name = person.writes("alike.csv", as_csv([{**good, key: one}, {**good, key: other}]))
    done = person.brings(kind, name)
    assert done.exit_code == 1, done.output
    assert {w["line"] for w in person.found(name, "warnings") if w["doubtful"]} >= {
        "3"
    } or one == "1001.0"
    assert person.brings(kind, name, "--accept-warnings").exit_code == 0


@pytest.mark.parametrize(
    ("stored", "coming"),
    [("0017", "17"), ("17", "0017"), ("1001", "1001.0"), ("S-9", "Ｓ-９"), ("CAFÉ", "CAFE\u0301")],
)
@pytest.mark.parametrize(
    "kind", ["branches", "dealers", "stores", "guides", "customers", "orders", "events"]
)
def test_a_code_that_looks_like_one_that_is_stored_waits_in_every_kind(
    person, kind, stored, coming
):
    key = COLUMNS[kind][0].name
    good = (
        {**GOOD[kind], "guide_code": "", "customer_id": "C9"}
        if kind in ("orders", "events")
        else dict(GOOD[kind])
    )
    good |= {"type": "customer.registered"} if kind == "events" else {}
    assert (
        person.brings(
            kind, person.writes("a.csv", as_csv([{**good, key: stored}])), "--accept-warnings"
        ).exit_code
        == 0
    )
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


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025/3/1 10:00", "2025-03-01T02:00:00+00:00"),
        ("2025-3-1 9:05", "2025-03-01T01:05:00+00:00"),
        ("2025年3月1日 10:00", "2025-03-01T02:00:00+00:00"),
        ("25/3/2025 10:00:30", "2025-03-25T02:00:30+00:00"),
        ("3/25/2025 9:05 PM", "2025-03-25T13:05:00+00:00"),
        ("1.3.2025", "2025-02-28T16:00:00+00:00"),
        ("3/3/2025", "2025-03-02T16:00:00+00:00"),
        ("2026-04-05 21:06:21 +0800", "2026-04-05T13:06:21+00:00"),
        ("45717", "2025-02-28T16:00:00+00:00"),
        ("45717.4166666667", "2025-03-01T02:00:00+00:00"),
    ],
)
def test_dates_as_spreadsheets_write_them(tmp_path, text, moment):
    assert (
        checked(tmp_path, "orders", {"paid_at": text}).rows[0].values["paid_at"].isoformat()
        == moment
    )


@pytest.mark.parametrize("text", ["2025-03", "2025-03-01", "2025/3/1", "2025-03-01 00:00:00"])
def test_a_month_that_a_workbook_took_for_its_first_day_is_that_month(tmp_path, text):
    assert checked(tmp_path, "targets", {"period": text}).rows[0].values["period"] == "2025-03"


def test_a_day_in_the_middle_is_no_month(tmp_path):
    assert (
        "is no month" in only(checked(tmp_path, "targets", {"period": "2025-03-02"}).faults).reason
    )


def test_areas_lose_their_marks_and_wait_for_codes_that_look_alike(person):
    def brought(name: str, code: str, *options: str) -> Any:
        area = {
            "type": "Feature",
            "geometry": None,
            "properties": {
                "area_code": code,
                "kind": "territory",
                "dealer_code": "'D1",
                "region_codes": [f"3100{name}0"],
            },
        }
        return person.brings(
            "areas",
            person.writes(
                f"{name}.geojson", json.dumps({"type": "FeatureCollection", "features": [area]})
            ),
            *options,
        )

    first = brought("1", "`0017")
    assert (last(first), "area_code, 1 values: marks of a spreadsheet" in first.stderr) == (
        "areas: 1 new",
        True,
    )
    second = brought("2", "17")
    assert (second.exit_code, "looks like 0017" in second.stdout) == (1, True)


def test_a_day_and_a_month_that_may_be_either_are_refused_unless_the_column_decides(tmp_path):
    alone = only(checked(tmp_path, "stores", {"opened_on": "1/3/2025"}).faults)
    assert (alone.code, alone.parameters) == (
        "unclear_day",
        {"first": "2025-03-01", "second": "2025-01-03"},
    )
    answer = checked(
        tmp_path,
        "stores",
        {"opened_on": "1/3/2025"},
        {"store_code": "S2", "opened_on": "25/3/2025"},
    )
    assert [row.values["opened_on"].isoformat() for row in answer.rows] == [
        "2025-03-01",
        "2025-03-25",
    ]
    assert answer.understood.dates == (("opened_on", "dmy"),)
    other = checked(
        tmp_path,
        "stores",
        {"opened_on": "1/3/2025"},
        {"store_code": "S2", "opened_on": "3/25/2025"},
    )
    assert [row.values["opened_on"].isoformat() for row in other.rows] == [
        "2025-01-03",
        "2025-03-25",
    ]


def test_a_column_with_both_orders_is_refused(tmp_path):
    faults = checked(
        tmp_path,
        "stores",
        {"opened_on": "25/3/2025"},
        {"store_code": "S2", "opened_on": "3/25/2025"},
        {"store_code": "S3", "opened_on": "1/2/2025"},
    ).faults
    assert {fault.code for fault in faults.kept} == {"days_in_both_orders"} and faults.total == 3


def test_a_number_of_a_day_is_said(tmp_path):
    warning = only(checked(tmp_path, "stores", {"opened_on": "45717"}).warnings)
    assert (warning.code, warning.parameters) == ("excel_day_number", {"day": "2025-03-01"})


# -- encodings, and what is no table ---------------------------------------------------------------


def test_cp1252_stores_are_read_as_windows_1252_and_say_so_with_words_to_look_at(person, network):
    done = person.brings("stores", "cp1252_stores.csv")
    assert (last(done), "CSV in Windows-1252" in done.stderr) == ("stores: 2 new", True)
    assert {row.name for row in network.rows(store)} >= {"Filiale München", "Zürich Löwenplatz"}
    assert (
        "München, Münzstraße, Zürich" in person.found("cp1252_stores.csv", "warnings")[0]["reason"]
    )


def test_latin_code_keeps_its_umlaut(person, network):
    assert last(person.brings("stores", "latin_code.csv")) == "stores: 1 new"
    assert "KÖLN-1" in {row.store_code for row in network.rows(store)}


@pytest.mark.parametrize(
    ("encoding", "text", "taken"),
    [
        ("gb18030", "南京东路店", "gb18030"),
        ("gb18030", "张伟", "gb18030"),
        ("gb18030", "人民广场①", "gb18030"),
        ("gb18030", "重庆市渝中区解放碑步行街88号", "gb18030"),
        ("cp1252", "Café", "cp1252"),
        ("cp1252", "Crêperie Bretonne – Saint-Étienne", "cp1252"),
        ("cp1252", "O’Connell Street", "cp1252"),
        ("cp1252", "Señor Núñez – Ålesund – Brønshøj", "cp1252"),
        ("big5", "台北信義門市", None),
        ("big5", "高雄夢時代店", None),
        ("big5", "中山路", None),
        ("shift_jis", "東京渋谷店", None),
        ("shift_jis", "店", None),
        ("shift_jis", "新宿カフェ", None),
        ("shift_jis", "大阪ｳﾒﾀﾞ", None),
        ("euc_kr", "서울점", None),
        ("euc_kr", "강남역 매장", None),
        ("euc_jp", "東京渋谷店", None),
        ("cp1251", "Магазин", None),
        ("cp1251", "Москва", None),
        ("cp1250", "Łódź Główna", None),
        ("cp1250", "Třebíč náměstí", None),
        ("cp1254", "İstanbul Kadıköy", None),
        ("cp1253", "Αθήνα", None),
        ("mac_roman", "München", None),
        ("cp850", "München", None),
        ("cp437", "Köln", None),
        ("koi8_r", "Москва", None),
        ("tis_620", "กรุงเทพ", None),
    ],
)
def test_an_encoding_is_taken_by_evidence_or_the_file_is_refused(tmp_path, encoding, text, taken):
    content = f"branch_code,name\nB1,{text}\nB2,East\n".encode(encoding)
    if taken is None:
        with pytest.raises(InvalidInput, match="neither UTF-8"):
            read(tmp_path, content, "branches")
    else:
        sheet = read(tmp_path, content, "branches")
        assert (sheet.encoding, sheet.rows[0][1]["name"]) == (taken, text)


def test_utf_16_with_its_mark_is_read(person):
    name = person.writes("unicode.txt", "branch_code\tname\r\nB9\t华东\r\n".encode("utf-16"))
    done = person.brings("branches", name)
    assert (last(done), "CSV in UTF-16, separated by tabs" in done.stderr) == (
        "branches: 1 new",
        True,
    )


def test_html_as_xls_is_named(person):
    done = person.brings("stores", "html_as.xls")
    assert (done.exit_code, "This is HTML under the name of a table" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"<?xml version='1.0'?>\n<?mso-application progid='Excel.Sheet'?><Workbook/>",
            "an XML spreadsheet of Excel 2003",
        ),
        (b"%PDF-1.7 x", "a PDF document"),
        (b'{"type": "FeatureCollection", "features": []}', "JSON"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"\xef\xbb\xbf<table>", "HTML"),
        (b"\x1f\x8b\x08", "a gzip archive"),
    ],
)
def test_other_files_under_the_name_of_a_table_are_named(tmp_path, content, said):
    with pytest.raises(InvalidInput, match=said):
        read(tmp_path, content, "branches")


def test_sep_line_is_followed_and_lines_are_counted_with_it(person):
    done = person.brings("stores", "sep_line.csv")
    assert (last(done), "separated by semicolons" in done.stderr) == ("stores: 1 new", True)
    assert (
        person.brings(
            "stores",
            person.writes(
                "bad.csv",
                "sep=;\nstore_code;name;dealer_code;latitude;longitude;crs\nX;A;D1;999;1;wgs84\n",
            ),
        ).exit_code
        == 1
    )
    assert person.found("bad.csv", "errors")[0]["line"] == "3"


def test_bom_twice_is_taken_off_and_said(person):
    done = person.brings("orders", "bom_twice.csv")
    assert (last(done), "the mark of UTF-8 (BOM) stands twice" in done.stderr) == (
        "orders: 1 new",
        True,
    )


# -- workbooks -------------------------------------------------------------------------------------


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


# -- files of orders -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("amount_eu_thousand.csv", {"M20": 123, "M21": 250}),
        ("three_dec.csv", {"T1": 100, "T2": 1250, "T3": 235, "T4": 99999}),
    ],
)
def test_three_decimals_on_every_amount_wait_and_say_both_readings(person, name, kept):
    done = person.brings("orders", name)
    assert (done.exit_code, totals()) == (1, {})
    assert all(
        "if the point separates thousands, write" in w["reason"]
        for w in person.found(name, "warnings")
    )
    assert person.brings("orders", name, "--accept-warnings").exit_code == 0
    assert totals() == kept


def test_one_amount_of_three_decimals_among_others_is_told(person):
    name = person.writes(
        "mixed.csv",
        "order_no,customer_id,paid_at,amount\nA,c,2026-04-05,2.500\nB,c,2026-04-05,12.50\nC,c,2026-04-05,1.005\n",
    )
    assert last(person.brings("orders", name)) == "orders: 3 new"
    assert [w["reason"] for w in person.found(name, "warnings")] == [
        "has three decimals; it was read as 2.50 CNY",
        "was rounded half up to 1.01 CNY",
    ]


def test_jpy_has_no_stray_point_in_files_nor_in_exports(tmp_path):
    yen = Context(CHAIN.zone, "JPY", config.CURRENCY_DECIMALS)
    answer = check("orders", read(tmp_path, (FILES / "jpy.csv").read_bytes(), "orders"), yen)
    orders, _ = group_orders(answer.rows, yen, answer.faults, answer.warnings)
    assert ([order.lines[0].amount_minor for order in orders], only(answer.warnings).reason) == (
        [1234, 1235],
        "was rounded half up to 1235 JPY",
    )
    assert [table_files.number_format(decimals) for decimals in (0, 2, 3)] == [
        "#,##0",
        "#,##0.00",
        "#,##0.000",
    ]


def test_every_currency_of_iso_4217_is_known_with_its_minor_units():
    known = config.CURRENCY_DECIMALS
    assert (
        len(known),
        {known[code] for code in ("XAF", "ISK", "UGX", "PYG")},
        known["IQD"],
        known["CLF"],
        known["HUF"],
        known["XCG"],
    ) == (166, {0}, 3, 4, 2, 2)
    assert (
        config.load(
            {"BRAND_CURRENCY": "UGX", "INSTANCE_PATH": "/nonexistent", "SECRET_KEY": "x" * 40}
        ).currency_decimals
        == 0
    )


def test_shopify_renamed_says_the_way_out_and_is_read_when_asked(person):
    done = person.brings("orders", "shopify_renamed.csv")
    assert (
        done.exit_code,
        {(f["line"], f["column"]) for f in person.found("shopify_renamed.csv", "errors")},
    ) == (1, {("3", "customer_id"), ("3", "paid_at")})
    assert "--follow-above" in done.stderr
    asked = person.brings("orders", "shopify_renamed.csv", "--follow-above")
    assert (last(asked), totals()) == ("orders: 2 new", {"#1001": 200000, "#1002": 140000})
    assert (
        "customer_id, 1 values: blank cells follow the line above (first in line 3)" in asked.stderr
    )


def test_a_blank_order_number_follows_as_well_but_another_order_never(person):
    head = "order_no,customer_id,paid_at,amount,store_code,guide_code\n"
    name = person.writes(
        "a.csv", head + "A,c1,2026-04-05,1.00,S1,\n,,,2.00,,\nB,,2026-04-05,3.00,S1,\n"
    )
    done = person.brings("orders", name, "--follow-above")
    assert [(f["line"], f["column"]) for f in person.found(name, "errors")] == [
        ("4", "customer_id")
    ], done.output


@pytest.mark.parametrize("amount", ["-400.00", "400.00"])
def test_a_discount_is_a_line_of_its_own_kind_and_is_shared_over_the_others(person, amount):
    name = person.writes(
        "d.csv",
        "order_no,customer_id,paid_at,amount,kind,sku\nW1,c1,2026-04-05,600.00,order,P1\nW1,c1,2026-04-05,300.00,,P2\n"
        f"W1,c1,2026-04-05,{amount},discount,\n",
    )
    done = person.brings("orders", name)
    assert (last(done), person.found(name, "warnings"), totals()) == (
        "orders: 1 new",
        [],
        {"W1": 50000},
    )
    with db.read() as connection:
        assert list(
            connection.execute(
                select(order_line.c.amount_minor).order_by(order_line.c.line_no)
            ).scalars()
        ) == [33333, 16667]
    assert last(person.brings("orders", name)) == "nothing changed"


def test_woo_lines_take_the_negative_line_for_a_discount_and_say_so(person):
    assert last(person.brings("orders", "woo_lines.csv")) == "orders: 1 new"
    assert totals() == {"W1": 20000}
    assert "was taken as a discount" in person.found("woo_lines.csv", "warnings")[0]["reason"]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("A,c,2026-04-05,-5.00,", "takes more off"),
        ("A,c,2026-04-05,5.00,\nA,c,2026-04-05,-5.01,", "takes more off"),
        ("A,c,2026-04-05,5.00,discount", "takes more off"),
        ("A,c,2026-04-05,-5.00,refund", "a refund row carries a positive amount"),
    ],
)
def test_what_is_no_discount_is_refused_with_the_way_out(person, rows, reason):
    lines = [f"{row},{'O1' if 'refund' in row else ''}" for row in rows.split("\n")]
    name = person.writes(
        "n.csv", "\n".join(["order_no,customer_id,paid_at,amount,kind,original_order_no", *lines])
    )
    assert person.brings("orders", name).exit_code == 1
    assert reason in person.found(name, "errors")[0]["reason"]


def test_weighed_keeps_the_weight_beside_one_piece(person):
    assert last(person.brings("orders", "weighed.csv")) == "orders: 1 new"
    assert "counts as one piece" in person.found("weighed.csv", "warnings")[0]["reason"]
    with db.read() as connection:
        line = connection.execute(select(order_line)).one()
        order = reading.as_answer(
            connection, reading.find(connection, "W2", EVERYTHING), EVERYTHING
        )
    assert (line.quantity, line.measure, line.amount_minor, order["lines"][0]["measure"]) == (
        1,
        "0.412",
        1234,
        "0.412",
    )
    assert last(person.brings("orders", "weighed.csv")) == "nothing changed"


@pytest.mark.parametrize(("text", "pieces"), [("2", 2), ("2.0", 2), ("10.000", 10)])
def test_whole_pieces_are_counted_however_they_are_written(tmp_path, text, pieces):
    assert checked(tmp_path, "orders", {"quantity": text}).rows[0].values["quantity"] == pieces
