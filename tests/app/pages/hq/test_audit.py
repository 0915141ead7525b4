"""The audit log is chained and cannot be changed unnoticed (P7, M10, M17)."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

import db
from ledger import audit
from tests.app.conftest import on_both_engines

pytestmark = on_both_engines


def write(lines: int = 5) -> None:
    with db.transaction() as connection:
        for number in range(lines):
            audit.record(
                connection,
                "user:1",
                "publish_plan",
                "plan",
                number,
                {"version": number, "codes": ["S1", "门店"]},
            )


def faults() -> list[str]:
    with db.read() as connection:
        return audit.verify_audit(connection)


def force(statement: str) -> None:
    """What somebody with the database in his hands could do: drop the protection first."""
    with db.transaction() as connection:
        for table in ("audit_log", "audit_seal"):
            if db.database().sqlite:
                for verb in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER ao_{table}_{verb}"))
            else:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        connection.execute(text(statement))


def test_an_untouched_log_is_clean_and_sealing_again_does_nothing(house):
    write(5)
    assert audit.seal_audit() == 5
    write(3)
    assert (audit.seal_audit(limit=2), audit.seal_audit(), audit.seal_audit()) == (2, 1, 0)
    assert faults() == []
    with db.read() as connection:
        assert audit.unsealed(connection) == 0
        assert audit.head(connection)[0] == 8


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "user:2"),
        ("action", "nothing"),
        ("object_id", "9"),
        ("detail", "{}"),
        ("at", "2020-01-01T00:00:00.000000Z"),
        ("object_kind", "x"),
    ],
)
def test_a_changed_line_is_named(house, column, value):
    write(5)
    audit.seal_audit()
    force(f"UPDATE audit_log SET {column} = '{value}' WHERE id = 3")
    assert faults() == ["audit_log: row 3 (seq 3) is not what was sealed"]


def test_exchanged_seals_are_named(house):
    write(3)
    audit.seal_audit()
    force("UPDATE audit_seal SET hash = 'x' WHERE seq = 2")
    assert len(faults()) == 2


def test_a_missing_seal_in_the_middle_is_named(house):
    write(3)
    audit.seal_audit()
    force("DELETE FROM audit_seal WHERE seq = 2")
    assert faults() == [
        "audit_seal: 1 seal(s) missing before seq 3",
        "audit_log: row 3 (seq 3) is not what was sealed",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'x'",
        "DELETE FROM audit_log",
        "UPDATE audit_seal SET hash = 'x'",
        "DELETE FROM audit_seal",
        "INSERT INTO audit_seal (seq, audit_id, hash) VALUES (1, 1, 'x') ON CONFLICT (seq) DO "
        "UPDATE SET hash = 'x'",
    ],
)
def test_the_database_itself_refuses_to_change_a_line(house, statement):
    write(2)
    audit.seal_audit()
    with pytest.raises(DatabaseError, match="append-only"), db.transaction() as connection:
        connection.execute(text(statement))
    assert faults() == []


def test_a_deed_that_fails_leaves_no_line(house):
    def deed():
        with db.transaction() as connection:
            audit.record(connection, "user:1", "publish_plan", "plan", 1)
            raise RuntimeError("the deed failed")

    with pytest.raises(RuntimeError):
        deed()
    with db.read() as connection:
        assert connection.execute(select(audit.audit_log)).all() == []


@pytest.mark.parametrize(
    "detail", [{"note": "x" * 65}, {"note": "two\nlines"}, {"rate": 0.5}, {"who": object()}]
)
def test_free_text_and_fractions_have_no_place_in_a_detail(house, detail):
    with pytest.raises(ValueError), db.transaction() as connection:
        audit.record(connection, "user:1", "publish_plan", "plan", 1, detail)


def test_many_sealers_make_one_chain(house):
    write(40)
    gate = threading.Barrier(6)

    def seal():
        gate.wait()
        while audit.seal_audit(limit=3):
            pass

    threads = [threading.Thread(target=seal) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults() == []
    with db.read() as connection:
        assert audit.head(connection)[0] == 40
