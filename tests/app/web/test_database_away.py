"""A database that is busy or gone is no fault of the caller and none of ours to hide: 503 with
Retry-After, and everything again once it is back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

import db
from app import create_app
from app.accounts import api_keys
from migrations import commands
from stores.base import brand
from stores.base.actors import COMMAND_LINE
from stores.network import network
from tests.app.conftest import House, fill, settings_of
from tests.databases import Databases
from tests.postgres import Server

ENTRY = {"customer": {"customer_id": "c1"}}
ORDER = {
    "order_no": "O1",
    "customer_id": "c1",
    "paid_at": "2025-03-01T10:00:00Z",
    "currency": "CNY",
    "lines": [{"line_no": 1, "quantity": 1, "amount_minor": 100}],
}


class Door:
    """The product over one database, its API and one person signed in."""

    def __init__(self, url: str, folder: Path):
        self.house = House(create_app(settings_of(url, folder)))
        fill()
        self.house.user("petra", "hq_admin")
        self.petra = self.house.signed_in("petra")
        self.key = api_keys.create_key("mall", "write", by=COMMAND_LINE)

    def posts(self, path: str, body: Any) -> Any:
        return self.house.stranger().post(
            f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {self.key}"}
        )

    def health(self) -> tuple[int, int]:
        return self.house.stranger().get("/healthz").status_code, self.house.stranger().get(
            "/readyz"
        ).status_code


@pytest.fixture(autouse=True)
def unbound(cheap_passwords: None) -> Iterator[None]:
    before = brand._brand
    api_keys.forget()
    network.forget()
    yield
    if db._database is not None:
        db._database.dispose()
    db._database, brand._brand = None, before


def is_told_to_come_again(answer: Any) -> bool:
    problem = answer.get_json()
    return (answer.status_code, answer.content_type, problem["code"]) == (
        503,
        "application/problem+json",
        "unavailable",
    ) and int(answer.headers["Retry-After"]) > 0


def test_a_locked_sqlite_is_503_for_who_writes_and_open_for_who_reads(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(db, "BUSY_SECONDS", 0.2)
    url = databases.create("sqlite")
    door = Door(url, tmp_path)
    assert door.posts("/entries", ENTRY).status_code == 201
    rival = sqlite3.connect(make_url(url).database, isolation_level=None)
    rival.execute("BEGIN IMMEDIATE")
    try:
        assert is_told_to_come_again(door.posts("/entries", ENTRY))
        assert is_told_to_come_again(door.posts("/orders", ORDER))
        assert door.petra.get("/hq/").status_code == 200
        assert door.health() == (200, 200)
        page = door.house.sign_in(door.house.stranger(), "petra")
        assert page.status_code == 503 and page.headers["Retry-After"] and "<html" in page.text
    finally:
        rival.execute("ROLLBACK")
        rival.close()
    assert door.posts("/entries", ENTRY).status_code == 201
    assert door.posts("/orders", ORDER).status_code == 201


@pytest.mark.timeout(300)
def test_a_stopped_postgresql_is_503_and_the_process_stays_alive(tmp_path: Path):
    server = Server()
    try:
        commands.upgrade(server.url())
        door = Door(server.url(), tmp_path)
        assert door.posts("/entries", ENTRY).status_code == 201
        assert door.health() == (200, 200)
    finally:
        server.stop()
    for _ in range(2):  # connections that were cut, then none to be had
        assert is_told_to_come_again(door.posts("/entries", ENTRY))
        assert is_told_to_come_again(door.posts("/orders", ORDER))
        page = door.petra.get("/hq/")
        assert page.status_code == 503 and page.headers["Retry-After"] and "<html" in page.text
        assert door.health() == (200, 503)


def test_cut_connections_cost_one_answer_each_kind_and_no_more(
    databases: Databases, tmp_path: Path
):
    url = databases.create("postgresql")
    door = Door(url, tmp_path)
    assert door.posts("/entries", ENTRY).status_code == 201
    name = make_url(url).database
    with psycopg.connect(
        databases.postgresql_url().replace("+psycopg", ""), autocommit=True
    ) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
    statuses = [door.posts("/entries", ENTRY).status_code for _ in range(4)]
    assert set(statuses) <= {201, 503} and statuses[-2:] == [201, 201]
    db.database().dispose()
    databases.drop(url)


def test_other_faults_of_the_database_stay_faults():
    assert not db.is_away(sqlite3.OperationalError("no such table: store"))
    assert not db.is_away(sqlite3.IntegrityError("UNIQUE constraint failed"))
    assert not db.is_away(psycopg.errors.UndefinedTable("relation does not exist"))
    assert db.is_away(psycopg.errors.DeadlockDetected("deadlock detected"))
