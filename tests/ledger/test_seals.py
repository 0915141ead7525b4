"""Intakes and seals (M4, M17): the seal number is the only watermark, and a seal's content never
changes."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy import select, text

import db
from ledger import seals
from ledger.intakes import intake, intake_open, intake_seal, newest, open_intake, seal
from ledger.journals import post
from ledger.seals import seal_now
from tests.ledger.books import HQ, NOW, OMAR, books, journal_of, moves, rows


def content(number: int) -> set[str]:
    """The kinds of the intakes of one seal."""
    with db.read() as connection:
        return set(
            connection.execute(
                select(intake.c.kind)
                .join(intake_seal, intake_seal.c.intake_id == intake.c.id)
                .where(intake_seal.c.seal_no == number)
            ).scalars()
        )


def seal_rows() -> list[tuple]:
    with db.read() as connection:
        return [tuple(r) for r in connection.execute(select(seal).order_by(seal.c.seal_no))]


def faults() -> list[str]:
    with db.read() as connection:
        return [*seals.broken_seals(connection), *seals.unsealed_or_lost(connection)]


def intake_of(kind: str) -> None:
    with db.transaction() as connection:
        open_intake(connection, kind, "tester", NOW)


def test_nothing_to_seal_makes_no_seal(database: db.Database):
    assert seal_now(NOW) == 0 and seal_now(NOW) == 0


def test_seals_are_numbered_one_after_the_other_and_hold_each_intake_once(database: db.Database):
    for n in range(3):
        intake_of(f"a{n}")
        intake_of(f"b{n}")
        assert seal_now(NOW) == n + 1
    assert [content(n) for n in (1, 2, 3)] == [{"a0", "b0"}, {"a1", "b1"}, {"a2", "b2"}]
    assert rows(intake_open) == 0 and rows(intake_seal) == 6 and faults() == []


def test_an_intake_that_commits_after_the_seal_is_in_the_next_and_the_old_one_stays_m4(
    database: db.Database,
):
    if database.sqlite:
        pytest.skip("SQLite has one writer: nothing can be open while another commits")
    books(journal_of("accounts are open", moves(HQ, OMAR, 1)))
    seal_now(NOW)
    written, finish = threading.Event(), threading.Event()

    def ingest() -> None:
        with db.transaction() as connection:
            post(
                connection,
                [journal_of("late", moves(HQ, OMAR, 7))],
                intake_id=open_intake(connection, "late", "tester", NOW),
                now=NOW,
            )
            written.set()
            assert finish.wait(20)

    late = threading.Thread(target=ingest)
    late.start()
    assert written.wait(20)
    books(journal_of("early", moves(HQ, OMAR, 5)))
    assert seal_now(NOW) == 2
    before = seal_rows()
    finish.set()
    late.join()
    assert content(2) == {"test"} and faults() == []
    assert seal_now(NOW) == 3
    assert content(3) == {"late"} and seal_rows()[:2] == before and faults() == []


def test_an_intake_that_rolls_back_is_in_no_seal(database: db.Database):
    def fails() -> None:
        with db.transaction() as connection:
            open_intake(connection, "lost", "tester", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert seal_now(NOW) == 0 and faults() == []


def unprotected(statement: str) -> None:
    """Somebody with the database in his hands: past triggers and foreign keys."""
    base = db.database()
    if not base.sqlite:
        with base.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(statement))
        return
    with closing(sqlite3.connect(base.url.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transfer SET amount_minor = amount_minor + 1 WHERE id = (SELECT min(id) FROM "
        "transfer)",
        "UPDATE transfer SET store_id = 77",
        "UPDATE transfer SET dealer_id = 77",
        "UPDATE transfer SET business_day = '2025-01-01'",
        "UPDATE transfer SET kind = 'refund'",
        "UPDATE transfer SET debit_account_id = credit_account_id + 100",
        "UPDATE journal SET kind = 'x'",
        "DELETE FROM transfer WHERE id = (SELECT max(id) FROM transfer)",
        "UPDATE seal SET hash = previous_hash WHERE seal_no = 1",
        "DELETE FROM seal WHERE seal_no = 1",
        "DELETE FROM intake_seal WHERE seal_no = 2",
        "UPDATE intake_seal SET seal_no = 2 WHERE seal_no = 1",
    ],
)
def test_whatever_is_changed_after_the_seal_is_noticed_m17(database: db.Database, statement: str):
    books(journal_of("one", moves(HQ, OMAR, 5, store_id=1, dealer_id=1), moves(OMAR, HQ, 1)))
    seal_now(NOW)
    books(journal_of("two", moves(HQ, OMAR, 6)))
    seal_now(NOW)
    assert faults() == []
    unprotected(statement)
    assert faults() != []


def test_two_sealers_at_once_take_turns(database: db.Database):
    for n in range(20):
        intake_of(f"k{n}")
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        seal_now(NOW)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert rows(intake_seal) == 20 and faults() == []
    with db.read() as connection:
        assert newest(connection) == rows(seal)
