"""Several processes on one database: an edit is seen by all of them (M22), and a killed server loses nothing it has acknowledged."""
from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import db
from app import api_keys
from stores.actors import COMMAND_LINE
from stores.customers import customer, customer_identity, customer_state
from stores.entries import entry, entry_point, entry_trace
from tests.network import Network
from tests.servers import Served, served
from tests.stores.entrances import LAT, LNG, open_chain

PLACE = {"latitude": LAT + 0.0027, "longitude": LNG, "crs": "wgs84"}  # beside S1
SEEN_WITHIN_S = 2


@pytest.fixture
def key(network: Network) -> str:
    open_chain(network)
    return api_keys.create_key("kiosk", "write", by=COMMAND_LINE)


def routed(server: Served, key: str, times: int) -> set[tuple[Any, Any]]:
    """Store and network version of so many calls, eight at a time, so that no worker is spared."""
    found: list[Any] = []

    def ask() -> None:
        for _ in range(times // 8):
            status, answer = server.call("POST", "/api/v1/routes", {"customer": {"openid": "o"}, "location": PLACE}, key)
            found.append((answer["store_code"], answer["network_version"]) if status == 200 else (status, answer))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return set(found)


@pytest.mark.slow
@pytest.mark.parametrize("server, database_url", [("gunicorn", "postgresql"), ("gunicorn", "sqlite"), ("granian", "sqlite"), ("waitress", "sqlite")],
                         indirect=["database_url"])
def test_an_edit_is_seen_by_every_process_within_two_seconds(network: Network, key: str, server: str, tmp_path: Path):
    """M22."""
    with served(server, db.database().url, tmp_path) as running:
        assert routed(running, key, 24) == {("S1", network.version())}
        network.load("stores", {"store_code": "S1", "name": "Shop 1", "dealer_code": "D2", "latitude": str(LAT), "longitude": str(LNG), "crs": "wgs84",
                                "status": "closed"})
        time.sleep(SEEN_WITHIN_S)
        assert routed(running, key, 24) == {("S2", network.version())}
        status, answer = running.call("POST", "/api/v1/entries", {"customer": {"openid": "o"}, "location": PLACE}, key)
        assert (status, answer["store_code"]) == (201, "S2")


def test_a_killed_server_loses_no_entry_it_has_acknowledged(network: Network, key: str, tmp_path: Path):
    """CONTRACT 3: an answer means that it is committed; also not half of an entry is left."""
    acknowledged: list[str] = []

    def keep_entering(running: Served, number: int) -> None:
        for n in range(10_000):
            try:
                status, answer = running.call("POST", "/api/v1/entries", {"customer": {"customer_id": f"c{number}-{n}"}, "location": PLACE}, key)
            except (OSError, ValueError, http.client.HTTPException):  # killed in the middle of this answer
                return
            assert status == 201
            acknowledged.append(answer["entry_id"])

    with served("waitress", db.database().url, tmp_path) as running:
        threads = [threading.Thread(target=keep_entering, args=(running, number)) for number in range(4)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 60:
            time.sleep(0.01)
        os.kill(running.process.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
    with db.read() as connection:
        kept = set(connection.execute(select(entry.c.entry_id)).scalars())
    assert set(acknowledged) - kept == set()
    assert len(kept) - len(acknowledged) <= 4

    assert {network.count(t) for t in (customer, customer_identity, customer_state, entry_point, entry_trace)} == {len(kept)}
