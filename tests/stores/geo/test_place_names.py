"""A9: places by name without asking anybody: divisions, cities of the world, divisions inside an
address."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stores.geo.coordinates import Coordinates, distance_m
from stores.geo.place_names import EXACT, INSIDE, division_at, find, fold
from stores.geo.regions import full_name, region_centre, regions


def codes(words: str, limit: int = 20) -> list[str]:
    return [each.region_code for each in find(words, limit)]


def test_a9_a_division_is_found_by_name_or_code_the_greater_first():
    assert codes("静安区") == codes("310106") == ["310106"]
    assert {full_name(code) for code in codes("南山区")} == {
        "广东省 深圳市 南山区",
        "黑龙江省 鹤岗市 南山区",
    }
    assert (
        codes("南山")[0] == "440305"
        and codes("上海")[0] == "310000"
        and codes("3101")[0].startswith("3101")
    )
    assert len(find("区", 7)) == 7 and find("  ", 7) == find("Atlantis by the sea", 7) == []


def test_a9_several_words_narrow_a_name_that_many_share():
    assert codes("南京 鼓楼") == ["320106"] and len(codes("鼓楼区")) == 4


@pytest.mark.parametrize(
    ("words", "name", "code"),
    [
        ("Paris", "Paris", "FR"),
        ("são paulo", "São Paulo", "BR"),
        ("ZURICH", "Zürich", "CH"),
        ("巴黎", "巴黎", "FR"),
        ("Dallas", "Dallas", "US-TX"),
        ("Shanghai", "Shanghai", "310100"),
        ("Hong Kong", "Hong Kong", "810000"),
    ],
)
def test_a9_cities_of_the_world_are_found_in_latin_and_chinese_letters(words, name, code):
    first = find(words, 1)[0]
    assert (first.name, first.region_code, first.match) == (name, code, EXACT)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("上海市静安区南京西路1266号", ["310106"]),
        ("深圳市南山区科技园", ["440305"]),
        ("广东省深圳", ["440300"]),
        ("朝阳区建国路88号", ["110105", "220104"]),
        ("北京朝阳区建国路88号", ["110105"]),
        ("1266 Nanjing Road", []),
    ],
)
def test_a9_an_address_leads_to_the_divisions_that_it_names(address, found):
    assert codes(address) == found and all(each.match == INSIDE for each in find(address, 9))


def test_a9_every_division_is_found_by_its_own_name_and_code():
    for region in list(regions().values())[::37]:
        if region_centre(region.code) is not None and region.name not in full_name(
            region.parent_code or ""
        ):
            assert region.code in codes(region.name, 60) and codes(region.code)[0] == region.code


@example("\u2120")
@given(st.text(max_size=120))
def test_a9_no_words_are_an_error_and_the_best_stand_first(words):
    found = find(words, 9)
    assert len(found) <= 9 and [each.match for each in found] == sorted(
        each.match for each in found
    )
    assert fold(fold(words)) == fold(words)


@pytest.mark.parametrize("code", ["310106", "440305", "650102", "810000"])
def test_a9_the_centre_of_a_division_lies_in_it(code: str):
    found = division_at(Coordinates(*region_centre(code)))
    assert (
        found is not None
        and distance_m(Coordinates(*region_centre(found)), Coordinates(*region_centre(code)))
        < 60_000
    )


def test_a9_no_division_lies_abroad():
    where: Any = [
        division_at(Coordinates(*point)) for point in ((48.85, 2.35), (0.0, 0.0), (-33.9, 151.2))
    ]
    assert where == [None, None, None]
