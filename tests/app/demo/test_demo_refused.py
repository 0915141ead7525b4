"""The demo is loaded into an empty database alone; a trade as it is over the year."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert

import db
from app import create_app
from app.demo.baskets import baskets, buys
from app.demo.cast import load_once
from app.demo.loading import NotEmpty, load, state
from app.demo.sizes import TINY
from stores.base import brand
from stores.network.dealers import dealer
from stores.network.installation import installation
from stores.network.stores import store
from tests.app.conftest import settings_of
from tests.app.demo.installation import NOW, Demo, count, ignore, release, start
from tests.databases import Databases


def test_gifts_are_bought_before_the_festivals_and_spring_tea_when_it_is_picked() -> None:
    def share(category: str, day: dt.date) -> float:
        lines = [
            line
            for basket in baskets(2_000, day, np.random.default_rng(1))
            for line in basket.lines
        ]
        return sum(line.category == category for line in lines) / len(lines)

    mid_autumn, ordinary, april = dt.date(2026, 9, 20), dt.date(2026, 7, 8), dt.date(2026, 4, 10)
    assert share("gift", mid_autumn) > 3 * share("gift", ordinary)
    assert share("spring_tea", april) > 3 * share("spring_tea", ordinary)
    assert buys(False, mid_autumn) > buys(False, ordinary)


def test_a_database_that_holds_something_else_is_refused(database_url: str, tmp_path: Path) -> None:
    before = brand._brand
    own = Demo(database_url, tmp_path)
    start(own)
    try:
        with db.transaction() as connection:
            connection.execute(
                insert(dealer).values(
                    dealer_code="D1",
                    name="Omar",
                    platform_fee_bp=500,
                    channel_fee_bp=0,
                    collection_mode="store_collects",
                )
            )
        with pytest.raises(NotEmpty, match="a chain of its own"):
            load(TINY, now=NOW, progress=ignore)
        assert (
            load_once(ignore, instance=tmp_path, size=TINY, now=NOW) == []
        )  # serving one's own chain needs no demo
        assert count(store) == 0
    finally:
        release(before)


def test_the_command_says_in_words_that_the_database_is_not_empty(
    databases: Databases, tmp_path: Path
) -> None:
    before = brand._brand
    url = databases.create("sqlite")
    app = create_app(settings_of(url, tmp_path))
    try:
        with db.transaction() as connection:
            connection.execute(
                insert(dealer).values(
                    dealer_code="D1",
                    name="Omar",
                    platform_fee_bp=500,
                    channel_fee_bp=0,
                    collection_mode="store_collects",
                )
            )
        done = app.test_cli_runner().invoke(args=["demo"])
        assert done.exit_code == 1
        assert "this database holds a chain of its own" in done.output.lower()
    finally:
        release(before)


def test_a_loading_that_was_broken_off_is_told_apart(databases: Databases, tmp_path: Path) -> None:
    before = brand._brand
    url = databases.create("sqlite")
    start(Demo(url, tmp_path))
    try:
        with db.transaction() as connection:
            connection.execute(insert(installation).values(name="demo", value="loading full"))
        with db.read() as connection:
            assert state(connection) == "broken"
        with pytest.raises(NotEmpty, match="broken off"):
            load(TINY, now=NOW, progress=ignore)
    finally:
        release(before)
