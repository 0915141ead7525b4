"""Several processes on one database: an edit is seen by all of them (M22), nobody is led to a store
closed before he asked (M14), and a killed server loses nothing it has acknowledged."""

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
from app.accounts import api_keys
from stores.base.actors import COMMAND_LINE
from stores.facts.binding_history import binding
from stores.facts.customers import customer, customer_identity, customer_state
from stores.facts.entries import entry, entry_point, entry_trace
from tests.network import Network
from tests.servers import Served, served
from tests.stores.routing.entrances import LAT, LNG, open_chain

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
            status, answer = server.call(
                "POST", "/api/v1/routes", {"customer": {"openid": "o"}, "location": PLACE}, key
            )
            found.append(
                (answer["store_code"], answer["network_version"])
                if status == 200
                else (status, answer)
            )

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return set(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "server, database_url",
    [
        ("gunicorn", "postgresql"),
        ("gunicorn", "sqlite"),
        ("granian", "sqlite"),
        ("waitress", "sqlite"),
    ],
    indirect=["database_url"],
)
def test_an_edit_is_seen_by_every_process_within_two_seconds(
    network: Network, key: str, server: str, tmp_path: Path
):
    """M22."""
    with served(server, db.database().url, tmp_path) as running:
        assert routed(running, key, 24) == {("S1", network.version())}
        network.load(
            "stores",
            {
                "store_code": "S1",
                "name": "Shop 1",
                "dealer_code": "D2",
                "latitude": str(LAT),
                "longitude": str(LNG),
                "crs": "wgs84",
                "status": "closed",
            },
        )
        time.sleep(SEEN_WITHIN_S)
        assert routed(running, key, 24) == {("S2", network.version())}
        status, answer = running.call(
            "POST", "/api/v1/entries", {"customer": {"openid": "o"}, "location": PLACE}, key
        )
        assert (status, answer["store_code"]) == (201, "S2")


def test_a_killed_server_loses_no_entry_it_has_acknowledged(
    network: Network, key: str, tmp_path: Path
):
    """CONTRACT 3: an answer means that it is committed; also not half of an entry is left."""
    acknowledged: list[str] = []

    def keep_entering(running: Served, number: int) -> None:
        for n in range(10_000):
            try:
                status, answer = running.call(
                    "POST",
                    "/api/v1/entries",
                    {"customer": {"customer_id": f"c{number}-{n}"}, "location": PLACE},
                    key,
                )
            except (
                OSError,
                ValueError,
                http.client.HTTPException,
            ):  # killed in the middle of this answer
                return
            assert status == 201
            acknowledged.append(answer["entry_id"])

    with served("waitress", db.database().url, tmp_path) as running:
        threads = [
            threading.Thread(target=keep_entering, args=(running, number)) for number in range(4)
        ]
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

    assert {
        network.count(t)
        for t in (customer, customer_identity, customer_state, entry_point, entry_trace)
    } == {len(kept)}


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_nobody_is_led_to_a_store_closed_before_he_asked_whichever_process_answers(
    network: Network, key: str, tmp_path: Path
):
    """M14, M22: two processes, 50 clients, edits as fast as they are answered: no wrong store, no
    fault, and every edit counts."""
    admin = api_keys.create_key("desk", "admin", by=COMMAND_LINE)
    closed_since: dict[str, float] = {}
    faults: list[Any] = []
    edits, answers = [], []
    over = threading.Event()

    def edit(running: Served) -> None:
        for n in range(10_000):
            if over.is_set():
                return
            status = "active" if n % 2 else "closed"
            if n % 2:
                closed_since.pop("S1", None)
            done = running.call("PUT", "/api/v1/stores/S1", {"status": status}, admin)
            edits.append(done[0])
            if not n % 2:
                closed_since["S1"] = time.monotonic()
            time.sleep(0.01)

    def ask(running: Served, number: int) -> None:
        for n in range(10_000):
            if over.is_set():
                return
            shut = closed_since.get("S1")
            status, answer = running.call(
                "POST",
                "/api/v1/entries",
                {"customer": {"customer_id": f"c{number}-{n}"}, "location": PLACE},
                key,
            )
            answers.append(answer.get("store_code"))
            if (
                status != 201
                or answer["store_code"] == "S1"
                and shut is not None
                and closed_since.get("S1") == shut
            ):
                faults.append((status, answer))

    with served("gunicorn", db.database().url, tmp_path) as running:
        routed(running, key, 8)
        threads = [
            threading.Thread(target=edit, args=(running,)),
            *(threading.Thread(target=ask, args=(running, n)) for n in range(50)),
        ]
        for thread in threads:
            thread.start()
        time.sleep(12)
        over.set()
        for thread in threads:
            thread.join()
    assert faults == [] and set(edits) == {200} and len(edits) >= 20
    assert {"S1", "S2"} <= set(answers) and network.count(entry) == len(answers)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_hundred_first_entries_at_once_in_two_processes_are_one_customer_with_one_home(
    network: Network, key: str, tmp_path: Path
):
    """M12, B1: identities that name one person, and his first orders at once."""
    start = threading.Barrier(100)
    found: list[Any] = []

    def come(running: Served, n: int) -> None:
        place = PLACE | {"longitude": LNG + 0.0315 * (n % 12)}
        who = {"customer_id": "c1", "openid": f"o{n % 3}"}
        start.wait()
        if n % 4:
            found.append(
                running.call("POST", "/api/v1/entries", {"customer": who, "location": place}, key)
            )
        else:
            found.append(
                running.call(
                    "POST",
                    "/api/v1/orders",
                    {
                        "order_no": f"O{n}",
                        "customer_id": "c1",
                        "paid_at": "2025-06-01T04:00:00Z",
                        "currency": "CNY",
                        "location": place,
                        "lines": [{"line_no": 1, "quantity": 1, "amount_minor": 100}],
                    },
                    key,
                )
            )

    with served("gunicorn", db.database().url, tmp_path) as running:
        routed(running, key, 8)
        threads = [threading.Thread(target=come, args=(running, n)) for n in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [status for status, _ in found] == [201] * 100, [
        answer for status, answer in found if status != 201
    ][:3]
    assert (
        network.count(customer),
        network.count(customer_state),
        network.count(customer_identity),
    ) == (1, 1, 4)
    seen = [row.state.get("rv", 0) for row in network.rows(entry_trace, "entry_id")]
    assert (
        len(seen) == len(set(seen)) == network.count(entry) == 75
    )  # each entry saw what the one before left
    rows = [
        row for row in network.rows(binding) if row.superseded_at is None and row.kind == "home"
    ]
    assert (
        len(rows) == 1
        and network.rows(customer_state, "customer_id")[0].home_store_id == rows[0].store_id
    )
