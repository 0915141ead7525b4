"""What maps draw, as values (pure), and the settings of an operator's own ground."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config
from app.ui import maps
from app.web import headers


def test_five_classes_hold_about_as_many_places_each():
    scale = maps.scale(range(1, 1001))
    assert scale.bounds == (1, 200, 400, 600, 800, 1000)
    assert [scale.of(value) for value in (-5, 0, 1, 199, 200, 799, 800, 1000)] == [
        None,
        None,
        0,
        0,
        1,
        3,
        4,
        4,
    ]


@given(st.lists(st.integers(-(10**12), 10**12), max_size=200))
def test_every_place_is_counted_once(values):
    points = [maps.point(31.2, 121.4, f"S{n}", "x", value=value) for n, value in enumerate(values)]
    answer = maps.collection(points, title="Orders", none="none")
    if not values:
        assert "legend" not in answer
        return
    legend = answer["legend"]
    assert legend["none"]["number"] + sum(each["number"] for each in legend["classes"]) == len(
        values
    )
    assert len(legend["classes"]) <= maps.CLASSES
    assert all(0 <= each["properties"].get("class", 0) < maps.CLASSES for each in points)


def test_one_value_is_one_class():
    answer = maps.collection(
        [maps.point(0, 0, "S1", "x", value=7), maps.point(0, 0, "S2", "x", value=0)]
    )
    assert answer["legend"]["classes"] == [{"from": "7", "to": "7", "number": 1}]
    assert answer["legend"]["none"]["number"] == 1


def test_a_point_says_only_what_is_known():
    assert maps.point(31.23041234, 121.47, "S1", "Bund", value=0)["properties"] == {
        "code": "S1",
        "name": "Bund",
        "value": 0,
    }
    assert maps.point(31.23041234, 121.47, "S1", "Bund")["geometry"]["coordinates"] == [
        121.47,
        31.23041,
    ]


def test_tiles_are_off_and_open_the_policy_for_their_server_alone():
    assert headers.policy() == headers.CONTENT_SECURITY_POLICY
    assert "img-src 'self' data: https://*.tiles.example.com;" in headers.policy(
        "https://{s}.tiles.example.com/{z}/{x}/{y}.png"
    )


@pytest.mark.parametrize(
    "tiles",
    [
        "http://tiles.example.com/{z}/{x}/{y}",
        "https://tiles.example.com/{z}/{x}",
        "https://a.example.com; script-src *//{z}/{x}/{y}",
    ],
)
def test_an_address_that_is_none_of_tiles_stops_the_start(tiles, tmp_path):
    with pytest.raises(config.ConfigurationError, match="MAP_TILES"):
        config.load({"INSTANCE_PATH": str(tmp_path), "MAP_TILES": tiles})


def test_an_outline_must_be_geojson(tmp_path):
    outline = tmp_path / "land.json"
    outline.write_text(json.dumps({"type": "Polygon", "coordinates": []}))
    assert (
        config.load({"INSTANCE_PATH": str(tmp_path), "MAP_OUTLINE": str(outline)}).map_outline
        == outline
    )
    outline.write_text("no")
    with pytest.raises(config.ConfigurationError, match="MAP_OUTLINE"):
        config.load({"INSTANCE_PATH": str(tmp_path), "MAP_OUTLINE": str(outline)})
