"""Properties of the decision (A16, A17): any chain, any state, any visit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stores.facts.decision import Question, State
from stores.geo.coordinates import Coordinates, distance_m
from stores.network.policy import Policy
from stores.network.snapshot import Snapshot
from stores.routing.decide import decide
from stores.routing.rungs.here import areas_here
from stores.routing.rungs.ties import KEPT_CANDIDATES
from tests.stores.routing.any_chain import arrivals, chains, states
from tests.stores.routing.chain import (
    days,
)


@given(arrivals(), states(), chains())
def test_no_ineligible_store_is_ever_named_or_offered(visit, state, snapshot):
    """A2."""
    decision = decide(visit, state, snapshot)
    named = [c.store_id for c in decision.alternatives] + (
        [decision.store_id] if decision.store_id is not None else []
    )
    assert [snapshot.by_id[i].why_not(visit.day) for i in named] == [""] * len(named)
    assert len(named) == len(set(named))
    assert (decision.store_id is None) == (decision.rung == "PICKER")


@given(arrivals(), states(), chains(), st.randoms())
def test_the_same_question_has_the_same_answer_in_whatever_order_the_stores_come(
    visit, state, snapshot, random
):
    """A17, A6: never by row order or chance."""
    turned = list(snapshot.stores)
    random.shuffle(turned)
    again = Snapshot(
        1,
        1,
        snapshot.policy,
        turned,
        snapshot.guides,
        list(snapshot.areas.values()),
        snapshot._area_index,
        {},
    )
    assert decide(visit, state, again) == decide(visit, state, snapshot)


@given(arrivals(), states(), chains())
def test_the_answer_belongs_to_the_rung_that_matched(visit, state, snapshot):
    """A16: the trace ends with the only match, its winner is the answer, the guide works there, the
    dealer holds the contract."""
    decision = decide(visit, state, snapshot)
    assert (
        [s.rung for s in decision.steps if s.outcome == "matched"]
        == [decision.rung]
        == [decision.steps[-1].rung]
    )
    assert decision.reason.startswith(decision.rung.lower())
    if decision.store_id is not None:
        assert decision.steps[-1].candidates[0].store_id == decision.store_id
        assert (
            snapshot.by_id[decision.store_id].contract_on(visit.day).dealer_id == decision.dealer_id
        )
    if decision.guide_id is not None:
        assert snapshot.guides[decision.guide_id].store_on(visit.day) == decision.store_id


@given(chains(), arrivals())
def test_nearest_without_ambiguity_is_the_brute_force_minimum(snapshot, visit):
    policy = Policy(rungs=("NEAREST", "PICKER"), ambiguity_m=0, nearest_limit_m=None)
    decision = decide(visit, State(), snapshot, policy)
    found = (
        []
        if visit.point is None
        else sorted(
            (distance_m(visit.point, Coordinates(s.latitude, s.longitude)), s.code)
            for s in snapshot.stores
            if not s.why_not(visit.day)
        )
    )
    assert (decision.distance_m, decision.store_id and snapshot.by_id[decision.store_id].code) == (
        found[0] if found else (None, None)
    )


@given(
    arrivals(),
    states(),
    chains(),
    st.sampled_from([0, 150, 3_000]),
    st.frozensets(st.integers(1, 6), max_size=3),
)
def test_a6_a12_a_territory_leads_to_the_store_that_measuring_all_of_its_dealers_stores_finds(
    visit, state, snapshot, ambiguity_m, full
):
    policy = Policy(rungs=("TERRITORY", "PICKER"), ambiguity_m=ambiguity_m)
    decision, question = (
        decide(visit, state, snapshot, policy, full=full),
        Question(visit, state.at(visit.at), snapshot, policy),
    )
    owners = {a.dealer_id for a in areas_here(question, "territory")}
    theirs = [
        s
        for s in snapshot.stores
        if not s.why_not(visit.day)
        and s.contract_on(visit.day).dealer_id in owners
        and s.id not in full
    ]
    if visit.point is None or not theirs:
        assert decision.rung == "PICKER"
        return
    metres = {s.id: distance_m(visit.point, Coordinates(s.latitude, s.longitude)) for s in theirs}
    least, limit = (
        min(metres.values()),
        max(ambiguity_m, 3_000 if visit.fuzzy else min(visit.accuracy_m or 0, 3_000))
        if ambiguity_m
        else 0,
    )
    equal = [s for s in theirs if metres[s.id] == least or metres[s.id] - least < limit]
    best = min(
        equal, key=lambda s: (*(_wins_ties(s, question) if limit else ()), metres[s.id], s.code)
    )
    assert (decision.rung, decision.store_id, decision.distance_m) == (
        "TERRITORY",
        best.id,
        metres[best.id],
    )
    others = [c for c in decision.steps[-1].candidates if c.why != "full"]
    assert len(others) == min(len(theirs), KEPT_CANDIDATES)


@given(arrivals(), chains(), st.sampled_from([0, 150]))
def test_a6_the_radius_that_leads_is_found_by_measuring_every_store(visit, snapshot, ambiguity_m):
    decision = decide(
        visit, State(), snapshot, Policy(rungs=("RADIUS", "PICKER"), ambiguity_m=ambiguity_m)
    )
    reach = (
        []
        if visit.point is None
        else [
            (metres, s)
            for s in snapshot.stores
            if not s.why_not(visit.day)
            and s.service_radius_m
            and (metres := distance_m(visit.point, Coordinates(s.latitude, s.longitude)))
            <= s.service_radius_m
        ]
    )
    assert (decision.rung == "RADIUS") == bool(reach)
    if reach and not ambiguity_m:
        metres, best = min(reach, key=lambda pair: (pair[0], pair[1].code))
        assert (decision.store_id, decision.distance_m) == (best.id, metres)


def _wins_ties(store, question):
    state = question.state
    return (
        store.id != state.home_store_id,
        store.id != state.last_store_id,
        not store.open_at(question.visit.at),
        -store.priority,
    )


@given(chains(), arrivals(), st.integers(-5, 5))
def test_within_an_epoch_the_same_stores_are_eligible(snapshot, visit, shift):
    """M7: an index built for one day serves every day of its epoch."""
    day = visit.day + days(shift)
    until = snapshot.valid_until(day)
    for other in (day, (until or day + days(400)) - days(1)):
        if other >= day:
            assert [s.why_not(other) == "" for s in snapshot.stores] == [
                s.why_not(day) == "" for s in snapshot.stores
            ]
