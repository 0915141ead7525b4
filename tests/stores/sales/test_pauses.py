"""A11: a paused store keeps its customers, and their clocks stand still for as long as it pauses."""
from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from stores.bindings import BindingFact, Pause, Rules, in_force, timeline
from stores.visits import SourcePoint
from tests.stores.sales.shop import HERE, day

START = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)


def moment(n: float) -> dt.datetime:
    return START + dt.timedelta(days=n)


def bought(n: float, store: int = 1) -> BindingFact:
    return BindingFact(moment(n), "order", int(n * 10), f"O{n}", store_id=store)


def home(pauses: list[tuple[float, float]], *facts: BindingFact):
    rules = Rules(pauses={1: tuple(Pause(moment(a), moment(b)) for a, b in pauses)})
    return in_force(timeline(facts, rules), "home", moment(0.5))


def test_a_pause_prolongs_protection_and_validity_by_its_length():
    held = home([(10, 20)], bought(0))
    assert (held.protected_until, held.valid_until) == (moment(40), moment(375))


def test_only_the_part_of_a_pause_that_falls_into_the_time_counts():
    assert home([(-5, 3)], bought(0)).protected_until == moment(33)
    assert home([(31, 60)], bought(0)).protected_until == moment(30)
    assert home([(5, 6), (30.5, 40)], bought(0)).protected_until == moment(40.5)  # the second begins before the first one's extension is over


def test_the_pause_of_another_store_changes_nothing():
    rules = Rules(pauses={2: (Pause(moment(1), moment(9)),)})
    assert in_force(timeline([bought(0)], rules), "home", moment(1)).protected_until == moment(30)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=5))
def test_protection_is_thirty_days_of_service(given_pauses):
    """As a property: from the first order on, the time in service until the end of protection is thirty days."""
    apart, end = [], 0
    for gap, length in given_pauses:
        apart.append((end + gap, end + gap + length))
        end += gap + length + 1
    until = home(apart, bought(0)).protected_until
    paused = sum((min(moment(b), until) - moment(a) for a, b in apart if moment(a) < until), dt.timedelta())
    assert until - moment(0) - paused == dt.timedelta(days=30)


def test_pausing_and_serving_again_on_the_real_path(shop, monkeypatch):
    """A11 end to end: the state that routing reads follows the pause, a longer one, and its early end."""
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    before = shop.state("c1").home_protected_until

    def edit(at: dt.datetime, **more: str) -> dt.timedelta:
        monkeypatch.setattr(shop.network, "now", at)
        latitude, longitude = HERE["S1"]
        place = {"latitude": str(latitude), "longitude": str(longitude), "crs": "wgs84"}
        shop.network.load("stores", {"store_code": "S1", "name": "S1", "dealer_code": "D1", **place, **more})
        return shop.state("c1").home_protected_until - before

    assert edit(day(10), status="paused", paused_until="2025-03-15") == dt.timedelta(days=4, hours=14)  # to the end of the 15th in Shanghai
    assert edit(day(11), status="paused", paused_until="2025-03-20") == dt.timedelta(days=9, hours=14)
    assert shop.visits("c1", day(12), "S1").decision.store_id != shop.snapshot().by_code["S1"].id  # A11: led elsewhere meanwhile
    assert edit(day(13), status="active", paused_until="") == dt.timedelta(days=3)
    assert shop.visits("c1", day(32), "S1").decision.rung == "HOME_PROTECTED"
