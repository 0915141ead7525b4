"""M13: the entry path keeps its connections; what a fault passed through is not used again; no
error lists the values of its statement."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

import db
from ledger import driver
from stores.facts.customers import customer_identity


def driver_of_next() -> object:
    with db.statement() as connection:
        return connection.connection.dbapi_connection


def test_the_next_visitor_finds_the_connection_of_the_last(database: db.Database):
    assert driver_of_next() is driver_of_next()


def test_a_connection_that_a_fault_passed_through_is_closed(database: db.Database):
    first = driver_of_next()
    with pytest.raises(db.INTEGRITY_ERRORS + (DBAPIError,)), db.statement() as connection:
        driver.run(
            connection,
            "INSERT INTO customer_identity (kind, value, customer_id) VALUES ('unionid', NULL, 1)",
        )
    with db.statement() as connection:
        assert connection.connection.dbapi_connection is not first
        assert driver.run(connection, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_after_a_restart_of_the_server_one_call_fails_and_the_next_is_served(database: db.Database):
    driver_of_next()
    with database.apart_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        other.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
                "pg_backend_pid() AND datname = current_database()"
            )
        )
    with pytest.raises(DBAPIError) as told, db.statement() as connection:
        driver.run(connection, "SELECT 1")
    assert told.value.connection_invalidated
    with db.statement() as connection:
        assert driver.run(connection, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_on_sqlite_entries_take_turns(database: db.Database):
    entered = threading.Event()

    def second() -> None:
        with db.statement():
            entered.set()

    with db.statement():
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.2)
        with db.statement(
            writes=False
        ) as reader:  # a tried route does not wait for an entry that waits for an import
            assert driver.run(reader, "SELECT 1") == [(1,)]
    thread.join(10)
    assert entered.is_set()


def test_no_error_lists_the_values_of_its_statement(database: db.Database):
    secret = "person-4711"
    rows = [{"kind": "unionid", "value": secret, "customer_id": None}]
    with pytest.raises(DBAPIError) as told, db.transaction() as connection:
        connection.execute(insert(customer_identity), rows)
    assert secret not in f"{told.value.statement} {told.value.args[0].splitlines()[0]}"
    assert "[parameters" not in str(told.value) and "hidden" in str(told.value)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_error_of_the_entry_path_is_sqlalchemys_and_without_values(database: db.Database):
    given = {"kind": "unionid", "value": "person-4711", "customer": None}
    with pytest.raises(db.INTEGRITY_ERRORS) as told, db.transaction() as connection:
        driver.run(
            connection,
            "INSERT INTO customer_identity (kind, value, customer_id) VALUES (:kind, :value, "
            ":customer)",
            given,
        )
    assert isinstance(told.value, DBAPIError) and told.value.params is None
