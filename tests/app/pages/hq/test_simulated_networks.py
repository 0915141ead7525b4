"""H1: what if a store opened, closed, or its territory went to another dealer."""

from __future__ import annotations

import html
import re

import pytest

import db
from app.jobs.runner import Runner
from app.services import simulation_runs
from stores.simulation import simulations
from tests.app.pages.conftest import BUND
from tests.app.pages.hq.simulating import ask, summary, token

pytestmark = pytest.mark.hour


def test_the_same_network_moves_nobody_and_closing_a_store_moves_its_visitors(chain):
    assert summary(ask(chain, {}))["moved"]["visits"] == 0
    number = ask(chain, {"changes": [{"close": {"store_code": "S2"}}]})
    found = summary(number)
    assert (
        found["visits"] == 4 and found["moved"]["visits"] == 1 and found["moved"]["customers"] == 1
    )
    assert (
        found["revenue_minor"] == 29900 + 4000 + 12000 + 5000
        and found["moved"]["revenue_minor"] == 12000
    )
    with db.read() as connection:
        rows = {row.code: row for row in simulations.rows(connection, number, "store")}
    assert rows["S2"].visits_after == 0 and rows["S2"].lost == 1 and rows["S2"].revenue_after == 0
    assert (
        sum(found["basis"].get(each, 0) for each in ("exact", "approximate", "as_they_were")) == 4
    )


def test_p2_points_older_than_a_day_are_stood_in_for_and_counted(chain):
    chain.arrives("wx-far-007", 2, BUND)
    basis = summary(ask(chain, {}))["basis"]
    assert (
        basis["approximate"] + basis["exact"] == 5
        and basis["approximate_agree"] == basis["approximate"] >= 1
    )


def test_a_store_is_opened_by_the_form_and_read_as_files(chain):
    client = chain.client("petra")
    form = {
        "csrf_token": token(client.get("/hq/simulations/new?lang=en").text),
        "question": "open",
        "store_code": "S9",
        "store_name": "Lake Two",
        "dealer_code": "D1",
        "latitude": "30.2500, 120.1501",
        "longitude": "",
        "crs": "wgs84",
        "visits": "7",
    }
    wrong = client.post("/hq/simulations/new", data={**form, "dealer_code": "D7", "crs": "utm"})
    assert wrong.status_code == 422
    found = client.post("/hq/simulations/new", data=form)
    assert found.status_code == 303
    Runner("test", simulation_runs.HANDLERS).drain()
    address = found.headers["Location"]
    page = client.get(address).text
    assert "Lake Two" in page and "Another dealer&#39;s store is near" in page
    for kind in ("store", "dealer", "branch"):
        assert client.get(f"{address}?kind={kind}&all=yes&lang=zh").status_code == 200
        assert (
            client.get(f"{address}?kind={kind}&export=csv").status_code
            == client.get(f"{address}?kind={kind}&export=xlsx").status_code
            == 200
        )
    lines = (
        client.get(f"{address}?kind=store&all=yes&export=csv&lang=en")
        .data.decode("utf-8-sig")
        .splitlines()
    )
    assert lines[0].startswith('"Store, dealer or branch (code)"') and len(lines) in (3, 4)
    on_map = {
        each["properties"]["code"]
        for each in client.get(address + "/map.json").get_json()["features"]
    }
    assert on_map == {line.split(",")[0] for line in lines[1:] if line.startswith("S")}


def test_several_changes_are_one_question_and_may_be_asked_again(chain):
    client = chain.client("petra")
    form = {
        "csrf_token": token(client.get("/hq/simulations/new?lang=en").text),
        "crs": "wgs84",
        "visits": "7",
    }

    def held(page: str) -> list[str]:
        return [html.unescape(each) for each in re.findall(r'name="held" value="([^"]+)"', page)]

    page = client.post(
        "/hq/simulations/new", data={**form, "deed": "add", "question": "close", "store_code": "S2"}
    ).text
    assert "All of these together" in page and len(held(page)) == 1
    twice = client.post(
        "/hq/simulations/new",
        data={
            **form,
            "deed": "add",
            "held": held(page),
            "question": "pause",
            "store_code": "S2",
            "paused_until": chain.day(-3),
        },
    )
    assert (
        twice.status_code == 422
        and "There is a change of S2 already" in twice.text
        and len(held(twice.text)) == 1
    )
    page = client.post(
        "/hq/simulations/new",
        data={
            **form,
            "deed": "add",
            "held": held(page),
            "question": "rules",
            "nearest_limit_m": "100",
        },
    ).text
    assert "50 km → 100 m" in page and len(held(page)) == 2
    less = client.post(
        "/hq/simulations/new",
        data={**form, "deed": "drop:0", "held": held(page), "question": "open"},
    ).text
    assert len(held(less)) == 1 and "Close" not in held(less)[0]
    asked = client.post(
        "/hq/simulations/new",
        data={**form, "deed": "simulate", "held": held(page), "question": "open"},
    )
    assert asked.status_code == 303
    Runner("test", simulation_runs.HANDLERS).drain()
    number = asked.headers["Location"].rsplit("/", 1)[1]
    with db.read() as connection:
        scenario = simulations.one(connection, int(number)).scenario
    assert (
        scenario["changes"] == [{"close": {"store_code": "S2"}}]
        and scenario["policy"]["nearest_limit_m"] == 100
    )
    assert len(held(client.get(f"/hq/simulations/new?of={number}&lang=en").text)) == 2
    for wrong in (
        "{",
        '{"question": "mood"}',
        '{"question": "rules", "policy": "3"}',
        '{"question": "open", "policy": "[]"}',
    ):
        assert (
            client.post(
                "/hq/simulations/new",
                data={**form, "deed": "add", "held": wrong, "question": "open"},
            ).status_code
            == 400
        ), wrong


def test_a_territory_is_given_to_another_dealer_with_its_extent_and_an_area_removed(chain):
    client = chain.client("petra")
    form = {
        "csrf_token": token(client.get("/hq/simulations/new?lang=en").text),
        "crs": "wgs84",
        "visits": "7",
        "question": "territory",
    }
    square = (
        '{"type": "Polygon", "coordinates": [[[120.1, 30.2], [120.2, 30.2], [120.2, 30.3], '
        "[120.1, 30.2]]]}"
    )
    assert (
        client.post(
            "/hq/simulations/new",
            data={**form, "area_code": "T9", "dealer_code": "D1", "geometry": "here"},
        ).status_code
        == 422
    )
    drawn = client.post(
        "/hq/simulations/new",
        data={**form, "area_code": "T9", "dealer_code": "D1", "geometry": square},
    )
    assert drawn.status_code == 303
    codes = client.post(
        "/hq/simulations/new",
        data={**form, "area_code": "T9", "dealer_code": "D2", "region_codes": "330100, 310000"},
    )
    with db.read() as connection:
        change = simulations.one(
            connection, int(codes.headers["Location"].rsplit("/", 1)[1])
        ).scenario["changes"][0]["territory"]
    assert change == {"area_code": "T9", "dealer_code": "D2", "region_codes": ["330100", "310000"]}
    nothing = client.post(
        "/hq/simulations/new?lang=zh", data={**form, "question": "remove_area", "area_code": "T9"}
    )
    assert nothing.status_code == 422 and "没有这个区域" in nothing.text


def test_two_on_the_same_visits_stand_side_by_side(chain):
    one, two = (
        ask(chain, {"name": "one", "changes": [{"close": {"store_code": "S2"}}]}),
        ask(chain, {"name": "two"}),
    )
    client = chain.client("petra")
    page = client.get(f"/hq/simulations/compare?a={one}&b={two}&kind=store&lang=en").text
    assert "one leads 1 visits elsewhere, two leads 0" in page and "S2" in page
    other = ask(chain, {"on": {"population": {"points": 50, "seed": 1, "country": "CN"}}})
    assert client.get(f"/hq/simulations/compare?a={one}&b={other}").status_code == 409
    assert client.get("/hq/simulations/compare?a=1&b=99999").status_code == 404
