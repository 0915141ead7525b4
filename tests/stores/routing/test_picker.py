"""A4, A9: the picker is never empty while somebody can be led anywhere, and lists nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stores.facts.decision import State
from stores.geo.coordinates import Coordinates, distance_m
from stores.network.policy import Policy
from stores.routing.decide import decide
from stores.routing.picker import nearby
from stores.routing.rungs.picks import PICKER_STORES
from tests.stores.routing import chain
from tests.stores.routing.chain import NOON, TODAY

SHOPS = st.lists(
    st.tuples(
        st.floats(-89, 89),
        st.floats(-180, 180),
        st.sampled_from(["active", "paused", "closed"]),
        st.booleans(),
        st.booleans(),
        st.sampled_from([None, "310106", "310115", "440305", "US-TX", "US"]),
        st.sampled_from(["", "09:00-18:00"]),
    ),
    max_size=30,
)
POINTS = st.one_of(st.none(), st.builds(Coordinates, st.floats(-90, 90), st.floats(-180, 180)))


@given(
    SHOPS,
    POINTS,
    st.one_of(
        st.none(),
        st.sampled_from(["310106", "310000", "US", "US-TX", "nowhere", "1"]),
        st.text(max_size=8),
    ),
)
def test_a9_the_picker_is_never_empty_while_a_store_is_eligible_and_shows_only_such(
    shops, point, region
):
    snapshot = chain.chain(
        *(
            chain.store(
                f"S{n}",
                lat,
                lng,
                status=status,
                cloud_shop=on,
                withdrawn=gone,
                region_code=code,
                hours=hours,
            )
            for n, (lat, lng, status, on, gone, code, hours) in enumerate(shops, 1)
        )
    )
    eligible = {s.code for s in snapshot.stores if not s.why_not(TODAY)}
    found = nearby(snapshot, NOON, TODAY, point, region)
    codes = [each.store.code for each in found]
    assert set(codes) <= eligible and len(set(codes)) == len(codes) == min(
        len(eligible), PICKER_STORES
    )
    assert all((each.distance_m is None) == (point is None) for each in found)
    assert all((each.open_now is None) == (each.store.hours is None) for each in found)
    if point is not None and not region:
        assert [each.distance_m for each in found] == sorted(each.distance_m for each in found)


@given(
    SHOPS,
    POINTS,
    st.sampled_from([None, "310106", "310000", "31", "US", "US-TX", "US-CA", "nowhere"]),
)
def test_a4_the_list_of_the_last_rung_is_that_of_sorting_all_stores(shops, point, region):
    """The same district before the same city, province or country, then the nearest, without a
    place by priority and code."""
    snapshot = chain.chain(
        *(
            chain.store(f"S{n}", lat, lng, status=status, region_code=code, priority=n % 3)
            for n, (lat, lng, status, _, _, code, _) in enumerate(shops, 1)
        )
    )

    def alike(store):
        own = store.region_code or ""
        return (
            6
            if own and own == region
            else next(
                (n for n in (6, 4, 2) if region and own[:n] == region[:n] and len(region) >= n), 0
            )
        )

    def metres(store):
        return (
            distance_m(point, Coordinates(store.latitude, store.longitude))
            if point is not None
            else -store.priority
        )

    wanted = sorted(
        (s for s in snapshot.stores if not s.why_not(TODAY)),
        key=lambda s: (-alike(s), metres(s), s.code),
    )[:PICKER_STORES]
    decision = decide(
        chain.visit(point, region_code=region), State(), snapshot, Policy(rungs=("PICKER",))
    )
    assert [c.store_id for c in decision.alternatives] == [s.id for s in wanted]
    assert [c.why == "same_region" for c in decision.alternatives] == [alike(s) > 0 for s in wanted]


def test_a9_the_exact_region_stands_before_another_of_the_same_country():
    snapshot = chain.chain(
        chain.store("S1", region_code="US-TN"),
        chain.store("S2", region_code="US-TX"),
        chain.store("S3", region_code="CA-ON"),
    )
    assert [each.store.code for each in nearby(snapshot, NOON, TODAY, region_code="US-TX")] == [
        "S2",
        "S1",
        "S3",
    ]
