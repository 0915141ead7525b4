"""M11, A16, P2: what is left of a visitor's place after a day and after a month, and what replay
still proves."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any

import numpy as np
import pytest
import time_machine
from sqlalchemy import select, text

import db
from ledger import schema
from stores.base.actors import COMMAND_LINE
from stores.facts.entries import entry, entry_point, entry_trace
from stores.facts.privacy import forget_points
from stores.facts.visits import SourcePoint
from stores.geo.coordinates import distances_m, geodesic_m
from stores.lists.entry_lists import latest
from stores.network.sight import EVERYTHING
from stores.network.stores import store
from stores.routing import explanations
from stores.routing.entry_reading import find
from tests.network import Network
from tests.stores.routing.entrances import LAT, LNG, NOW, answer, arrival, enter, replayed

DAY, MONTH = dt.timedelta(days=1, minutes=1), dt.timedelta(days=30, minutes=1)
PLACES = [
    SourcePoint(LAT + 0.011 * n + 0.0007, LNG + 0.013 * m - 0.0003, "wgs84", 25.0)
    for n, m in ((1, 1), (2, 3), (3, 2), (4, 4))
]


@pytest.fixture
def town(network: Network) -> Network:
    """25 stores, two kilometres apart."""
    network.load(
        "stores",
        *(
            {
                "store_code": f"S{n}{m}",
                "name": f"S{n}{m}",
                "dealer_code": "D1",
                "latitude": str(LAT + 0.018 * n),
                "longitude": str(LNG + 0.021 * m),
                "crs": "wgs84",
            }
            for n, m in itertools.product(range(5), repeat=2)
        ),
    )
    return network


def everything_kept() -> str:
    """The whole database as text."""
    with db.read() as connection:
        rows = {
            t.name: [list(map(str, row)) for row in connection.execute(select(t))]
            for t in schema.metadata.sorted_tables
        }
    return json.dumps(rows, ensure_ascii=False)


def test_replay_says_on_what_it_rests(town):
    """Point for 24 h, record for 30 days, then the result alone; the answer stays the same."""
    ids = [enter(arrival(f"c{n}", place)).entry_id for n, place in enumerate(PLACES)]
    for now, basis in (
        (NOW + dt.timedelta(hours=23), "point"),
        (NOW + DAY, "record"),
        (NOW + MONTH, "result"),
    ):
        forget_points(now)
        assert [(replayed(each)["same"], replayed(each)["basis"]) for each in ids] == [
            (True, basis)
        ] * len(ids)
        assert [replayed(each)["store_code"] for each in ids] == [
            answer(each)["store_code"] for each in ids
        ]


def test_an_entry_without_a_place_is_decided_again_for_30_days(town):
    one = enter(arrival("c1", region_code="310115")).entry_id
    forget_points(NOW + DAY)
    assert replayed(one) == {"same": True, "basis": "point", "store_code": None, "rung": "PICKER"}


def test_after_a_day_no_point_and_no_metres_are_left_in_any_table(town):
    ids = [enter(arrival(f"c{n}", place)).entry_id for n, place in enumerate(PLACES)]
    metres = [answer(each)["distance_m"] for each in ids]
    assert all(str(place.latitude) in everything_kept() for place in PLACES)
    forget_points(NOW + DAY)
    left = everything_kept()
    for place, distance in zip(PLACES, metres, strict=True):
        assert str(place.latitude) not in left
        assert str(place.longitude) not in left
        assert f"{distance:.1f}"[:-2] + "." not in left
    assert [answer(each)["distance_m"] for each in ids] == [None] * len(ids)
    assert all(
        alternative["distance_m"] is None
        for each in ids
        for alternative in answer(each)["alternatives"]
    )


def test_after_a_month_store_rung_and_versions_alone_are_left(town):
    one = enter(arrival("c1", PLACES[0])).entry_id
    forget_points(NOW + MONTH)
    assert (town.count(entry_point), town.count(entry_trace)) == (0, 0)
    found = answer(one)
    assert (found["store_code"] is not None, found["distance_class_km"], found["alternatives"]) == (
        True,
        None,
        [],
    )
    with db.read() as connection:
        for lang in ("zh", "en"):
            assert explanations.of_entry(
                connection, find(connection, one, COMMAND_LINE), lang, EVERYTHING
            )["sentence"]


def guessed(
    place_of: dict[int, tuple[float, float]], classes: dict[int, float], order: list[int]
) -> tuple[float, float]:
    """The best guess of somebody who has read the tables: the middle of all places of a fine grid
    that fit the classes and the order."""
    lats, lngs = (
        axis.ravel()
        for axis in np.meshgrid(
            np.linspace(LAT - 0.03, LAT + 0.11, 281), np.linspace(LNG - 0.03, LNG + 0.12, 281)
        )
    )
    fits = np.ones(len(lats), dtype=bool)
    away = {
        i: distances_m(
            lats, lngs, np.full(len(lats), place_of[i][0]), np.full(len(lats), place_of[i][1])
        )
        for i in {*classes, *order}
    }
    for i, low in classes.items():
        fits &= (away[i] >= low) & (away[i] < low + 1000)
    for near, far in itertools.pairwise(order):
        fits &= away[near] <= away[far]
    return float(lats[fits].mean()), float(lngs[fits].mean())


def kept_of(entry_id: str) -> tuple[dict[int, float], list[int]]:
    """Distance classes by store, and the order of the candidates, wherever the record has them."""
    with db.read() as connection:
        row = connection.execute(
            select(entry.c.store_id, entry_trace)
            .join(entry_trace, entry_trace.c.entry_id == entry.c.entry_id)
            .where(entry.c.entry_id == entry_id)
        ).one()
    numbers: list[Any] = [c for step in row.trace["steps"] for c in step[2]] + row.trace[
        "alternatives"
    ]
    classes = {c[0]: c[2] * 1000.0 for c in numbers if len(c) > 2 and c[2] is not None} | {
        row.store_id: row.distance_class_km * 1000.0
    }
    return classes, [c[0] for c in row.trace["steps"][-1][2]]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_place_cannot_be_reckoned_from_what_is_kept_on_the_second_day(town):
    """M11: off by more than 300 m in the middle of many visitors; before the purge the same guess
    has metres to work with."""
    rng = np.random.default_rng(7)
    places = [
        SourcePoint(LAT + float(a), LNG + float(b), "wgs84", 25.0)
        for a, b in rng.uniform(0.005, 0.065, (25, 2))
    ]
    ids = [enter(arrival(f"c{n}", place)).entry_id for n, place in enumerate(places)]
    forget_points(NOW + DAY)
    place_of = {row.id: (row.latitude, row.longitude) for row in town.rows(store)}
    off = []
    for each, place in zip(ids, places, strict=True):
        lat, lng = guessed(place_of, *kept_of(each))
        off.append(geodesic_m(lat, lng, place.latitude, place.longitude))
    assert np.median(off) > 300
    assert len(kept_of(ids[0])[0]) == 1


def test_staff_see_a_class_of_the_winner_and_nothing_finer(town):
    """A16: lists and explanations, while the point is still kept."""
    one = enter(arrival("c1", PLACES[2])).entry_id
    with time_machine.travel(NOW, tick=False), db.read() as connection:
        listed = latest(connection, COMMAND_LINE, NOW.date(), 1)[0]._mapping
        told = explanations.of_entry(
            connection, find(connection, one, COMMAND_LINE), "en", EVERYTHING
        )
    assert isinstance(listed["distance_class_km"], int)
    assert not {"latitude", "longitude", "distance_m"} & set(listed)
    assert not any(
        "distance" in key
        for step in told["steps"]
        for candidate in step["candidates"]
        for key in candidate
    )


def test_a_purge_is_repeatable_and_keeps_what_is_younger(town):
    old, young = (
        enter(arrival("c1", PLACES[0])),
        enter(arrival("c2", PLACES[1]), NOW + dt.timedelta(hours=20)),
    )
    assert forget_points(NOW + DAY).points == 1
    assert forget_points(NOW + DAY).points == 0
    assert [replayed(each.entry_id)["basis"] for each in (old, young)] == ["record", "point"]
    with db.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM entry_trace")).scalar_one() == 2


def test_what_may_no_longer_be_kept_is_not_told_even_while_no_worker_runs(town):
    """P2 by the clock: rows that wait for the worker count as gone."""
    one = enter(arrival("c1", PLACES[0])).entry_id
    assert answer(one)["distance_m"] is not None
    assert answer(one, NOW + DAY)["distance_m"] is None
    assert [replayed(one, NOW + after)["basis"] for after in (dt.timedelta(), DAY, MONTH)] == [
        "point",
        "record",
        "result",
    ]
