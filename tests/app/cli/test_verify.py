"""`flask verify` names the row that somebody changed behind the product's back (DESIGN 3, M10,
M17)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

import db
from ledger import schema
from ledger.audit import seal_audit
from ledger.seals import seal_now
from tests.app.cli.conftest import ORDERS, both

TAMPERED = [
    (
        "UPDATE transfer SET amount_minor = amount_minor + 1 WHERE kind = 'platform_fee'",
        "journal",
        "its transfers are not what was posted",
    ),
    (
        "UPDATE transfer SET amount_minor = amount_minor + 1 WHERE kind = 'sale'",
        "order O1",
        "booked are sale 1501",
    ),
    (
        "UPDATE transfer SET currency = 'USD' WHERE kind = 'refund'",
        "transfer",
        "is no sound transfer",
    ),
    ("DELETE FROM transfer WHERE kind = 'refund'", "refund R1", "its total is 100, booked is 0"),
    (
        "UPDATE transfer SET store_id = 3 WHERE kind = 'sale'",
        "transfer",
        "stands with another dealer, store or currency",
    ),
    (
        "UPDATE transfer SET booked_at = effective_at",
        "seal 1",
        "its journals are not what was sealed",
    ),
    (
        "UPDATE sales_order SET total_minor = 1400 WHERE order_no = 'O1'",
        "order O1",
        "its lines sum to 1500, its total is 1400",
    ),
    (
        "UPDATE order_line SET amount_minor = 1 WHERE line_no = 2",
        "order O1",
        "its lines sum to 1001",
    ),
    ("UPDATE refund_line SET amount_minor = 2000", "refund R1", "its lines sum to"),
    ("DELETE FROM order_credit WHERE refund_id IS NULL", "order O1", "are left"),
    (
        "UPDATE order_credit SET amount_minor = 9 WHERE kind = 'guide' AND refund_id IS NULL",
        "order O1",
        "the credit guide gives 9 of 1500",
    ),
    ("UPDATE seal SET intakes = intakes + 1", "seal 1", "intakes"),
    ("UPDATE seal SET previous_hash = hash", "seal 1", "does not follow the seal before it"),
    ("DELETE FROM intake_seal", "intake", "is neither sealed nor waiting"),
    (
        "UPDATE audit_log SET actor = 'somebody else' WHERE id = 1",
        "audit_log: row 1",
        "is not what was sealed",
    ),
    (
        "INSERT INTO order_key (order_no, body_hash) VALUES ('GHOST', 'x')",
        "order_key GHOST",
        "has no order",
    ),
]


def tamper(statement: str) -> None:
    """Change a protected row: the triggers go and come back, foreign keys are not looked at."""
    table = statement.split()[2 if statement.startswith(("DELETE", "INSERT")) else 1]
    with db.database().engine.connect() as connection:
        if db.database().sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            if db.database().sqlite:
                for verb in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER IF EXISTS ao_{table}_{verb}"))
                connection.execute(text(statement))
                for ddl in schema.trigger_ddl("sqlite", [table]):
                    connection.execute(text(ddl))
            else:
                connection.execute(text("SET LOCAL session_replication_role = replica"))
                connection.execute(text(statement))
        if db.database().sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


def sealed(chain) -> None:
    now = dt.datetime.now(dt.UTC)
    assert chain.imported("orders", ORDERS).exit_code == 0
    seal_now(now)
    seal_audit()


@both
def test_sound_books_are_verified(chain):
    sealed(chain)
    result = chain.run("verify")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith("ledger: 4 journals, ")
    assert result.stdout.splitlines()[-1] == "verified"


@both
@pytest.mark.parametrize(("statement", "row", "words"), TAMPERED)
def test_a_changed_row_is_named(chain, statement, row, words):
    sealed(chain)
    tamper(statement)
    result = chain.run("verify")
    assert result.exit_code == 1
    assert any(row in line and words in line for line in result.stderr.splitlines()), result.stderr


@both
def test_a_missing_trigger_is_named(chain):
    with db.transaction() as connection:
        name = "ao_transfer_update" if db.database().sqlite else "ao_transfer_row"
        connection.execute(
            text(f"DROP TRIGGER {name}" + ("" if db.database().sqlite else " ON transfer"))
        )
    result = chain.run("verify")
    assert result.exit_code == 1
    assert f"the trigger {name} is missing" in result.stderr
