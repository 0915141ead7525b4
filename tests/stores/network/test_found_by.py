"""Registers are found by their words folded, however these are written, on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, select, text

import db
from migrations import commands
from stores.base.actors import COMMAND_LINE
from stores.lists import branch_lists, directory, search
from stores.network import place_search
from stores.network.branches import branch
from stores.network.dealers import dealer
from stores.network.found_by import folded_of, holds
from stores.network.guides import guide
from stores.network.network import newest
from stores.network.stores import store

NAMES = {
    "branches": ("branch_code", branch),
    "dealers": ("dealer_code", dealer),
    "stores": ("store_code", store),
    "guides": ("guide_code", guide),
}


@pytest.fixture
def zurich(network):
    network.load("branches", {"branch_code": "BZ", "name": "Zürich"})
    network.load("dealers", {"dealer_code": "DZ", "name": "Müller & Söhne"})
    network.open_store("SZ", "DZ", name="O’Connell ２号店", address="Löwenstraße 42")
    network.load("guides", {"guide_code": "GZ", "name": "Łucja D'Arc", "store_code": "SZ"})
    return network


def test_what_each_register_is_found_by_is_its_code_and_name(zurich):
    rows = {
        kind: next(row for row in zurich.rows(table) if row._mapping[code].endswith("Z"))
        for kind, (code, table) in NAMES.items()
    }
    assert {kind: row.folded for kind, row in rows.items()} == {
        "branches": "bz\nzurich",
        "dealers": "dz\nmuller & sohne",
        "stores": "sz\noconnell 2号店",
        "guides": "gz\nlucja darc",
    }
    assert rows["stores"].folded_address == "lowenstrasse 42"


def test_a_new_name_is_found_and_the_old_one_no_longer(zurich):
    zurich.load("branches", {"branch_code": "BZ", "name": "Genève"})
    zurich.load("dealers", {"dealer_code": "DZ", "name": "Étienne"})
    zurich.load(
        "stores", {"store_code": "SZ", "name": "Kadıköy", "dealer_code": "DZ", "address": ""}
    )
    zurich.load("guides", {"guide_code": "GZ", "name": "José", "store_code": "SZ"})
    assert [
        next(row.folded for row in zurich.rows(table) if row._mapping[code].endswith("Z"))
        for code, table in NAMES.values()
    ] == ["bz\ngeneve", "dz\netienne", "sz\nkadikoy", "gz\njose"]
    assert next(row.folded_address for row in zurich.rows(store) if row.store_code == "SZ") == ""


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("zurich", ["BZ"]),
        ("ZÜRICH", ["BZ"]),
        ("müller & sohne", ["DZ"]),
        ("o'connell", ["SZ"]),
        ("oconnell", ["SZ"]),
        ("O`CONNELL", ["SZ"]),
        ("2号店", ["SZ"]),
        ("２号店", ["SZ"]),
        ("lucja d’arc", ["GZ"]),
        ("sz", ["SZ"]),
        ("zo", []),
        ("'’", []),
        ("%", []),
    ],
)
def test_the_search_of_everything_finds_however_it_is_written(zurich, words, keys):
    with db.read() as connection:
        assert [
            hit.key
            for hit in search.find(connection, COMMAND_LINE, words, zurich.now, zurich.today).hits
        ] == keys
        assert [
            key for key, _ in search.suggest(connection, COMMAND_LINE, "any", words, zurich.today)
        ] == keys


def test_lists_and_the_search_of_places_fold_too(zurich):
    with db.read() as connection:
        assert directory.dealer_count(connection, COMMAND_LINE, zurich.today, "muller") == 1
        assert branch_lists.branch_count(connection, COMMAND_LINE, "ZURICH") == 1
        for words in ("oconnell 2号店", "löwenstrasse", "LOWENSTRASSE 42", "sz"):
            found = place_search.find(connection, COMMAND_LINE, newest(), zurich.today, words)
            assert [each.store_code for each in found if each.kind == "store"] == ["SZ"], words


def test_no_word_is_found_across_code_and_name():
    assert folded_of("S1", None, "", "Ａ b") == "s1\na b"


def test_no_words_are_held_by_all_and_words_that_fold_to_nothing_by_none(zurich):
    with db.read() as connection:
        assert (
            len(connection.execute(select(dealer.c.id).where(holds(" ", dealer.c.folded))).all())
            == 3
        )
        assert (
            connection.execute(select(dealer.c.id).where(holds("’", dealer.c.folded))).all() == []
        )


def test_rows_of_before_are_found_after_the_migration(empty_database_url):
    commands.upgrade(empty_database_url, "e4b07d2a6c91")
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO dealer (id, dealer_code, name, platform_fee_bp, channel_fee_bp, "
                "collection_mode) VALUES (1, 'D-1', 'Zoë', 0, 0, 'hq_collects')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO store (id, store_code, name, latitude, longitude, crs, "
                "source_latitude, source_longitude, coordinates_withdrawn, status, "
                "cloud_shop, priority, address) VALUES (1, 'S1', 'Łódź', 1, 1, 'wgs84', 1, 1, "
                "false, 'active', true, 0, '２号')"
            )
        )
    commands.upgrade(empty_database_url)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT folded FROM dealer")).all() == [("d 1\nzoe",)]
        assert connection.execute(text("SELECT folded, folded_address FROM store")).all() == [
            ("s1\nlodz", "2号")
        ]
    commands.downgrade(empty_database_url, "e4b07d2a6c91")
    engine.dispose()
