"""A4, A9: the picker is never empty while somebody can be led anywhere, and lists nothing else."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stores.coordinates import Coordinates
from stores.decide import PICKER_STORES
from stores.picker import nearby
from tests.stores import chain
from tests.stores.chain import NOON, TODAY

SHOPS = st.lists(st.tuples(st.floats(-89, 89), st.floats(-180, 180), st.sampled_from(["active", "paused", "closed"]), st.booleans(), st.booleans(),
                           st.sampled_from([None, "310106", "310115", "440305", "US-TX", "US"]), st.sampled_from(["", "09:00-18:00"])), max_size=30)
POINTS = st.one_of(st.none(), st.builds(Coordinates, st.floats(-90, 90), st.floats(-180, 180)))


@given(SHOPS, POINTS, st.one_of(st.none(), st.sampled_from(["310106", "310000", "US", "US-TX", "nowhere", "1"]), st.text(max_size=8)))
def test_a9_the_picker_is_never_empty_while_a_store_is_eligible_and_shows_only_such(shops, point, region):
    snapshot = chain.chain(*(chain.store(f"S{n}", lat, lng, status=status, cloud_shop=on, withdrawn=gone, region_code=code, hours=hours)
                             for n, (lat, lng, status, on, gone, code, hours) in enumerate(shops, 1)))
    eligible = {s.code for s in snapshot.stores if not s.why_not(TODAY)}
    found = nearby(snapshot, NOON, TODAY, point, region)
    codes = [each.store.code for each in found]
    assert set(codes) <= eligible and len(set(codes)) == len(codes) == min(len(eligible), PICKER_STORES)
    assert all((each.distance_m is None) == (point is None) for each in found)
    assert all((each.open_now is None) == (each.store.hours is None) for each in found)
    if point is not None and not region:
        assert [each.distance_m for each in found] == sorted(each.distance_m for each in found)


def test_a9_the_exact_region_stands_before_another_of_the_same_country():
    snapshot = chain.chain(chain.store("S1", region_code="US-TN"), chain.store("S2", region_code="US-TX"), chain.store("S3", region_code="CA-ON"))
    assert [each.store.code for each in nearby(snapshot, NOON, TODAY, region_code="US-TX")] == ["S2", "S1", "S3"]
