"""Coordinates as people paste them."""

from __future__ import annotations

import pytest

from ledger.faults import InvalidInput
from stores.base.pasted import Pasted, read

SHANGHAI = Pasted(31.23, 121.47)


@pytest.mark.parametrize(
    "written",
    [
        ("31.23, 121.47",),
        ("31.23 121.47",),
        ("31.23", "121.47"),
        ("31.23，121.47",),
        ("(31.23, 121.47)",),
        ("31.23°, 121.47°",),
        ("31.23N 121.47E",),
        ("31.23N121.47E",),
        ("N31.23 E121.47",),
        ("E121.47 N31.23",),
        ("121.47E, 31.23N",),
        ("lat=31.23 lng=121.47",),
        ("纬度：31.23 经度：121.47",),
        ("北纬31.23 东经121.47",),
        (" 31.23 ,\n121.47 ",),
    ],
)
def test_a_pair_of_degrees_is_read_however_it_is_written(written):
    assert read(*written) == SHANGHAI


def test_south_and_west_are_negative():
    assert (
        read("33.9S 70.6W")
        == read("S33.9, W70.6")
        == read("-33.9, -70.6")
        == read("−33.9 −70.6")
        == Pasted(-33.9, -70.6)
    )


def test_a_first_number_that_is_no_latitude_is_exchanged_and_said_so():
    assert read("121.47, 31.23") == Pasted(31.23, 121.47, swapped=True)
    assert read("121.47", "31.23").swapped


def test_two_numbers_that_both_could_be_latitudes_stay_as_they_are():
    assert read("45, 12") == Pasted(45, 12)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "31.23",
        "1, 2, 3",
        "here and there",
        "31.23 x 121.47",
        "95, 200",
        "91, 91.5",
        "31.23, 1e3",
        "nan, nan",
        "0.0.0 1",
        "9" * 400,
    ],
)
def test_what_is_no_pair_of_degrees_is_refused(written):
    with pytest.raises(InvalidInput):
        read(written)


@pytest.mark.parametrize("again", ["(", "1 ", " ", "，", "lat", "N", "1.1", "纬度："])
def test_a_long_text_is_refused_before_it_is_read(again: str):
    with pytest.raises(InvalidInput):
        read(again * 40_000, "")
    with pytest.raises(InvalidInput):
        read("1" + again * 99, again * 99)
