"""Areas from GeoJSON (CONTRACT 2, A12)."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from ledger.faults import InvalidInput
from stores.imports.area_file import read_areas, read_properties
from stores.imports.headings import HeadingMap
from tests.stores.imports.files import CHAIN, found

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[121.0, 31.0], [121.1, 31.0], [121.1, 31.1], [121.0, 31.0]]],
}
TERRITORY = {"area_code": "T1", "kind": "territory", "dealer_code": "D1"}


def as_written(geometry, crs):
    """Stands for the parser of shapes, which has its own tests."""
    if geometry["coordinates"] == []:
        raise InvalidInput("it has no ring")
    return geometry["type"], crs


def areas(folder, *features, **whole):
    path = folder / "areas.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": list(features)} | whole), "utf-8-sig"
    )
    return read_areas(path, CHAIN, as_written)


def feature(geometry=SQUARE, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": TERRITORY | properties}


def test_features_become_areas(tmp_path):
    answer = areas(
        tmp_path,
        feature(valid_from="2025-01-01", valid_to=None, crs="gcj02", region_codes=["310000"]),
        feature(None, area_code="T2", postal_codes=["200000", "200001"]),
        feature(area_code="A3", kind="service_area", dealer_code="", store_code="S1"),
    )
    assert not answer.faults
    assert [(row.line, row.area_code, row.geometry, row.crs) for row in answer.rows] == [
        (1, "T1", ("Polygon", "gcj02"), "gcj02"),
        (2, "T2", None, "wgs84"),
        (3, "A3", ("Polygon", "wgs84"), "wgs84"),
    ]
    assert (answer.rows[0].valid_from, answer.rows[0].region_codes) == (
        dt.date(2025, 1, 1),
        ("310000",),
    )
    assert (answer.rows[1].postal_codes, answer.rows[2].store_code, answer.rows[2].dealer_code) == (
        ("200000", "200001"),
        "S1",
        None,
    )


BAD_FEATURES = [
    ("x", ""),
    ({"type": "Feature", "geometry": None}, ""),
    (feature(area_code=None), "area_code"),
    (feature(area_code=7), "area_code"),
    (feature(kind="zone"), "kind"),
    (feature(kind=None), "kind"),
    (feature(dealer_code=None), "dealer_code"),
    (feature(store_code="S1"), "store_code"),
    (feature(kind="service_area"), "store_code"),
    (feature(kind="isolated", dealer_code=None), "dealer_code"),
    (feature(crs="mars"), "crs"),
    (feature(valid_from="1/1/25"), "valid_from"),
    (feature(valid_from="2025-02-01", valid_to="2025-01-01"), "valid_to"),
    (feature(region_codes="310000"), "region_codes"),
    (feature(region_codes=["310000", "310000"]), "region_codes"),
    (feature(postal_codes=[200000]), "postal_codes"),
    (feature(None), "geometry"),
    (feature({"type": "Point", "coordinates": [1, 2]}), "geometry"),
    (feature({"type": "Polygon", "coordinates": []}), "geometry"),
    (feature([1]), "geometry"),
    (feature(colour="red"), "colour"),
]


@pytest.mark.parametrize(("bad", "column"), BAD_FEATURES)
def test_a_bad_feature_is_a_fault_by_its_number(tmp_path, bad, column):
    faults = areas(tmp_path, feature(area_code="T0"), bad).faults
    assert (2, column) in found(faults)
    assert {line for line, _ in found(faults)} == {2}


def test_a_code_that_stands_twice_names_its_first_feature(tmp_path):
    assert "feature 1" in areas(tmp_path, feature(), feature()).faults.kept[0].reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"type": "FeatureCollection"}',
        '{"type": "FeatureCollection", "features": [NaN]}',
        "[" * 100_000,
        '{"type": "Feature", "features": []}',
    ],
)
def test_what_is_no_feature_collection_is_refused(tmp_path, text):
    path = tmp_path / "a.geojson"
    path.write_text(text)
    with pytest.raises(InvalidInput):
        read_areas(path, CHAIN, as_written)


def test_a_collection_in_another_system_is_refused(tmp_path):
    assert not areas(
        tmp_path, crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    ).faults
    with pytest.raises(InvalidInput, match="another system"):
        areas(tmp_path, crs={"type": "name", "properties": {"name": "EPSG:3857"}})


def test_properties_of_another_name_are_read_by_pairs(tmp_path):
    path = tmp_path / "zones.geojson"
    path.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {
                            "Zone": "A1",
                            "owner": "D1",
                            "zips": "200001, 200002",
                            "fill": "#f00",
                        },
                        "geometry": SQUARE,
                    }
                ],
            }
        )
    )
    given = HeadingMap(
        {"Zone": "area_code", "owner": "dealer_code", "zips": "postal_codes", "fill": ""},
        {"kind": "territory"},
    )
    found = read_areas(path, CHAIN, as_written, given=given)
    assert not found.faults
    assert (
        found.rows[0].area_code,
        found.rows[0].kind,
        found.rows[0].dealer_code,
        found.rows[0].postal_codes,
    ) == ("A1", "territory", "D1", ("200001", "200002"))
    assert read_properties(path)[0] == ("Zone", ["A1"])


def test_an_unknown_property_asks_whether_another_one_is_meant(tmp_path):
    found = areas(tmp_path, feature(zips=["200001"]))
    assert "do you mean postal_codes? --map zips=postal_codes" in found.faults.kept[0].reason


def test_pairs_of_properties_that_cannot_be_are_refused(tmp_path):
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature(a="1", b="2")]}))
    with pytest.raises(InvalidInput, match="area_code: would come from two columns: a and b"):
        read_areas(path, CHAIN, as_written, given=HeadingMap({"a": "area_code", "b": "area_code"}))
