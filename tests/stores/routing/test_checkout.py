"""A13: may this shop deliver to that address?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.geo.coordinates import Coordinates
from stores.routing.checkout import check
from tests.stores.routing.chain import HERE, chain, contract, north, square, store, visit

THERE = Coordinates(HERE.latitude + 0.2, HERE.longitude)  # 22 km north


def at(metres: float) -> Coordinates:
    return Coordinates(HERE.latitude + metres / 110_870, HERE.longitude)


def asked(snapshot, delivery: str, point=HERE, shop: str = "S1", **more):
    return check(snapshot.by_code[shop], delivery, visit(point, **more), snapshot)


def test_pickup_is_never_checked():
    assert asked(chain(store("S1")), "pickup", THERE).outcome == "keep"


def test_local_delivery_inside_the_shops_area_is_kept():
    snapshot = chain(store("S1"), areas=[square("A1", "service_area", shop=1)])
    assert (asked(snapshot, "local").outcome, asked(snapshot, "local").area_code) == ("keep", "A1")


@pytest.mark.parametrize(
    ("radius", "metres", "outcome"),
    [
        (5_000, 4_900, "keep"),
        (5_000, 5_100, "refuse"),
        (None, 9_900, "keep"),
        (None, 10_100, "refuse"),
    ],
)
def test_without_an_area_the_radius_counts_and_without_both_ten_kilometres(radius, metres, outcome):
    assert (
        asked(chain(store("S1", service_radius_m=radius)), "local", at(metres)).outcome == outcome
    )


def test_outside_its_area_the_covering_shop_is_offered_before_payment():
    snapshot = chain(
        store("S1", service_radius_m=1_000),
        north(3_000, "S2", dealer=2),
        north(4_000, "S3", dealer=3),
        north(40_000, "S4"),
    )
    found = asked(snapshot, "local", at(3_200))
    assert (found.outcome, [snapshot.by_id[c.store_id].code for c in found.offered]) == (
        "offer",
        ["S2", "S3"],
    )


def test_who_is_out_of_service_is_not_offered():
    snapshot = chain(store("S1", service_radius_m=1_000), north(3_000, "S2", status="paused"))
    assert (
        asked(snapshot, "local", at(3_200)).outcome,
        asked(snapshot, "local", at(3_200)).reason,
    ) == ("refuse", "nobody_delivers_there")


def test_local_delivery_needs_a_place_unless_a_list_names_it():
    snapshot = chain(
        store("S1"),
        areas=[square("A1", "service_area", shop=1, half_m=None, postal_codes=["200001"])],
    )
    assert asked(snapshot, "local", None).reason == "no_location"
    assert asked(snapshot, "local", None, postal_code="200001").outcome == "keep"


def express(rule: str, split: int = 0, **more):
    terms = replace(contract(1, 1), express_rule=rule, express_split_bp=split)
    return chain(
        store("S1", contracts=(terms,)),
        store("S2", THERE.latitude, THERE.longitude, dealer=2, **more),
        areas=[square("T1", "territory", dealer=2, centre=THERE)],
    )


@pytest.mark.parametrize(
    ("rule", "outcome", "shop"),
    [
        ("keep", "keep", 1),
        ("transfer", "transfer", 2),
        ("split", "split", 1),
        ("refuse", "refuse", 1),
    ],
)
def test_express_into_another_dealers_territory_follows_the_contract(rule, outcome, shop):
    found = asked(express(rule, 3_000), "express", THERE)
    assert (found.outcome, found.store_id, found.dealer_id, found.area_code) == (
        outcome,
        shop,
        2,
        "T1",
    )
    assert found.split_bp == (3_000 if rule == "split" else None)


def test_express_elsewhere_or_within_ones_own_territory_is_kept():
    assert asked(express("refuse"), "express", HERE).reason == "no_other_territory"
    assert asked(express("refuse"), "express", THERE, shop="S2").outcome == "keep"


def test_a_sale_is_not_transferred_to_a_dealer_without_an_open_shop():
    assert (
        asked(express("transfer", status="closed"), "express", THERE).reason
        == "no_open_store_of_dealer"
    )


def test_a_postal_code_alone_finds_the_territory_and_its_shop():
    terms = replace(contract(1, 1), express_rule="transfer")
    snapshot = chain(
        store("S1", contracts=(terms,)),
        store("S3", dealer=2),
        store("S2", dealer=2),
        areas=[square("T1", "territory", dealer=2, half_m=None, postal_codes=["100000"])],
    )
    assert asked(snapshot, "express", None, postal_code="100000").store_id == 2


@given(
    st.integers(0, 30_000),
    st.sampled_from([None, 2_000, 8_000]),
    st.sampled_from([None, 2_000, 8_000]),
)
def test_whoever_is_offered_would_have_been_kept_there(metres, radius, other):
    """A13 as a property: an offered shop, asked for the same address, delivers."""
    snapshot = chain(
        store("S1", service_radius_m=radius), north(6_000, "S2", service_radius_m=other)
    )
    found = asked(snapshot, "local", at(metres))
    assert (found.outcome == "offer") == bool(found.offered)
    assert all(
        asked(snapshot, "local", at(metres), shop=snapshot.by_id[c.store_id].code).outcome == "keep"
        for c in found.offered
    )
