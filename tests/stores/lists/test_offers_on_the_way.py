"""A nearer store that is offered, and travellers far from home (A8, A9, A14)."""

from __future__ import annotations

import datetime as dt

import pytest

from stores.facts.decision import State
from stores.geo.coordinates import Coordinates
from stores.network.policy import Policy
from stores.routing.decide import decide
from tests.stores.routing.chain import (
    HERE,
    NOON,
    TODAY,
    bound,
    chain,
    days,
    led,
    north,
    others,
    square,
    store,
    visit,
)


def seen(shop: int, **more: object) -> State:
    return State(last_store_id=shop, last_visit_at=NOON - days(1), **more)


@pytest.mark.parametrize(
    "old_m, new_m, offered",
    [
        (3_000, 1_000, True),
        (3_000, 2_600, False),
        (900, 300, True),
        (700, 250, False),
        (2_600, 2_090, False),
        (2_600, 2_050, True),
    ],
)
def test_a_nearer_store_is_offered_when_it_is_500_m_and_20_percent_nearer(old_m, new_m, offered):
    """Ambiguity is off: among equals the last visited store wins anyway."""
    snapshot = chain(north(old_m, "S1"), north(new_m, "S2"), policy=Policy(ambiguity_m=0))
    decision = decide(visit(), seen(1), snapshot)
    assert (decision.store_id, decision.rung, others(snapshot, decision)) == (
        1,
        "LAST_VISIT",
        [("S2", "nearer")] if offered else [],
    )


@pytest.mark.parametrize("hours_ago, offered", [(1, False), (24, False), (24.01, True)])
def test_a_refused_switch_is_not_offered_again_for_24_hours(hours_ago, offered):
    snapshot = chain(north(3_000, "S1"), north(100, "S2"))
    decision = decide(
        visit(),
        seen(1, refused_store_id=2, refused_at=NOON - dt.timedelta(hours=hours_ago)),
        snapshot,
    )
    assert (others(snapshot, decision), decision.notes) == (
        ([("S2", "nearer")], ()) if offered else ([], ("switch_refused",))
    )


def test_the_refusal_of_one_store_does_not_hide_another():
    snapshot = chain(north(3_000, "S1"), north(100, "S2"), north(500, "S3"))
    assert others(
        snapshot, decide(visit(), seen(1, refused_store_id=3, refused_at=NOON), snapshot)
    ) == [("S2", "nearer")]


SHOP_AREA = square("A1", "service_area", shop=1)


@pytest.mark.parametrize(
    "shop, areas, stays",
    [
        (north(9_900, "S1"), [], True),
        (north(10_100, "S1"), [], False),
        (north(9_900, "S1", service_radius_m=5_000), [], False),
        (north(10_100, "S1", service_radius_m=12_000), [], True),
        (north(10_100, "S1"), [SHOP_AREA], True),
        (
            north(300, "S1"),
            [square("A1", "service_area", shop=1, centre=Coordinates(31.4, 121.4))],
            False,
        ),
        (
            north(300, "S1"),
            [square("A1", "service_area", shop=1, centre=Coordinates(31.4, 121.4), valid_to=TODAY)],
            True,
        ),
        (
            north(300, "S1", service_radius_m=500),
            [square("A1", "service_area", shop=1, centre=Coordinates(31.4, 121.4))],
            True,
        ),
    ],
)
def test_a_store_covers_its_delivery_area_or_its_radius_or_else_ten_kilometres(shop, areas, stays):
    snapshot = chain(shop, north(20_000, "S2"), areas=areas)
    decision = decide(visit(), seen(1), snapshot)
    assert (decision.rung == "LAST_VISIT") == stays
    assert decision.notes == (() if stays else ("no_longer_covers",))


def test_far_from_a_protected_home_the_home_serves_and_the_local_shop_is_offered():
    snapshot = chain(north(150_000, "S1"), north(300, "S2"), north(350, "S3"))
    decision = decide(visit(), bound(1, 10), snapshot)
    assert (decision.store_id, decision.rung, decision.notes) == (1, "HOME_PROTECTED", ("travel",))
    assert others(snapshot, decision) == [("S2", "local")]


@pytest.mark.parametrize("metres, far", [(99_000, False), (101_000, True)])
def test_travelling_begins_beyond_home_reach(metres, far):
    snapshot = chain(north(metres, "S1"), north(300, "S2"))
    assert led(snapshot, visit(), bound(1, 40)) == (("S2", "NEAREST") if far else ("S1", "HOME"))
    assert decide(visit(), bound(1, 10), snapshot).notes == (("travel",) if far else ())


def test_without_a_point_nobody_travels():
    assert led(chain(north(150_000, "S1"), north(300, "S2")), visit(None), bound(1, 40)) == (
        "S1",
        "HOME",
    )


def test_a_traveller_whose_home_has_a_successor_is_told_both():
    snapshot = chain(
        store("S1", status="closed", successor_id=2), north(150_000, "S2"), north(300, "S3")
    )
    assert decide(visit(), bound(1, 10), snapshot).notes == ("successor", "travel")


def test_a_traveller_without_any_local_shop_is_offered_none():
    decision = decide(visit(), bound(1, 10), chain(north(150_000, "S1")))
    assert (decision.store_id, decision.alternatives) == (1, ())
    assert visit().point == HERE
