"""`flask assign`: the same order, exact columns, no row stops it, bindings apply (CONTRACT 2 and
4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.cli.conftest import ORDERS, both

HEADER = "visitor_id,latitude,longitude,crs,accuracy_m,entry_param,region_code"
OUT = "visitor_id,store_code,dealer_code,distance_m,rung,reason"


def assigned(chain, content: bytes | str):
    source, target = chain.folder / "in.csv", chain.folder / "out.csv"
    source.write_bytes(content.encode() if isinstance(content, str) else content)
    result = chain.run("assign", source, target)
    return result, target.read_text(encoding="utf-8").splitlines() if target.exists() else None


@both
def test_every_row_is_answered_in_its_place(chain):
    rows = [
        "near3,31.2601,121.5201,wgs84,,,",
        "null,0,0,wgs84,,,",
        "none,,,,,,",
        "bad,north,121,wgs84,,,",
        "utm,31.2,121.4,utm,,,",
        "short",
        "far,0.5,0.5,wgs84,,,",
    ]
    result, lines = assigned(chain, "\n".join([HEADER, *rows]) + "\n")
    assert result.exit_code == 0
    assert lines[:2] == [OUT, "near3,S3,D2,14.6,NEAREST,nearest"]
    assert [line.split(",")[0] for line in lines[1:]] == [
        "near3",
        "null",
        "none",
        "bad",
        "utm",
        "short",
        "far",
    ]
    assert {line.split(",", 1)[1] for line in lines[2:]} == {",,,PICKER,picker"}
    assert "location_unusable: 3 rows" in result.stderr
    assert result.stdout.splitlines()[-1] == "assigned 1 of 7 rows"


@both
def test_a_visitor_whom_no_database_could_name_is_routed_too(chain):
    result, lines = assigned(
        chain,
        f"{HEADER}\nnul\0,31.2601,121.5201,wgs84,,,\n{'x' * 90_000},31.2601,121.5201,wgs84,,,\n",
    )
    assert (result.exit_code, [line.split(",")[1] for line in lines[1:]]) == (0, ["S3", "S3"])


@both
def test_a_visitor_is_a_customer_so_his_binding_applies(chain):
    """c1 bought at S1 and is bound to it; he stands beside S3. E2: a home inside its protection
    wins."""
    import datetime as dt

    today = dt.datetime.now(dt.UTC).date().isoformat()
    assert (
        chain.imported(
            "orders", ORDERS.replace("2026-03-01 10:00", today).replace("2026-03-05", today)
        ).exit_code
        == 0
    )
    _, lines = assigned(
        chain, f"{HEADER}\nc1,31.2601,121.5201,wgs84,,,\nstranger,31.2601,121.5201,wgs84,,,\n"
    )
    assert [line.split(",")[1:5:3] for line in lines[1:]] == [
        ["S1", "HOME_PROTECTED"],
        ["S3", "NEAREST"],
    ]


def test_a9_without_a_location_and_a_region_the_address_names_one(chain):
    chain.run(
        "policy",
        "publish",
        chain.file("policy.json", '{"region_defaults": {"CN": "S3", "310000": "S1"}}'),
    )
    rows = [
        "china,,,,,,,223.5.5.5",
        "lost,0,0,wgs84,,,,223.5.5.5",
        "said,,,,,,310000,223.5.5.5",
        "stands,31.2001,121.4001,wgs84,,,,223.5.5.5",
        "home,,,,,,,192.168.0.1",
        "odd,,,,,,,999.1.1.1",
        "shared,,,,,,,10.0.0.1",
    ]
    result, lines = assigned(chain, "\n".join([f"{HEADER},ip", *rows]) + "\n")
    assert [tuple(line.split(",")[0:5:2]) for line in lines[1:]] == [
        ("china", "D2", "REGION"),
        ("lost", "D2", "REGION"),
        ("said", "D1", "REGION"),
        ("stands", "D1", "NEAREST"),
        ("home", "", "PICKER"),
        ("odd", "", "PICKER"),
        ("shared", "", "PICKER"),
    ]
    assert all(
        f"{note}: {count} rows" in result.stderr
        for note, count in (
            ("ip_region", 2),
            ("ip_private", 2),
            ("ip_unusable", 1),
            ("location_unusable", 1),
        )
    )
    assert "223.5.5.5" not in "".join(lines) + result.output


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encoding_is_found(chain, encoding):
    result, lines = assigned(chain, f"{HEADER}\n访客,31.2601,121.5201,wgs84,,,\n".encode(encoding))
    assert result.exit_code == 0
    assert lines[1].startswith("访客,S3")


def test_marks_of_spreadsheets_come_off_the_visitor_and_are_counted(chain):
    place = "31.2601,121.5201,wgs84"
    result, lines = assigned(
        chain,
        f'visitor_id,latitude,longitude,crs\n"=""0042""",{place}\n\'0043,{place}\nv,{place}\n',
    )
    assert [line.split(",")[0] for line in lines[1:]] == ["0042", "0043", "v"]
    assert "visitor_id: marks of a spreadsheet or a bill were taken off 2 values" in result.stderr


def test_as_cp1252_keeps_its_visitor_and_an_encoding_nobody_knows_is_refused(chain):
    content = (
        Path(__file__).parents[2] / "stores" / "imports" / "realfiles" / "as_cp1252.csv"
    ).read_bytes()
    result, lines = assigned(chain, content)
    assert (result.exit_code, lines[1].split(",")[0], "read as Windows-1252" in result.stderr) == (
        0,
        "München",
        True,
    )
    result, lines = assigned(
        chain, "visitor_id,latitude,longitude,crs\n東京渋谷,31.2,121.4,wgs84\n".encode("shift_jis")
    )
    assert (result.exit_code, "neither UTF-8" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n",
        "visitor_id,latitude,longitude\nv,1,2\n",
        "visitor_id,latitude,longitude,crs,crs\n",
        "a;b;c\n1;2;3\n",
    ],
)
def test_a_file_without_the_columns_is_refused_in_words(chain, content):
    result, lines = assigned(chain, content)
    assert (result.exit_code, lines) == (1, None)
    assert "column" in result.stderr
    assert "Traceback" not in result.output


def test_a_missing_file_is_refused_and_a_former_answer_stays(chain):
    (chain.folder / "out.csv").write_text("kept")
    assert (
        chain.run("assign", chain.folder / "nothing.csv", chain.folder / "out.csv").exit_code == 1
    )
    assert (chain.folder / "out.csv").read_text() == "kept"
    assert not list(chain.folder.glob(".out.csv*"))


def test_columns_may_stand_in_any_order_and_unknown_ones_are_passed_over(chain):
    result, lines = assigned(
        chain, 'crs,shoe_size,longitude,latitude,visitor_id\nwgs84,43,121.5201,31.2601,"v,1"\n'
    )
    assert lines[1] == '"v,1",S3,D2,14.6,NEAREST,nearest'
    assert "shoe_size" in result.stderr
