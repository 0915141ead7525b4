"""Territories, delivery areas and radii in the decision (A6, A12)."""

from __future__ import annotations

import pytest

from stores.facts.decision import State
from stores.geo.coordinates import Coordinates
from stores.routing.decide import decide
from tests.stores.routing.chain import (
    TODAY,
    bound,
    chain,
    days,
    led,
    link,
    north,
    outcome,
    square,
    visit,
)


def test_a_territory_leads_to_the_nearest_store_of_its_dealer():
    """A12."""
    snapshot = chain(
        north(100, "S1"),
        north(5_000, "S2", dealer=2),
        north(4_000, "S3", dealer=2),
        areas=[square("T1", "territory", dealer=2)],
    )
    assert led(snapshot, visit()) == ("S3", "TERRITORY")
    assert led(snapshot, visit(Coordinates(31.5, 121.4737)))[1] == "NEAREST"


def test_a_dealer_without_an_open_store_leaves_his_territory_to_the_next_rung():
    snapshot = chain(
        north(100, "S1"),
        north(500, "S2", dealer=2, status="paused"),
        areas=[square("T1", "territory", dealer=2)],
    )
    decision = decide(visit(), State(), snapshot)
    assert (decision.store_id, outcome(decision, "TERRITORY")) == (1, "no_open_store_of_dealer")


@pytest.mark.parametrize(
    "listed, visited, inside",
    [
        ({"region_codes": ["310115"]}, {"region_code": "310115"}, True),
        ({"region_codes": ["310115"]}, {"region_code": "310104"}, False),
        ({"region_codes": ["310000"]}, {"region_code": "310115"}, True),
        ({"region_codes": ["310115"]}, {"region_code": "310000"}, False),
        ({"postal_codes": ["94107"]}, {"postal_code": "94107"}, True),
        ({"postal_codes": ["94107"]}, {"postal_code": "94108"}, False),
        ({"region_codes": ["310115"]}, {}, False),
        ({"postal_codes": ["94107"]}, {"region_code": "94107"}, False),
    ],
)
def test_a_territory_may_be_a_list_of_adcodes_or_postal_codes(listed, visited, inside):
    """A12; a city's code holds its districts."""
    snapshot = chain(
        north(100, "S1"),
        north(5_000, "S2", dealer=2),
        areas=[square("T1", "territory", dealer=2, half_m=None, **listed)],
    )
    assert led(snapshot, visit(**visited)) == (("S2", "TERRITORY") if inside else ("S1", "NEAREST"))


@pytest.mark.parametrize(
    "dates, counts",
    [
        ({}, True),
        ({"valid_from": TODAY}, True),
        ({"valid_from": TODAY + days(1)}, False),
        ({"valid_to": TODAY + days(1)}, True),
        ({"valid_to": TODAY}, False),
    ],
)
@pytest.mark.parametrize(
    "kind, rung", [("territory", "TERRITORY"), ("service_area", "SERVICE_AREA")]
)
def test_an_area_counts_on_its_days_only(kind, rung, dates, counts):
    area = square(
        "A1",
        kind,
        dealer=2 if kind == "territory" else None,
        shop=2 if kind == "service_area" else None,
        **dates,
    )
    assert led(chain(north(100, "S1"), north(5_000, "S2", dealer=2), areas=[area]), visit())[1] == (
        rung if counts else "NEAREST"
    )


def test_a_territory_never_overrides_the_rungs_before_it():
    """A12: in preset franchise 1-5 go first."""
    snapshot = chain(
        north(100, "S1"), north(500, "S2", dealer=2), areas=[square("T1", "territory", dealer=2)]
    )
    assert led(snapshot, visit(), bound(1, 10)) == ("S1", "HOME_PROTECTED")
    assert led(snapshot, visit(param=link(1))) == ("S1", "ENTRY_PARAM")


def test_of_several_delivery_areas_the_nearer_store_serves():
    snapshot = chain(
        north(2_000, "S1"),
        north(900, "S2"),
        areas=[square("A1", "service_area", shop=1), square("A2", "service_area", shop=2)],
    )
    assert led(snapshot, visit()) == ("S2", "SERVICE_AREA")


@pytest.mark.parametrize("radius, rung", [(1_990, "NEAREST"), (2_010, "RADIUS")])
def test_a_radius_reaches_as_far_as_it_says(radius, rung):
    assert (
        led(chain(north(1_000, "S1"), north(2_000, "S2", service_radius_m=radius)), visit())[1]
        == rung
    )
