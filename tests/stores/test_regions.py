"""Centres of Chinese divisions (A3)."""
from __future__ import annotations

from stores.regions import full_name, region_centre, regions, search_regions


def test_a_division_has_its_centre_in_wgs84():
    assert region_centre("110101") == (39.926938, 116.410246)


def test_a_county_without_centre_takes_that_of_its_parent():
    county = next(region for region in regions().values() if region.centre is None and region.level == "county")
    assert region_centre(county.code) == region_centre(county.parent_code) != None  # noqa: E711 - one chain


def test_an_unknown_division_has_no_centre():
    assert region_centre("US-TX") is None


def test_a_division_is_found_by_name_or_code_the_greater_first():
    assert [region.code for region in search_regions("静安区")] == ["310106"]
    assert search_regions("310106")[0].name == "静安区"
    assert {full_name(region.code) for region in search_regions("南山区")} == {"广东省 深圳市 南山区", "黑龙江省 鹤岗市 南山区"}
    assert search_regions("南山区")[0].code == "440305"
    assert search_regions("上海")[0].code.startswith("31")
    assert all(region_centre(region.code) for region in search_regions("南"))
    assert len(search_regions("区", limit=7)) == 7
    assert search_regions("  ") == search_regions("Atlantis") == []


def test_a_city_that_is_its_own_province_is_named_once():
    assert full_name("310106") == "上海市 静安区"
    assert full_name("US-TX") == "US-TX"
