"""M26 and M18: what the first migration must have decided, read from the tables of both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import BigInteger, Float, Integer, inspect, text

from ledger import schema
from migrations.tables import import_tables
from stores.geo.territories import BOX

KEY_TABLES = {
    "order_key": "order_no",
    "refund_key": "refund_no",
    "event_key": "event_id",
    "journal_key": "key",
    "idempotency_key": "key",
}
KNOWN_TIME = ("store_revision", "dealer_contract", "employment", "area_revision")
HOT = {"entry": 3, "event": 3, "sales_order": 3}


@pytest.fixture
def tables():
    return import_tables().tables


def test_small_key_tables_hold_uniqueness(database, tables):
    with database.engine.connect() as connection:
        for name, key in KEY_TABLES.items():
            assert inspect(connection).get_pk_constraint(name)["constrained_columns"] == [key]


def test_known_time_and_valid_time_stand_beside_each_other(tables):
    for name in KNOWN_TIME:
        assert {"version_from", "version_to"} <= set(tables[name].c.keys()), name
    for name in ("dealer_contract", "employment", "area_revision"):
        assert {"valid_from", "valid_to"} <= set(tables[name].c.keys()), name


def test_money_is_whole_and_wide_and_never_a_float(tables):
    for table in tables.values():
        for column in table.c:
            if column.name.endswith("_minor"):
                assert isinstance(column.type, BigInteger), f"{table.name}.{column.name}"
            if isinstance(column.type, Float):
                assert column.name in (
                    "latitude",
                    "longitude",
                    "source_latitude",
                    "source_longitude",
                    "accuracy_m",
                    *BOX,
                ), f"{table.name}.{column.name}"


def test_accounts_and_transfers_carry_their_currency(tables):
    assert "currency" in tables["account"].c and "currency" in tables["transfer"].c


def test_facts_and_entries_have_at_most_three_indexes_beside_their_keys(tables):
    for name, most in HOT.items():
        assert len(tables[name].indexes) <= most, name


def test_kinds_are_not_frozen_in_check_constraints(tables):
    """M10: a CHECK list of kinds would need a rebuild of an append-only table for each new one."""
    for table in tables.values():
        for constraint in table.constraints:
            assert " IN (" not in str(getattr(constraint, "sqltext", "")).upper(), table.name


def test_codes_compare_by_code_point(database):
    codes = ["a", "B", "Ä", "中", "\U0001f600", "Z"]
    with database.engine.connect() as connection, connection.begin():
        for n, code in enumerate(codes):
            connection.execute(
                text(
                    "INSERT INTO dealer (id, dealer_code, name, platform_fee_bp, channel_fee_bp, "
                    "collection_mode) "
                    "VALUES (:id, :code, 'x', 0, 0, 'hq_collects')"
                ),
                {"id": n + 1, "code": code},
            )
        found = list(
            connection.execute(
                text("SELECT dealer_code FROM dealer ORDER BY dealer_code")
            ).scalars()
        )
        connection.rollback()
    assert found == sorted(codes)


def test_naive_times_are_refused(database, tables):
    import datetime as dt

    with database.engine.connect() as connection, pytest.raises(Exception, match="without zone"):
        connection.execute(
            tables["customer"]
            .insert()
            .values(customer_id="c", employee=False, created_at=dt.datetime(2025, 1, 1))
        )


def test_the_hot_questions_have_an_index(database):
    """Plans must not read whole tables: entry by customer, orders by guide and day, transfers by
    dealer and day, events by guide and day."""
    questions = (
        "SELECT 1 FROM entry WHERE customer_id = 1 AND occurred_at > '2025-01-01'",
        "SELECT 1 FROM entry WHERE entry_id = 'x'",
        "SELECT 1 FROM sales_order WHERE guide_id = 1 AND business_day > '2025-01-01'",
        "SELECT 1 FROM sales_order WHERE order_no = 'x'",
        "SELECT 1 FROM transfer WHERE dealer_id = 1 AND business_day > '2025-01-01'",
        "SELECT 1 FROM transfer WHERE guide_id = 1",
        "SELECT 1 FROM transfer WHERE order_id = 1",
        "SELECT 1 FROM event WHERE guide_id = 1 AND business_day > '2025-01-01'",
        "SELECT 1 FROM event WHERE customer_id = 1",
        "SELECT 1 FROM refund WHERE order_id = 1",
        "SELECT 1 FROM binding WHERE customer_id = 1",
        "SELECT 1 FROM customer_identity WHERE kind = 'unionid' AND value = 'u'",
        "SELECT 1 FROM customer_state WHERE home_store_id = 1",
        "SELECT 1 FROM customer_state WHERE owner_guide_id IN (1, 2)",
    )
    with database.engine.connect() as connection:
        if not database.sqlite:
            connection.execute(
                text("SET enable_seqscan = off")
            )  # the tables are empty: ask whether an index can answer at all
        for question in questions:
            plan = " ".join(
                str(row[-1])
                for row in connection.execute(
                    text(("EXPLAIN QUERY PLAN " if database.sqlite else "EXPLAIN ") + question)
                )
            )
            assert (
                "USING" in plan
                and ("INDEX" in plan or "PRIMARY KEY" in plan)
                or "Index" in plan
                or "Bitmap" in plan
            ), f"{question}: {plan}"


def test_surrogates_are_wide(tables):
    for table in tables.values():
        for column in table.primary_key.columns:
            if column.name == "id" and table.name not in ("routing_state",):
                assert isinstance(column.type, BigInteger), table.name
            assert not (
                isinstance(column.type, Integer) and not isinstance(column.type, BigInteger)
            ) or column.name in ("line_no", "id"), table.name
    assert schema.BigId is not None
