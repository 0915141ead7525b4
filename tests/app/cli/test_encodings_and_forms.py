"""Encodings by evidence, and files that are no table at all."""

from __future__ import annotations

import pytest

from ledger.faults import InvalidInput
from stores.network.stores import store
from tests.app.cli.person import last
from tests.stores.imports.files import read


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
