"""Which files an upload takes and which it refuses in words, and the templates to begin with."""

from __future__ import annotations

import io
import zipfile

import pytest

import db
from app.imports import kind_words, uploads
from app.imports import lists as upload_lists
from app.imports import samples as import_kinds
from app.imports.kinds import context
from app.jobs import job_lists
from stores.imports.check import check
from stores.imports.columns import COLUMNS
from stores.imports.sheets import read_sheet
from stores.network.stores import store
from tests.app.imports.conftest import HEADER, files, stores_file
from tests.network import Network

KINDS = tuple(kind_words.KINDS)


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 400_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"   \n", "a.csv", "a.csv is empty"),
        (b"\xff\xfes", "a.csv", "UTF-16"),
        (b"PK\x03\x04 no zip", "a.xlsx", "damaged"),
        (b"\xd0\xcf\x11\xe0 old", "old.xls", "password or in the old .xls form"),
        (b"nonsense", "a.xlsx", "a.xlsx is no XLSX workbook"),
        (
            "store_code;name;dealer_code;latitude;longitude;crs\nA1;Eins;D1;31,2;121,5;wgs84\n",
            "a.csv",
            "has a decimal comma; write a point",
        ),
        (HEADER + 'A1,"broken,D1,31.2,121.5,wgs84\n', "a.csv", "is no CSV"),
        (HEADER + "A1,a\x00b,D1,31.2,121.5,wgs84\n", "a.csv", "NUL"),
        (HEADER + "A1,a\x07b,D1,31.2,121.5,wgs84\n", "a.csv", "invisible character U+0007"),
        (bomb(), "bomb.xlsx", "which is too much"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_clear_words(desk, content, name, words):
    before = desk.stores()
    path = desk.checked(content, name=name)
    assert (desk.row(path).status, desk.row(path).error) == ("faults", None)
    assert words in desk.page(path)
    assert uploads.folder().name not in desk.page(path)
    assert desk.stores() == before


def test_a_gb18030_file_and_a_workbook_are_read(desk):
    chinese = desk.checked((HEADER + "A1,南京东路店,D1,31.2,121.5,wgs84\n").encode("gb18030"))
    desk.post(f"{chinese}/save")
    desk.work()
    assert "南京东路店" in {row.name for row in Network().rows(store)}
    assert (
        desk.row(
            desk.checked(import_kinds.template_file("branches", "xlsx"), "branches", "分公司.xlsx")
        ).status
        == "ready"
    )


def test_a_file_without_rows_says_so(desk):
    path = desk.checked(HEADER)
    assert desk.row(path).status == "nothing"
    assert "The file has a header and no rows; there is nothing to bring in." in desk.page(path)


def test_too_many_rows_are_refused(desk, monkeypatch):
    monkeypatch.setenv("IMPORT_MAX_ROWS", "3")
    path = desk.checked(stores_file(4))
    assert desk.row(path).status == "faults"
    assert "more than 3 rows" in desk.page(path)


@pytest.mark.parametrize("name", ["", "empty.csv"])
def test_no_file_or_an_empty_one_leaves_nothing_behind(desk, name):
    answer = desk.post("/hq/imports", kind="stores", file=(io.BytesIO(b""), name))
    assert answer.status_code == 303
    assert ("Choose a file first." if not name else "The file is empty") in desk.client.get(
        "/hq/imports?lang=en"
    ).text
    with db.read() as connection:
        assert (upload_lists.count(connection), job_lists.count(connection), files()) == (0, 0, [])


def test_a_file_above_the_limit_is_refused_in_words_and_not_kept(desk):
    desk.chain.house.app.config["MAX_CONTENT_LENGTH"] = 10_000
    answer = desk.post("/hq/imports", kind="stores", file=(io.BytesIO(b"x" * 20_000), "a.csv"))
    assert (answer.status_code, files()) == (413, [])
    assert "Send a smaller file." in answer.text


def test_a_file_of_another_kind_is_recognised_and_checked_as_that(desk):
    path = desk.checked("guide_code,name,store_code\nG9,Ada,S1\n")
    page = desk.page(path)
    assert "This looks like a file of another kind: Guides." in page
    desk.post(f"{path}/check", kind="guides")
    desk.work()
    assert (desk.row(path).kind, desk.row(path).status) == ("guides", "ready")


@pytest.mark.parametrize(
    ("kind", "form"), [(kind, form) for kind in KINDS for form in import_kinds.formats(kind)]
)
def test_every_template_names_all_columns_and_its_example_row_is_sound(desk, tmp_path, kind, form):
    answer = desk.client.get(f"/hq/imports/templates/{kind}.{form}")
    file = tmp_path / f"{kind}.{form}"
    file.write_bytes(answer.data)
    assert kind_words.likely_kind(file) == kind
    if kind == "areas":
        return
    sheet = read_sheet(file, COLUMNS[kind])
    assert list(sheet.columns) == [column.name for column in COLUMNS[kind]]
    checked = check(kind, sheet, context())
    assert (checked.faults.kept, len(checked.rows)) == ([], 1)


def test_a_template_that_does_not_exist_is_not_there(desk):
    assert {
        desk.client.get(f"/hq/imports/templates/{name}").status_code
        for name in ("areas.csv", "moods.csv", "stores.pdf")
    } == {404}
