"""A scenario is read with one fault for each wrong key, and changes a snapshot as it says (A16,
A11, A12)."""

from __future__ import annotations

import datetime as dt

import pytest

from ledger.faults import InvalidInput
from stores.network.binding_rules import Closing, Pause
from stores.network.bundles import Shelves
from stores.network.policy import Policy
from stores.network.records import ChannelRecord
from stores.network.snapshot import Snapshot
from stores.simulation.changing import change
from stores.simulation.conflicts import conflicts
from stores.simulation.scenario import rules_digest
from stores.simulation.scenario_form import read
from tests.stores.routing.chain import (
    HERE,
    NOON,
    SHANGHAI,
    TODAY,
    chain,
    guide,
    north,
    square,
    store,
)

ON = {"entries": {"from": "2025-06-05", "to": "2025-06-11"}}
OPEN = {
    "store_code": "S9",
    "name": "New",
    "dealer_code": "D2",
    "latitude": HERE.latitude,
    "longitude": HERE.longitude,
    "crs": "wgs84",
}
DEALERS = {"D1": 1, "D2": 2}


def fields(body: object) -> set[str]:
    with pytest.raises(InvalidInput) as refused:
        read(body)
    return {each.field for each in refused.value.errors}


def test_every_wrong_key_is_told_at_once():
    body = {
        "name": "",
        "mood": 1,
        "policy": {"cover_m": -1, "x": 1},
        "near_m": True,
        "on": {"entries": {"from": "2025-13-01", "to": "2025-06-11"}},
        "changes": [
            {"open": {**OPEN, "crs": "utm", "colour": "red"}},
            {"fly": {}},
            {"pause": {"store_code": "S1"}},
            {"close": {"store_code": ""}},
            {"territory": {"area_code": "A", "dealer_code": "D1"}},
        ],
    }
    assert fields(body) == {
        "name",
        "mood",
        "policy.cover_m",
        "policy.x",
        "near_m",
        "on.entries.from",
        "changes[0].open.crs",
        "changes[0].open.colour",
        "changes[1]",
        "changes[2].pause.paused_until",
        "changes[3].close.store_code",
        "changes[4].territory.geometry",
    }


@pytest.mark.parametrize(
    "on",
    [
        None,
        {},
        {"entries": {"from": "2025-06-11", "to": "2025-06-05"}},
        {"population": {"points": 0}},
        {"population": {"points": 10, "seed": -1}},
        {"population": {"points": 10, "country": "cn"}},
        {"entries": {"from": "2024-01-01", "to": "2025-12-31"}},
        {"moods": {}},
    ],
)
def test_visits_must_be_named_rightly(on):
    assert all(field.startswith("on") for field in fields({"name": "x", "on": on}))


def test_two_changes_of_one_store_are_refused():
    assert fields(
        {
            "name": "x",
            "on": ON,
            "changes": [
                {"close": {"store_code": "S1"}},
                {
                    "move": {k: v for k, v in OPEN.items() if k not in ("dealer_code", "name")}
                    | {"store_code": "S1"}
                },
            ],
        }
    ) == {"changes[1].move"}


def test_one_question_has_one_hash_whatever_its_name():
    one, other = (
        read({"name": "a", "on": ON}),
        read({"name": "b", "on": ON, "changes": [], "format": 1}),
    )
    assert one.digest == other.digest != read({"name": "a", "on": ON, "near_m": 5}).digest
    policy = read({"name": "a", "on": ON, "policy": {"note": "why"}}).policy
    assert policy is not None and rules_digest(policy) == rules_digest(
        read({"name": "a", "on": ON, "policy": {"note": "no"}}).policy
    )


def test_what_a_scenario_does_not_change_it_keeps_a11():
    """Pauses, closings, offers and all else of the network: what stops a customer's clock does so
    in a what-if too."""
    pauses, closings = (
        {1: (Pause(NOON, NOON + dt.timedelta(days=3)),)},
        {2: (Closing(1, 2, 1, NOON),)},
    )
    held = chain(
        store("S1"),
        north(2_000, "S2"),
        guides=[guide("G1", 1)],
        channels={7: ChannelRecord(7, "C7", None, None, False)},
        areas=[square("A1", "territory", dealer=1)],
    )
    held = Snapshot(
        5,
        3,
        held.policy,
        held.stores,
        held.guides,
        list(held.areas.values()),
        held.shapes,
        held.channels,
        closings,
        pauses,
        Shelves(),
    )
    for after in (
        held.changed(Policy(ambiguity_m=7)),
        change(
            held, read({"name": "x", "on": ON, "policy": {"ambiguity_m": 7}}), DEALERS, SHANGHAI
        ),
    ):
        assert after.policy.ambiguity_m == 7
        assert (after.pauses, after.closings, after.shelves is held.shelves, after.channels) == (
            pauses,
            closings,
            True,
            held.channels,
        )
        kept = {name: getattr(after, name) for name in vars(held) if not name.startswith("_")} | {
            "policy": held.policy
        }
        assert kept.pop("boundaries") == held.boundaries and kept == {
            name: value for name, value in vars(held).items() if name in kept
        }


def test_the_network_changes_as_the_scenario_says():
    snapshot = chain(
        store("S1"), north(2_000, "S2", dealer=2), areas=[square("A1", "territory", dealer=1)]
    )
    scenario = read(
        {
            "name": "x",
            "on": ON,
            "changes": [
                {"open": OPEN},
                {"close": {"store_code": "S1", "successor_store_code": "S2"}},
                {"pause": {"store_code": "S2", "paused_until": "2025-12-31"}},
                {"remove_area": {"area_code": "A1"}},
                {"territory": {"area_code": "A2", "dealer_code": "D2", "region_codes": ["310000"]}},
            ],
        }
    )
    after = change(snapshot, scenario, DEALERS, SHANGHAI)
    assert after.by_code["S9"].contract_on(TODAY).dealer_code == "D2" and not after.by_code[
        "S9"
    ].why_not(TODAY)
    assert after.by_code["S1"].why_not(TODAY) == "closed" and after.by_code["S1"].successor_id == 2
    assert after.by_code["S2"].why_not(TODAY) == "paused"
    assert [area.code for area in after.areas.values()] == ["A2"]
    assert not snapshot.by_code["S1"].why_not(TODAY)


def test_unknown_codes_are_told_one_by_one():
    scenario = read(
        {
            "name": "x",
            "on": ON,
            "policy": {"default_store": "S8"},
            "changes": [
                {"open": {**OPEN, "dealer_code": "D7"}},
                {"close": {"store_code": "S7"}},
                {"remove_area": {"area_code": "A7"}},
            ],
        }
    )
    with pytest.raises(InvalidInput) as refused:
        change(chain(store("S1")), scenario, DEALERS, SHANGHAI)
    assert {each.field for each in refused.value.errors} == {
        "changes[0].open.dealer_code",
        "changes[1].close.store_code",
        "changes[2].remove_area.area_code",
        "policy.default_store",
    }


def test_a_store_in_anothers_territory_and_beside_anothers_store_is_a_border_conflict():
    snapshot = chain(north(500, "S1"), areas=[square("A1", "territory", dealer=1)])
    ring = [[121.47, 31.22], [121.48, 31.22], [121.48, 31.24], [121.47, 31.24], [121.47, 31.22]]
    scenario = read(
        {
            "name": "x",
            "on": ON,
            "changes": [
                {"open": OPEN},
                {
                    "territory": {
                        "area_code": "A2",
                        "dealer_code": "D2",
                        "geometry": {"type": "Polygon", "coordinates": [ring]},
                    }
                },
            ],
        }
    )
    found = conflicts(change(snapshot, scenario, DEALERS, SHANGHAI), scenario, TODAY)
    assert {each["kind"] for each in found} == {
        "store_in_territory",
        "stores_near",
        "territories_overlap",
    }
