"""Batch routing answers what `decide` answers, row by row: areas, radii, ambiguity, bindings, every
policy (CONTRACT 2, A4-A9)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from stores.base import brand
from stores.facts.decision import NEW_CUSTOMER, State, Visit
from stores.geo.areas import AreaIndex
from stores.geo.coordinates import InvalidCoordinates, to_wgs84
from stores.network.policy import PRESETS, RUNGS, Policy
from stores.network.records import AreaRecord, Contract, StoreRecord
from stores.network.snapshot import Snapshot
from stores.routing.batch_routing import UNUSABLE, Assigned, Router, Row, place_of
from stores.routing.decide import decide

AT = dt.datetime(2026, 3, 1, 4, tzinfo=dt.UTC)
DAY = dt.date(2026, 3, 1)
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def _brand():
    before = brand._brand
    brand.configure(brand.Brand(ZONE, "CNY", 2))
    yield
    brand._brand = before


def store(
    number: int,
    latitude: float,
    longitude: float,
    radius: int | None = None,
    status: str = "active",
    priority: int = 0,
) -> StoreRecord:
    contract = Contract(number, number % 3, f"D{number % 3}", None, None, 0, 0, "store_collects")
    return StoreRecord(
        number,
        f"S{number}",
        f"Store {number}",
        None,
        latitude,
        longitude,
        False,
        "310000",
        status,
        True,
        None,
        None,
        None,
        priority,
        radius,
        None,
        ZONE,
        None,
        None,
        (contract,),
    )


def area(
    number: int, kind: str, west: float, south: float, regions: frozenset[str]
) -> tuple[AreaRecord, object]:
    record = AreaRecord(
        number,
        f"A{number}",
        kind,
        number % 3 if kind == "territory" else None,
        1 + number % 4 if kind == "service_area" else None,
        regions,
        frozenset(),
        None,
        None,
    )
    return record, box(west, south, west + 0.05, south + 0.05)


# A grid of 0.005 degrees makes ties, shared places and ambiguity common.
latitudes = st.integers(0, 40).map(lambda n: 31.0 + n * 0.005)
longitudes = st.integers(0, 40).map(lambda n: 121.0 + n * 0.005)
moments = st.sampled_from(
    [None, AT - dt.timedelta(days=60), AT - dt.timedelta(hours=2), AT + dt.timedelta(days=5)]
)
ids = st.sampled_from([None, None, 1, 2, 99])
states = st.builds(
    State,
    home_store_id=ids,
    home_protected_until=moments,
    home_valid_until=moments,
    last_store_id=ids,
    last_visit_at=moments,
    param_store_id=ids,
    param_at=moments,
    manual_store_id=ids,
    manual_at=moments,
    pinned_store_id=ids,
)
policies = st.builds(
    Policy,
    rungs=st.one_of(
        st.sampled_from(list(PRESETS.values())),
        st.permutations(RUNGS[:-1]).map(lambda r: (*r[:9], "PICKER")),
    ),
    ambiguity_m=st.sampled_from([0, 0, 200, 1500]),
    nearest_limit_m=st.sampled_from([None, 3_000, 50_000]),
    default_store=st.sampled_from([None, None, "S1"]),
    region_defaults=st.sampled_from([{}, {"310000": "S2"}]),
)


@st.composite
def networks(draw):
    stores = [
        store(
            n,
            draw(latitudes),
            draw(longitudes),
            draw(st.sampled_from([None, None, 800, 5000])),
            draw(st.sampled_from(["active", "active", "closed"])),
            draw(st.integers(0, 1)),
        )
        for n in range(1, draw(st.integers(1, 8)))
    ]
    areas = [
        area(
            n,
            draw(st.sampled_from(["territory", "service_area"])),
            draw(longitudes),
            draw(latitudes),
            draw(st.sampled_from([frozenset(), frozenset({"310000"})])),
        )
        for n in range(draw(st.integers(0, 3)))
    ]
    return Snapshot(
        3,
        2,
        draw(policies),
        stores,
        {},
        [a for a, _ in areas],
        AreaIndex([shape for _, shape in areas], [a.id for a, _ in areas]),
        {},
    )


rows = st.builds(
    Row,
    visitor_id=st.sampled_from(["a", "b", "c", "new"]),
    latitude=st.one_of(latitudes.map(str), st.sampled_from(["", "0", "x", "91", "-89.99"])),
    longitude=st.one_of(longitudes.map(str), st.sampled_from(["", "0", "nan", "179.9"])),
    crs=st.sampled_from(["wgs84", "wgs84", "gcj02", "bd09", "utm", ""]),
    accuracy_m=st.sampled_from(["", "", "30", "2500", "-1"]),
    entry_param=st.sampled_from(["", "", "forged"]),
    region_code=st.sampled_from(["", "", "310000", "310104"]),
)


def by_ladder(row: Row, state: State, snapshot: Snapshot) -> Assigned:
    place = place_of(row)
    try:
        point = to_wgs84(*place[:3]) if isinstance(place, tuple) else None
    except InvalidCoordinates:  # next to a pole
        point = None
    accuracy = place[3] if isinstance(place, tuple) and point is not None else None
    found = decide(
        Visit(AT, DAY, point, accuracy, region_code=row.region_code or None), state, snapshot
    )
    store_ = snapshot.by_id.get(found.store_id)
    return Assigned(
        store_.code if store_ else None,
        store_.contract_on(DAY).dealer_code if store_ else None,
        found.distance_m,
        found.rung,
        found.reason,
    )


def shown(answer: Assigned) -> tuple[object, ...]:
    """What stands in the file: distances to a decimetre."""
    return (
        answer.store_code,
        answer.dealer_code,
        answer.rung,
        answer.reason,
        None if answer.distance_m is None else round(answer.distance_m, 3),
    )


@settings(max_examples=250, deadline=None)
@given(
    networks(),
    st.lists(rows, min_size=1, max_size=25),
    st.fixed_dictionaries({"a": states, "b": states}),
)
def test_a_batch_answers_what_the_ladder_answers_row_by_row(snapshot, visitors, known):
    answers = Router(snapshot, AT, (b"k" * 32,)).assign(visitors, known)
    assert [shown(a) for a in answers] == [
        shown(by_ladder(row, known.get(row.visitor_id, NEW_CUSTOMER), snapshot)) for row in visitors
    ]


@pytest.mark.parametrize(
    "row",
    [
        Row("v", "31.2", "", "wgs84"),
        Row("v", "", "121.4", "wgs84"),
        Row("v", "31.2", "121.4", ""),
        Row("v", "31.2", "121.4", "WGS84"),
        Row("v", "31,2", "121.4", "wgs84"),
        Row("v", "nan", "121.4", "wgs84"),
        Row("v", "inf", "121.4", "wgs84"),
        Row("v", "1_0", "121.4", "wgs84"),
        Row("v", "31.2", "181", "wgs84"),
        Row("v", "0", "0.0", "wgs84"),
        Row("v", "31.2", "121.4", "wgs84", "near"),
        Row("v", "31.2", "121.4", "wgs84", "-1"),
        Row("v", "٣١", "121.4", "wgs84"),
        Row("v", "1e999", "121.4", "wgs84"),
    ],
)
def test_what_is_no_location_is_told_from_none_and_never_guessed(row):
    assert place_of(row) == UNUSABLE


@pytest.mark.parametrize(
    ("row", "place"),
    [
        (Row("v"), None),
        (Row("v", crs="utm"), None),
        (Row("v", "31.2", "121.4", "bd09", "15"), (31.2, 121.4, "bd09", 15.0)),
        (Row("v", "1e-05", "+0.5", "wgs84"), (0.00001, 0.5, "wgs84", None)),
    ],
)
def test_a_location_is_read_as_it_stands(row, place):
    assert place_of(row) == place


def test_the_fast_way_is_taken_where_it_may_be():
    snapshot = Snapshot(
        1,
        1,
        Policy(),
        [store(1, 31.2, 121.4), store(2, 31.5, 121.9)],
        {},
        [],
        AreaIndex([], []),
        {},
    )
    router = Router(snapshot, AT, ())
    visitors = [Row(f"v{n}", "31.21", "121.41", "wgs84") for n in range(3)]
    places = [place_of(row) for row in visitors]
    assert len(router._nearest(visitors, places, router._points(places), {}, {})) == 3
