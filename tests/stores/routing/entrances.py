"""Arrivals through the real path: a small chain in a real database, entered, looked at and
replayed."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from typing import Any

import time_machine

import db
from stores.base.actors import COMMAND_LINE
from stores.facts.customers import customer_state
from stores.facts.entries import entry
from stores.facts.visits import Arrival, SourcePoint
from stores.network.sight import EVERYTHING
from stores.routing import entering, entry_reading
from tests.network import Network

NOW = dt.datetime(2025, 6, 1, 4, tzinfo=dt.UTC)  # the network's noon
LAT, LNG = 31.2304, 121.4737


def open_chain(network: Network, count: int = 12, **more: str) -> None:
    """Stores S1, S2, ... of D1 and D2 in turn, three kilometres apart on a line to the east."""
    network.load(
        "stores",
        *(
            {
                "store_code": f"S{n}",
                "name": f"Shop {n}",
                "dealer_code": f"D{1 + n % 2}",
                "latitude": str(LAT),
                "longitude": f"{LNG + 0.0315 * (n - 1):.6f}",
                "crs": "wgs84",
                **more,
            }
            for n in range(1, count + 1)
        ),
    )


def beside(number: float) -> SourcePoint:
    """A point 300 m north of the store of that number."""
    return SourcePoint(LAT + 0.0027, LNG + 0.0315 * (number - 1), "wgs84", 20.0)


def arrival(
    who: str | dict[str, str] = "c1", source: SourcePoint | None = None, **more: Any
) -> Arrival:
    return Arrival({"customer_id": who} if isinstance(who, str) else who, source, **more)


def enter(
    given: Arrival, now: dt.datetime = NOW, key: str | None = None, body_hash: str = "body"
) -> entering.Recorded:
    return entering.enter(given, key=key, body_hash=body_hash, now=now)


def stored(entry_id: str) -> Any:
    with db.read() as connection:
        return entry_reading.find(connection, entry_id, COMMAND_LINE)


def replayed(entry_id: str, now: dt.datetime = NOW) -> dict[str, Any]:
    with time_machine.travel(now, tick=False), db.read() as connection:
        return entry_reading.replay(
            connection, entry_reading.find(connection, entry_id, COMMAND_LINE), EVERYTHING
        )


def answer(entry_id: str, now: dt.datetime = NOW) -> dict[str, Any]:
    with time_machine.travel(now, tick=False), db.read() as connection:
        return entry_reading.as_answer(
            connection,
            entry_reading.find(connection, entry_id, COMMAND_LINE),
            EVERYTHING,
            exact=True,
        )


def all_entries(network: Network) -> list[Any]:
    return network.rows(entry, "id")


def state_of(network: Network, customer: int) -> Any:
    return next(
        row for row in network.rows(customer_state, "customer_id") if row.customer_id == customer
    )


def at_once(deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """All of them from a standing start, one thread each; what they returned or raised, in
    order."""
    results: list[Any] = [None] * len(deeds)
    barrier = threading.Barrier(len(deeds))

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = deeds[number]()
        except Exception as error:  # noqa: BLE001 - told to the test
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
