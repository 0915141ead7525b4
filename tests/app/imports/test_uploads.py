"""H3: a file is checked first and writes nothing, its faults name their cells, saving does what
`flask import` does, all or nothing."""

from __future__ import annotations

import re

import pytest

import db
from app.imports import uploads
from app.jobs import job_lists
from stores.network.stores import store
from tests.app.conftest import on_both_engines
from tests.app.imports.conftest import HEADER, stores_file
from tests.network import Network


@on_both_engines
def test_a_check_says_what_would_change_and_writes_nothing_until_it_is_saved(desk):
    before, version = desk.stores(), Network().version()
    path = desk.checked(stores_file(12) + "S1,One,D1,31.2304,121.4737,wgs84\n")
    row = desk.row(path)
    assert (row.status, row.result["new"], row.result["changed"], row.result["unchanged"]) == (
        "ready",
        12,
        1,
        0,
    )
    assert (desk.stores(), Network().version()) == (before, version)
    assert "13 rows of this file would change something. Nothing is written yet." in desk.page(path)
    desk.post(f"{path}/save")
    assert (desk.stores(), desk.row(path).status) == (before, "save_queued")
    desk.work()
    assert (desk.stores(), desk.row(path).status) == (before + 12, "saved")
    assert "Saved: 12 new, 1 changed, 0 unchanged." in desk.page(path)


@on_both_engines
def test_the_same_file_again_changes_nothing(desk):
    text = stores_file(5)
    path = desk.checked(text)
    desk.post(f"{path}/save")
    desk.work()
    again = desk.checked(text, name="the same.csv")
    page = desk.page(again)
    assert desk.row(again).status == "nothing"
    assert "Nothing changed: all 5 rows are stored already." in page
    assert "The same file was saved before:" in page
    assert "Save these rows" not in page
    assert desk.post(f"{again}/save").status_code == 409


def test_saving_gives_the_same_network_as_the_command_line(desk, tmp_path):
    text = stores_file(30) + "S1,Renamed,D2,31.2304,121.4737,wgs84\n"
    file = tmp_path / "stores.csv"
    file.write_text(text)
    path = desk.checked(text)
    told = desk.row(path).result
    dry = desk.chain.house.app.test_cli_runner().invoke(
        args=["import", "stores", str(file), "--dry-run"]
    )
    assert f"stores: {told['new']} new, {told['changed']} changed" in dry.output
    desk.post(f"{path}/save")
    desk.work()
    rows = [row._mapping for row in Network().rows(store, "store_code")]
    assert {row["name"] for row in rows} >= {"Shop 0", "Shop 29", "Renamed"}
    again = desk.chain.house.app.test_cli_runner().invoke(args=["import", "stores", str(file)])
    assert again.output.strip().endswith("nothing changed")


@on_both_engines
def test_faults_are_shown_with_their_cells_and_as_the_file_that_the_command_line_leaves(
    desk, tmp_path
):
    text = (
        HEADER
        + "A1,One,D1,131.2,121.5,wgs84\nA2,,D1,31.2,121.5,wgs84\nA3,Three,NOPE,31.2,121.5,wgs84\nA1,Again,D1,31.2,121.5,=cmd\n"
    )
    before = desk.stores()
    path = desk.checked(text)
    file = tmp_path / "stores.csv"
    file.write_text(text)
    desk.chain.house.app.test_cli_runner().invoke(args=["import", "stores", str(file)])
    assert desk.row(path).status == "faults"
    shown = desk.findings(path)
    assert [(line, column) for line, column, _, _ in shown] == [
        ("2", "latitude"),
        ("3", "name"),
        ("5", "crs"),
    ]
    assert shown[0][2:] == ("131.2", "lies outside -90 to 90; latitude and longitude look swapped")
    left = (tmp_path / "stores.csv.errors.csv").read_text(encoding="utf-8-sig")
    given = desk.client.get(f"{path}/errors.csv", query_string={"lang": "en"})
    assert given.data.decode("utf-8-sig").splitlines() == left.splitlines()
    assert "'=cmd" in left
    assert desk.stores() == before
    assert desk.post(f"{path}/save").status_code == 409


def test_a_reference_that_nobody_knows_is_a_fault_of_its_row(desk):
    path = desk.checked(HEADER + "A3,Three,NOPE,31.2,121.5,wgs84\n")
    assert [found[:3] for found in desk.findings(path)] == [("2", "dealer_code", "NOPE")]


def test_many_faults_come_in_pages_and_the_first_ten_thousand_are_kept(desk):
    path = desk.checked(HEADER + "".join(f"A{n},Shop,D1,x,121.5,wgs84\n" for n in range(10_050)))
    page = desk.page(path)
    assert desk.row(path).result["faults"] == 10_050
    assert "10,050 in all" in page
    assert len(desk.findings(path)) == 50
    following = (
        page.split('rel="next"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    )
    assert ">52</td>" in desk.client.get(following).text
    given = desk.client.get(f"{path}/errors.csv").data.decode("utf-8-sig").splitlines()
    assert len(given) == 10_002


def test_warnings_are_shown_and_do_not_stop_saving(desk):
    text = HEADER.replace("crs", "crs,region_code") + "A1,Far,D1,31.2,121.5,wgs84,110000\n"
    path = desk.checked(text)
    page = desk.page(path)
    assert desk.row(path).status == "ready"
    assert "more than 50 km from the centre of this region" in page
    assert "region_code" in desk.client.get(f"{path}/warnings.csv").text
    desk.post(f"{path}/save")
    desk.work()
    assert desk.row(path).status == "saved"
    assert "more than 50 km" in desk.page(path)


@pytest.mark.parametrize(
    "kind",
    [
        "branches",
        "dealers",
        "stores",
        "guides",
        "customers",
        "orders",
        "events",
        "targets",
        "offers",
        "areas",
    ],
)
def test_every_kind_is_checked_and_saved(desk, kind):
    given = {
        "branches": "branch_code,name\nB9,West\n",
        "dealers": "dealer_code,name\nD9,Ada\n",
        "stores": stores_file(1),
        "guides": "guide_code,name,store_code\nG9,Ada,S1\n",
        "customers": "customer_id,phone\nwx-nine,13800000000\n",
        "orders": "order_no,customer_id,paid_at,amount\nO-77,wx-nine,2025-11-01,9.00\n",
        "events": "event_id,type,occurred_at,guide_code,customer_id\nE-1,contact.confirmed,2025-11-01,G1,wx-nine\n",
        "targets": "period,level,code,metric,target\n2025-11,guide,G1,adds,60\n",
        "offers": "store_code,kind,reference,switch,valid_from\nS1,range,TEA,off,2025-11-01\n",
        "areas": '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,'
        '"properties":{"area_code":"A1","kind":"territory","dealer_code":"D1","region_codes":["310000"]}}]}',
    }[kind]
    path = desk.checked(given, kind, f"{kind}.{'json' if kind == 'areas' else 'csv'}")
    assert desk.row(path).status == "ready", desk.findings(path)
    desk.post(f"{path}/save")
    desk.work()
    assert (desk.row(path).status, desk.row(path).result["new"]) == ("saved", 1)


def test_two_clicks_on_save_save_once(desk):
    path = desk.checked(stores_file(2))
    assert [desk.post(f"{path}/save").status_code for _ in range(2)] == [303, 303]
    with db.read() as connection:
        assert job_lists.count(connection) == 2
    desk.work()
    assert desk.post(f"{path}/save").status_code == 409


def test_the_page_says_that_the_network_changed_since_the_check(desk):
    path = desk.checked(stores_file(2))
    Network().load("dealers", {"dealer_code": "D7", "name": "New"})
    assert "The network changed since this check" in desk.page(path)
    desk.post(f"{path}/save")
    desk.work()
    assert "The network had changed since the check" in desk.page(path)


def test_what_the_rows_refer_to_may_be_gone_when_they_are_saved(desk, monkeypatch):
    path = desk.checked("period,level,code,metric,target\n2025-11,guide,G1,adds,60\n", "targets")
    row = desk.row(path)
    (uploads.folder() / row.stored_as).write_text("another file")
    desk.post(f"{path}/save")
    desk.work()
    assert (desk.row(path).status, desk.row(path).error_code) == ("save_failed", "file_changed")
    assert "is not what was uploaded" in desk.page(path)


def test_a_kind_that_nobody_knows_is_not_checked(desk):
    path = desk.checked(stores_file(1))
    assert desk.post(f"{path}/check", kind="moods").status_code == 404


DIRTY = {
    "stores": (
        HEADER.strip()
        + ",region_code,opened_on,closed_on,hours,timezone,priority,country,cloud_shop,status,successor_store_code,branch_code\n"
        "A1,,D1,131.2,121.5,wgs84,??,2025-02-30,x,25:00,Mars,1.5,china,maybe,open,,\n"
        "A2,B,D1,31;2,121.5,mars,310000,2025-03-02,2025-03-01,mon 9-5,,9999999,,,,A2,\n"
        "A2,B,D1,0,0,wgs84,,,,,,,,,,,\nA3,B,NOPE,31.2,121.5,wgs84,,,,,,,,,,NOPE,NOPE\n"
    ),
    "guides": "guide_code,name,store_code,hired_on,left_on,role\nG9,A,NOPE,2025-03-02,2025-03-01,boss\nG8,B,NOPE,,,\n",
    "customers": "customer_id,phone,employee\nwx-1,abc,perhaps\n",
    "orders": "order_no,customer_id,paid_at,amount,kind,original_order_no,currency\n"
    'O1,c,yesterday,"1,000",order,,\nO2,c,2025-01-01,-1,refund,,XYZ\nO3,c,2025-01-01,1,refund,O9,\n',
    "events": "event_id,type,occurred_at,guide_code,customer_id\nE1,party,2025-01-01,,\nE2,contact.confirmed,2025-01-01,,c\nE3,contact.confirmed,2025-01-01,G9,c\n",
    "targets": "period,level,code,metric,target\n2025-13,team,x,joy,-1\n2025-11,guide,G1,adds,1.5\n2025-11,guide,NOPE,adds,1\n",
    "offers": "store_code,kind,reference,switch,valid_from,valid_to\nS1,coupon,A,maybe,2025-13-01,\nNOPE,range,B,on,,\nS1,range,B,on,2025-02-02,2025-02-01\n",
    "branches": "branch_code,name,parent_code\nX,A,Y\nY,B,X\nZ,C,Z\n",
    "dealers": "dealer_code,name,platform_fee_bp,channel_fee_bp,branch_code\nX,A,9000,2000,NOPE\nY,B,1.5,0,\nZ,C,1,1,NOPE\n",
    "areas": '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"area_code":"A","kind":"district","valid_from":"soon"},"geometry":null},{}]}',
}


@pytest.mark.parametrize("kind", DIRTY)
def test_faults_are_told_in_the_readers_language(desk, kind):
    """Each sound half of a dirty file once more, so that what only the network knows to be wrong is
    met too."""
    lines = DIRTY[kind].splitlines(keepends=True)
    for text in [
        DIRTY[kind],
        *([lines[0] + line for line in lines[1:]] if kind != "areas" else []),
    ]:
        path = desk.checked(text, kind, "dirty.csv")
        assert desk.row(path).status == "faults" or kind == "branches"
        english = [found[3] for found in desk.findings(path)]
        desk.client.get("/account?lang=zh")
        chinese = re.findall(r"<td class=\"cell\">([^<]*)</td></tr>", desk.page(path, "zh"))
        assert [
            (a, b)
            for a, b in zip(english, chinese, strict=True)
            if not re.search("[\u4e00-\u9fff]", b)
        ] == []
