"""A file with other headings: the page asks which column is which, shows values, and remembers the
answer."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import db
from app.imports import uploads
from app.imports.kind_words import KINDS
from stores.network.stores import store
from tests.app.conftest import on_both_engines
from tests.network import Network

THEIRS = "门店编码,Store Name,lat,lng,remark\nN1,North,31.2,121.5,<b>x</b>\nN2,South,31.3,121.6,\n"
ANSWER = {
    "ours-0": "store_code",
    "ours-1": "name",
    "ours-2": "latitude",
    "ours-3": "longitude",
    "ours-4": "",
    "set-dealer_code": "D1",
    "set-crs": "wgs84",
}


@on_both_engines
def test_columns_are_asked_for_with_values_and_what_they_likely_are(desk):
    path = desk.checked(THEIRS)
    assert desk.row(path).status == "columns"
    page = desk.page(path)
    assert "Which column is which?" in page
    assert "North · South" in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    for name in ("store_code", "name", "latitude", "longitude"):
        assert f'<option value="{name}" selected>' in page
    assert 'name="set-dealer_code"' in page
    assert 'name="set-crs"' in page
    assert "哪一列" in desk.page(path, "zh")


@on_both_engines
def test_an_answer_checks_the_file_and_saves_it(desk):
    path = desk.checked(THEIRS)
    before = desk.stores()
    assert desk.post(f"{path}/columns", **ANSWER).status_code == 303
    desk.work()
    assert (desk.row(path).status, desk.row(path).result["new"], desk.stores()) == (
        "ready",
        2,
        before,
    )
    assert "lat → latitude" in desk.page(path)
    desk.post(f"{path}/save")
    desk.work()
    assert (desk.row(path).status, desk.stores()) == ("saved", before + 2)
    assert {row.name for row in Network().rows(store, "store_code")} >= {"North", "South"}


def test_the_answer_is_kept_for_the_next_file_with_these_headings_of_that_kind(desk):
    desk.post(f"{desk.checked(THEIRS)}/columns", **ANSWER)
    desk.work()
    again = desk.checked(THEIRS.replace("N1", "N9"), name="next.csv")
    assert desk.row(again).status == "ready"
    assert (
        desk.row(desk.checked(THEIRS.replace("remark", "note"), name="others.csv")).status
        == "columns"
    )
    assert "lat → latitude" in desk.page(again)
    assert "Which column is which?" in desk.page(f"{again}?columns=again")
    desk.post(f"{again}/columns", **ANSWER | {"ours-4": "address"})
    desk.work()
    assert "remark → address" in desk.page(again)


WRONG = {
    "two onto one": (
        {"ours-3": "latitude"},
        "latitude",
        "would come from two columns: lat and lng",
    ),
    "a required one missing": ({"ours-1": ""}, "name", "this column is required and missing"),
    "unknown": ({"ours-1": "colour"}, "Store Name", "cannot become colour"),
    "set and there": ({"set-name": "x"}, "name", "would come from two columns"),
}


@pytest.mark.parametrize(("change", "name", "said"), WRONG.values(), ids=WRONG)
def test_an_answer_that_cannot_be_is_refused_and_stays_in_the_form(desk, change, name, said):
    path = desk.checked(THEIRS)
    answer = desk.post(f"{path}/columns", **ANSWER | change)
    assert answer.status_code == 422
    assert f'<strong class="code">{name}</strong>' in answer.text
    assert said in answer.text
    assert 'value="D1"' in answer.text
    assert desk.row(path).status == "columns"


def test_values_of_a_file_are_not_kept_longer_than_the_file(desk):
    path = desk.checked(THEIRS)
    desk.post(f"{path}/discard")
    row = desk.row(path)
    assert (row.status, row.headings) == ("discarded", None)
    assert "North" not in json.dumps(row.result)
    assert desk.post(f"{path}/columns", **ANSWER).status_code == 409


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "areas"])
def test_the_templates_of_every_kind_need_no_answer(desk, kind):
    template = desk.client.get(f"/hq/imports/templates/{kind}.csv").data
    assert desk.row(desk.checked(template, kind, f"{kind}.csv")).status != "columns"


def test_properties_of_areas_are_asked_for_too(desk):
    ring = [[121.4, 31.2], [121.5, 31.2], [121.5, 31.3], [121.4, 31.2]]
    text = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"Zone": "Z1", "owner": "D1"},
                    "geometry": {"type": "Polygon", "coordinates": [ring]},
                }
            ],
        }
    )
    path = desk.checked(text, "areas", "zones.geojson")
    assert desk.row(path).status == "columns"
    desk.post(
        f"{path}/columns",
        **{"ours-0": "area_code", "ours-1": "dealer_code", "set-kind": "territory"},
    )
    desk.work()
    assert (desk.row(path).status, desk.row(path).result["new"]) == ("ready", 1)


@pytest.mark.parametrize("content", [b"%PDF-1.7\n%\xe2\xe3\n", b'{"a": 1}\n', b"name\nx\n"])
def test_what_hardly_is_a_table_is_refused_as_before(desk, content):
    assert desk.row(desk.checked(content)).status == "faults"


def test_a_checked_file_of_another_kind_forgets_the_answer(desk):
    path = desk.checked(THEIRS)
    desk.post(f"{path}/check", kind="branches")
    desk.work()
    with db.read() as connection:
        row = connection.execute(uploads.upload.select()).one()
    assert (row.kind, row.heading_map) == ("branches", None)


def test_a_list_of_points_is_matched_as_stores_whatever_it_was_brought_as(desk):
    content = (Path(__file__).parent.parent / "recipes" / "all_the_places.geojson").read_bytes()
    path = desk.checked(content, "stores", "brand.geojson")
    assert desk.row(path).status == "columns"
    page = desk.page(path)
    names = re.findall(r'id="theirs-(\d+)">([^<]+)<', page)
    chosen = {
        name: re.search(rf'name="ours-{place}".*?</select>', page, re.S)[0] for place, name in names
    }
    answer = {
        f"ours-{place}": (re.findall(r'value="(\w+)" selected', chosen[name]) or [""])[0]
        for place, name in names
    }
    assert {"store_code", "name", "latitude", "longitude", "crs", "hours"} <= set(answer.values())
    desk.post(f"{path}/columns", **answer, **{"set-dealer_code": "D1"})
    desk.work()
    assert (desk.row(path).status, desk.row(path).result["new"]) == ("ready", 2)
    assert (
        desk.row(desk.checked(content, "areas", "brand.geojson")).result["looks_like"] == "stores"
    )
