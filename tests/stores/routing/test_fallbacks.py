"""A9 on the real path: an address leads to the region's store, replay is the same, and the address
is kept nowhere."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlalchemy import select

import db
from ledger import schema
from stores.base.actors import COMMAND_LINE
from stores.facts.visits import SourcePoint
from stores.network import policies
from tests.stores.routing.entrances import (
    NOW,
    answer,
    arrival,
    beside,
    enter,
    open_chain,
    replayed,
    stored,
)

AMERICAN, PRIVATE = "8.8.8.8", "10.1.2.3"


@pytest.fixture
def shops(network: Any) -> Any:
    open_chain(network, 3)
    policies.publish(
        {"region_defaults": {"US": "S2", "310100": "S3"}, "default_store": "S1"},
        actor=COMMAND_LINE,
        now=NOW,
    )
    return network


@pytest.mark.parametrize(
    ("ip", "source", "region", "store", "rung", "noted"),
    [
        (AMERICAN, None, None, "S2", "REGION", ["ip_region"]),
        (
            AMERICAN,
            SourcePoint(0.0, 0.0, "wgs84"),
            None,
            "S2",
            "REGION",
            ["location_unusable", "ip_region"],
        ),
        (AMERICAN, None, "310101", "S3", "REGION", []),
        (AMERICAN, beside(1), None, "S1", "NEAREST", []),
        (PRIVATE, None, None, "S1", "DEFAULT", ["ip_private"]),
        ("2001:4860:4860::8888", None, None, "S1", "DEFAULT", ["ip_unusable"]),
        ("what is this", None, None, "S1", "DEFAULT", ["ip_unusable"]),
    ],
)
def test_a9_the_address_is_asked_only_when_nothing_better_is_known(
    shops, ip, source, region, store, rung, noted
):
    found = enter(arrival("c1", source, region_code=region, ip=ip))
    row = stored(found.entry_id)
    assert (row.store_code, row.rung, answer(found.entry_id)["notes"]) == (store, rung, noted)


def test_a9_the_decision_replays_from_the_region_and_the_address_is_stored_nowhere(shops):
    found = enter(arrival("c1", ip=AMERICAN), key="k1")
    assert replayed(found.entry_id) == {
        "same": True,
        "basis": "point",
        "store_code": "S2",
        "rung": "REGION",
    }
    with db.read() as connection:
        for table in schema.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                assert AMERICAN not in repr(tuple(row)), table.name


def test_a9_the_address_is_not_shown_by_an_arrival_in_a_log():
    assert AMERICAN not in repr(arrival("c1", ip=AMERICAN)) and "ip" in {
        f.name for f in dataclasses.fields(arrival("c1"))
    }
