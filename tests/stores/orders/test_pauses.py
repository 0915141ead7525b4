"""A11: a paused store keeps its customers, and their clocks stand still for as long as it
pauses."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

import db
from stores.base.actors import COMMAND_LINE
from stores.customers import binding_facts, rebinding
from stores.customers.bindings import BindingFact, in_force
from stores.customers.course import timeline
from stores.facts.visits import SourcePoint
from stores.network.binding_rules import Closing, Pause, Rules
from stores.registers import close_store
from tests.stores.orders.shop import HERE, day

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
    assert home([(5, 6), (30.5, 40)], bought(0)).protected_until == moment(
        40.5
    )  # the second begins before the first one's extension is over


def test_the_pause_of_another_store_changes_nothing():
    rules = Rules(pauses={2: (Pause(moment(1), moment(9)),)})
    assert in_force(timeline([bought(0)], rules), "home", moment(1)).protected_until == moment(30)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=5))
def test_protection_is_thirty_days_of_service(given_pauses):
    """As a property: from the first order on, the time in service until the end of protection is
    thirty days."""
    apart, end = [], 0
    for gap, length in given_pauses:
        apart.append((end + gap, end + gap + length))
        end += gap + length + 1
    until = home(apart, bought(0)).protected_until
    paused = sum(
        (min(moment(b), until) - moment(a) for a, b in apart if moment(a) < until), dt.timedelta()
    )
    assert until - moment(0) - paused == dt.timedelta(days=30)


def homes(rules: Rules, *facts: BindingFact) -> list[tuple[int | None, dt.datetime, dt.datetime]]:
    return [
        (b.store_id, b.protected_until, b.valid_until)
        for b in timeline(facts, rules)
        if b.kind == "home"
    ]


def test_a_home_that_moved_pauses_with_the_store_it_moved_to():
    """Closed on day 5; from then on the successor's pauses count, and those of the old store no
    more."""
    closed = {1: (Closing(1, 1, 2, moment(5)),)}
    for pauses, until in (
        ({}, 30),
        ({2: (8, 18)}, 40),
        ({2: (0, 4)}, 30),
        ({2: (3, 9)}, 34),
        ({1: (1, 3)}, 32),
        ({1: (1, 3), 2: (31, 36)}, 37),
    ):
        rules = Rules(
            closings=closed,
            pauses={store: (Pause(moment(a), moment(b)),) for store, (a, b) in pauses.items()},
        )
        assert homes(rules, bought(0))[1] == (2, moment(until), moment(until + 335)), pauses
    left = {1: (Pause(moment(45), moment(60)),)}  # its customers live elsewhere by then
    moved = BindingFact(moment(40), "reassigned", 7, "7", store_id=2, from_store_id=1)
    assert homes(Rules(pauses=left), bought(0), moved)[1] == (2, moment(30), moment(365))
    assert homes(Rules(pauses=left | {2: (Pause(moment(100), moment(110)),)}), bought(0), moved)[1][
        2
    ] == moment(375)


@given(
    st.lists(
        st.tuples(st.sampled_from([1, 2]), st.integers(0, 40), st.integers(1, 20)), max_size=4
    ),
    st.integers(1, 25),
)
def test_whichever_stores_a_home_was_at_it_is_protected_for_thirty_days_of_service(pauses, closes):
    """As a property, over a closing with a successor: paused time counts where the customer was at
    home then."""
    by_store = {
        store: tuple(Pause(moment(a), moment(a + n)) for s, a, n in pauses if s == store)[:1]
        for store in (1, 2)
    }
    rules = Rules(closings={1: (Closing(1, 1, 2, moment(closes)),)}, pauses=by_store)
    until = homes(rules, bought(0))[-1][1]
    spans = ((1, moment(0), moment(closes)), (2, moment(closes), until))
    paused = sum(
        (
            max(min(p.end, b) - max(p.start, a), dt.timedelta())
            for store, a, b in spans
            for p in by_store[store]
        ),
        dt.timedelta(),
    )
    assert until - moment(0) - paused == dt.timedelta(days=30)


def edits(shop, monkeypatch, at: dt.datetime, code: str = "S1", **more: str) -> None:
    monkeypatch.setattr(shop.network, "now", at)
    latitude, longitude = HERE[code]
    shop.network.load(
        "stores",
        {
            "store_code": code,
            "name": code,
            "dealer_code": "D2" if code == "S2" else "D1",
            "latitude": str(latitude),
            "longitude": str(longitude),
            "crs": "wgs84",
            **more,
        },
    )


def test_the_owners_clock_stands_still_with_the_store_where_he_works(shop, monkeypatch):
    """A11 speaks of both bindings: the home may be another store, whose pause it is not."""
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    shop.adds("Zhao", day(1), "c1")  # works in S2; the home S1 is protected
    before = shop.state("c1")
    edits(shop, monkeypatch, day(10), "S2", status="paused", paused_until="2025-03-15")
    after = shop.state("c1")
    length = dt.timedelta(days=4, hours=14)
    assert after.home_protected_until == before.home_protected_until
    assert (
        after.owner_protected_until - before.owner_protected_until
        == after.owner_valid_until - before.owner_valid_until
        == length
    )
    edits(shop, monkeypatch, day(12), "S2", status="active", paused_until="")
    assert shop.state("c1").owner_protected_until - before.owner_protected_until == dt.timedelta(
        days=2
    )


def test_two_pauses_count_both_and_the_time_between_them_runs(shop, monkeypatch):
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    before = shop.state("c1")
    for at, change in (
        (3, {"status": "paused", "paused_until": "2025-03-10"}),
        (5, {"status": "active", "paused_until": ""}),
        (8, {"status": "paused", "paused_until": "2025-03-20"}),
        (11, {"status": "active", "paused_until": ""}),
    ):
        edits(shop, monkeypatch, day(at), **change)
    assert shop.state("c1").home_protected_until - before.home_protected_until == dt.timedelta(
        days=5
    )
    assert shop.state("c1").home_valid_until - before.home_valid_until == dt.timedelta(days=5)


def test_a_store_that_closes_while_it_pauses_stops_the_clocks_until_then(shop, monkeypatch):
    """The pause is over with the closing: its customers have moved to a store in service. Undone,
    it pauses as before."""
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    before = shop.state("c1").home_protected_until
    edits(shop, monkeypatch, day(10), status="paused", paused_until="2025-03-25")
    close_store.close_store("S1", "S2", actor=COMMAND_LINE, now=day(12))
    assert shop.bound("c1", day(12.1))[0] == "S2"
    assert shop.state("c1").home_protected_until - before == dt.timedelta(days=2)
    close_store.undo_closing("S1", actor=COMMAND_LINE, now=day(12.5))
    assert shop.bound("c1", day(12.6))[0] == "S1"
    assert shop.state("c1").home_protected_until - before == dt.timedelta(
        days=14, hours=14
    ) - dt.timedelta(hours=12)  # S2 served him for half a day
    with db.read() as connection:
        facts, snapshot = (
            binding_facts.facts_of(connection, [shop.state("c1").customer_id], shop.snapshot()),
            shop.snapshot(),
        )
    folded = rebinding.state_values(
        timeline(facts[shop.state("c1").customer_id], binding_facts.rules_of(snapshot))
    )
    assert {name: getattr(shop.state("c1"), name) for name in rebinding.BOUND} == folded


def test_pausing_and_serving_again_on_the_real_path(shop, monkeypatch):
    """A11 end to end: the state that routing reads follows the pause, a longer one, and its early
    end."""
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    before = shop.state("c1").home_protected_until

    def edit(at: dt.datetime, **more: str) -> dt.timedelta:
        monkeypatch.setattr(shop.network, "now", at)
        latitude, longitude = HERE["S1"]
        place = {"latitude": str(latitude), "longitude": str(longitude), "crs": "wgs84"}
        shop.network.load(
            "stores", {"store_code": "S1", "name": "S1", "dealer_code": "D1", **place, **more}
        )
        return shop.state("c1").home_protected_until - before

    assert edit(day(10), status="paused", paused_until="2025-03-15") == dt.timedelta(
        days=4, hours=14
    )  # to the end of the 15th in Shanghai
    assert edit(day(11), status="paused", paused_until="2025-03-20") == dt.timedelta(
        days=9, hours=14
    )
    assert (
        shop.visits("c1", day(12), "S1").decision.store_id != shop.snapshot().by_code["S1"].id
    )  # A11: led elsewhere meanwhile
    assert edit(day(13), status="active", paused_until="") == dt.timedelta(days=3)
    assert shop.visits("c1", day(32), "S1").decision.rung == "HOME_PROTECTED"


def test_a_home_that_waits_for_a_store_waits_for_it_again_once_it_is_open_b3(shop, monkeypatch):
    """The owner's store closed and opened again, or the closing was taken back, while another home
    was still protected."""
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    shop.adds("Zhao", day(1), "c1")  # works in S2
    assert [shop.bound("c1", day(at))[0] for at in (29, 31)] == ["S1", "S2"]
    for n, successor, instead in ((3, "S3", "S3"), (8, None, "S1")):
        close_store.close_store("S2", successor, actor=COMMAND_LINE, now=day(n))
        assert shop.bound("c1", day(31))[0] == instead
        close_store.undo_closing("S2", actor=COMMAND_LINE, now=day(n + 0.5))
        assert [shop.bound("c1", day(at))[0] for at in (29, 31)] == ["S1", "S2"]
        close_store.close_store("S2", successor, actor=COMMAND_LINE, now=day(n + 1))
        edits(shop, monkeypatch, day(n + 2), "S2", status="active", closed_on="")
        assert [shop.bound("c1", day(at))[0] for at in (29, 31)] == ["S1", "S2"]
