"""Properties of the decision (A16, A17): any chain, any state, any visit."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.facts import visits
from stores.facts.decision import Question, State, Visit
from stores.geo.coordinates import Coordinates, distance_m
from stores.network.policy import PRESETS, Policy, parse
from stores.network.policy import RUNGS as NAMES
from stores.network.records import AreaRecord, StoreRecord
from stores.network.snapshot import Snapshot
from stores.routing import decide as ladder
from stores.routing import explanations
from stores.routing.decide import decide
from stores.routing.rungs import RUNGS, named
from stores.routing.rungs.here import areas_here
from stores.routing.rungs.ties import KEPT_CANDIDATES, TIES
from tests.stores.routing.chain import (
    HERE,
    NOON,
    SHANGHAI,
    chain,
    contract,
    days,
    guide,
    link,
    square,
    store,
)

NUMBERS = range(1, 7)
OFFSETS = (
    0,
    0.0005,
    0.001,
    0.0021,
    0.02,
    0.4,
    2.0,
)  # degrees: on one spot, ambiguous, near, far, beyond every limit
SOME_DAYS = st.none() | st.integers(-3, 3).map(lambda n: NOON.date() + days(n))
MOMENTS = st.integers(-400, 40).map(lambda n: NOON + days(n / 4))
SOMEBODY = st.none() | st.integers(1, 8)  # also ids that no store has


@st.composite
def shops(draw: st.DrawFn, number: int) -> StoreRecord:
    terms = tuple(
        contract(number, dealer, *draw(st.tuples(SOME_DAYS, SOME_DAYS)))
        for dealer in draw(st.sampled_from([(1,), (2,), (), (1, 2)]))
    )
    return store(
        f"S{number}",
        HERE.latitude + draw(st.sampled_from(OFFSETS)),
        HERE.longitude + draw(st.sampled_from(OFFSETS)),
        contracts=terms,
        status=draw(st.sampled_from(["active", "active", "active", "paused", "closed"])),
        cloud_shop=draw(st.sampled_from([True, True, False])),
        withdrawn=draw(st.sampled_from([False, False, True])),
        opened_on=draw(SOME_DAYS),
        closed_on=draw(SOME_DAYS),
        paused_until=draw(SOME_DAYS),
        priority=draw(st.integers(0, 1)),
        service_radius_m=draw(st.sampled_from([None, 0, 300, 60_000])),
        hours=draw(st.sampled_from(["", "18:00-02:00"])),
        successor_id=draw(SOMEBODY),
        region_code=draw(st.sampled_from([None, "310115", "110101"])),
    )


@st.composite
def areas(draw: st.DrawFn, number: int) -> tuple[AreaRecord, object]:
    kind = draw(st.sampled_from(["territory", "service_area", "isolated"]))
    return square(
        f"A{number}",
        kind,
        dealer=draw(st.integers(1, 3)) if kind == "territory" else None,
        shop=draw(st.integers(1, 8)) if kind != "territory" else None,
        half_m=draw(st.sampled_from([None, 50, 5_000])),
        region_codes=draw(st.sampled_from([(), ("310000",)])),
        postal_codes=draw(st.sampled_from([(), ("94107",)])),
        valid_from=draw(SOME_DAYS),
        valid_to=draw(SOME_DAYS),
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rungs = draw(
        st.one_of(
            st.just({}), st.permutations(NAMES[:-1]).map(lambda names: {"rungs": list(names[:8])})
        )
    )
    return parse(
        {
            "preset": draw(st.sampled_from(sorted(PRESETS))),
            "ambiguity_m": draw(st.sampled_from([0, 200, 5_000])),
            "nearest_limit_m": draw(st.sampled_from([None, 100, 50_000])),
            "default_store": draw(st.sampled_from([None, "S1", "S9"])),
            "region_defaults": draw(st.sampled_from([{}, {"310000": "S2", "310115": "S3"}])),
            **rungs,
        }
    )


@st.composite
def chains(draw: st.DrawFn) -> Snapshot:
    made = [draw(shops(number)) for number in NUMBERS[: draw(st.integers(0, 6))]]
    guides = [
        guide(f"G{n}", draw(st.integers(1, 6)), *draw(st.tuples(SOME_DAYS, SOME_DAYS)))
        for n in (1, 2)
    ]
    return chain(
        *made,
        policy=draw(policies()),
        guides=guides,
        areas=[draw(areas(n)) for n in range(draw(st.integers(0, 3)))],
    )


@st.composite
def states(draw: st.DrawFn) -> State:
    found = {
        name: draw(SOMEBODY if name.endswith("_id") else st.none() | MOMENTS)
        for name in State.__dataclass_fields__
        if name not in ("rv", "no_switch")
    }
    return State(rv=draw(st.integers(0, 9)), no_switch=draw(st.booleans()), **found)


@st.composite
def arrivals(draw: st.DrawFn) -> Visit:
    at = NOON + dt.timedelta(hours=draw(st.integers(-48, 48)))
    point = draw(
        st.none()
        | st.sampled_from(OFFSETS).map(lambda d: Coordinates(HERE.latitude + d, HERE.longitude))
    )
    param = draw(st.none() | st.builds(lambda shop, who: link(shop, who), SOMEBODY, SOMEBODY))
    return Visit(
        at,
        at.astimezone(SHANGHAI).date(),
        point,
        draw(st.sampled_from([None, 30.0, 4_000.0])),
        draw(st.booleans()),
        draw(st.sampled_from([None, "310115", "110101", "x"])),
        draw(st.sampled_from([None, "94107"])),
        param,
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


# -- words for every code (A16) --------------------------------------------------------------------


def _texts(function: object) -> set[str]:
    """Every word a function may return by itself (not as an argument of a call)."""
    found: set[str] = set()
    open_: list[ast.AST] = [
        n.value
        for n in ast.walk(ast.parse(inspect.getsource(function).lstrip()))
        if isinstance(n, ast.Return) and n.value
    ]
    while open_:
        node = open_.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif not isinstance(node, ast.Call):
            open_ += ast.iter_child_nodes(node)
    return {text for text in found if re.fullmatch("[a-z]+(_[a-z]+)*", text)}


def _source_texts(module: object, name: str) -> set[str]:
    """Texts given as keyword `name`, or in tuples there."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == name:
                found |= {
                    p.value
                    for p in ast.walk(keyword.value)
                    if isinstance(p, ast.Constant) and isinstance(p.value, str) and p.value
                }
    return found


OUTCOMES = {
    *(text for rung in RUNGS.values() for text in _texts(rung)),
    *_texts(named.by_param),
    "no_rung_matched",
    "full",
    "matched",
    "store_unknown",
}
OUTCOMES |= {f"store_{why}" for why in _texts(StoreRecord.why_not)}
NOTES = {
    *_source_texts(ladder, "notes"),
    *_source_texts(named, "notes"),
    *ladder.TOLD,
    *(f"entry_param_{why}" for why in _texts(visits.entry_param_of)),
    "location_unusable",
    "entry_param_malformed",
    "entry_param_bad_signature",
}


def test_the_codes_were_found_in_the_source():
    assert {
        "no_home",
        "travel",
        "no_location",
        "outside_radii",
        "too_far",
        "guide_left",
        "store_paused",
        "store_no_contract",
    } <= OUTCOMES
    assert {
        "travel",
        "successor",
        "switch_refused",
        "entry_param_expired",
        "entry_param_channel_over",
    } <= NOTES


@pytest.mark.parametrize(
    "table, codes",
    [
        (explanations.OUTCOMES, OUTCOMES),
        (explanations.NOTES, NOTES),
        (explanations.TIES, set(TIES)),
        (explanations.SENTENCES, set(NAMES)),
    ],
    ids=["outcomes", "notes", "ties", "rungs"],
)
def test_every_code_has_words_in_chinese_and_english(table, codes):
    assert codes - table.keys() == set()
    assert all(len(words) == 2 and all(words) for words in table.values())


@given(arrivals(), states(), chains())
def test_every_decision_can_be_put_in_words(visit, state, snapshot):
    decision = decide(visit, state, snapshot)
    for lang in ("zh", "en"):
        text = explanations.sentence(decision.rung, decision.reason, "Shop", 3, lang)
        assert text and "{" not in text
    assert {s.outcome for s in decision.steps} <= explanations.OUTCOMES.keys()
    assert set(decision.notes) <= explanations.NOTES.keys()
