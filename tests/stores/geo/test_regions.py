"""Centres of Chinese divisions (A3)."""

from __future__ import annotations

from stores.geo.regions import full_name, region_centre, regions


def test_a_division_has_its_centre_in_wgs84():
    assert region_centre("110101") == (39.926938, 116.410246)


def test_a_county_without_centre_takes_that_of_its_parent():
    county = next(
        region
        for region in regions().values()
        if region.centre is None and region.level == "county"
    )
    assert region_centre(county.code) == region_centre(county.parent_code) != None  # noqa: E711 - one chain


def test_an_unknown_division_has_no_centre():
    assert region_centre("US-TX") is None


def test_a_city_that_is_its_own_province_is_named_once():
    assert full_name("310106") == "上海市 静安区"
    assert full_name("US-TX") == "US-TX"
