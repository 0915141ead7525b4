"""Any chain, any state, any visit: what the properties of the decision are held against."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from stores.facts.decision import State, Visit
from stores.geo.coordinates import Coordinates
from stores.network.policy import PRESETS, Policy, parse
from stores.network.policy import RUNGS as NAMES
from stores.network.snapshot import AreaRecord, Snapshot, StoreRecord
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
