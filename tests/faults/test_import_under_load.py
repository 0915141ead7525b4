"""M21: a large import while visitors enter: no error on either side, and every entry is
answered."""

from __future__ import annotations

import datetime as dt
import random
import threading

import pytest
from sqlalchemy import func, select

import db
from stores.facts.entries import entry
from stores.facts.visits import Arrival, SourcePoint
from stores.routing.entering import enter

CLIENTS = 20
ROWS = 30_000


@pytest.mark.timeout(180)
def test_thirty_thousand_stores_come_in_while_twenty_clients_enter(network):
    network.open_store("FIRST")
    dice = random.Random(3)
    rows = [
        {
            "store_code": f"S{n:05}",
            "name": f"S{n}",
            "dealer_code": "D1",
            "latitude": f"{dice.uniform(22, 41):.6f}",
            "longitude": f"{dice.uniform(103, 122):.6f}",
            "crs": "wgs84",
        }
        for n in range(ROWS)
    ]
    over, answered, faults = threading.Event(), [0] * CLIENTS, []

    def visits(client: int) -> None:
        own = random.Random(client)
        while not over.is_set():
            now = dt.datetime.now(dt.UTC)
            place = SourcePoint(own.uniform(22, 41), own.uniform(103, 122), "wgs84")
            try:
                done = enter(
                    Arrival({"customer_id": f"c{client}-{answered[client]}"}, place),
                    body_hash="h",
                    now=now,
                )
                assert done.decision is not None
                answered[client] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
                faults.append(repr(error))
                return

    team = [threading.Thread(target=visits, args=(n,)) for n in range(CLIENTS)]
    for each in team:
        each.start()
    try:
        outcome = network.load("stores", *rows)
    finally:
        over.set()
        for each in team:
            each.join()
    assert faults == []
    assert outcome.new == ROWS
    assert min(answered) > 0
    with db.read() as connection:
        assert connection.execute(select(func.count()).select_from(entry)).scalar_one() == sum(
            answered
        )
