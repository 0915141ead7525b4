"""Many customers, written as an accepted file, piece by piece (N2)."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

from sqlalchemy import Connection

import db
from ledger import audit
from ledger.pieces import pieces
from stores.base import accepted_files
from stores.base.accepted_files import Piece, Written
from stores.base.actors import Actor
from stores.imports.outcomes import Outcome
from stores.registers.customer_plan import (
    LINKS,
    Person,
    Plan,
    plan_of,
    planned,
    sealed,
)
from stores.registers.customer_writing import told, write

IN_PIECE = 2_000  # some tenths of a second of SQLite's writer


def write_in_pieces(persons: list[Person], plan: Plan, actor: Actor, now: dt.datetime) -> Outcome:
    """Stage, accept and write. Nobody's number is closed meanwhile: entries bring the same
    customers, and whoever is first is respected."""

    def put_in(mine: accepted_files.Turn, found: Plan) -> bool:
        def counts(connection: Connection, file_id: int) -> bool:
            told(connection, found.outcome, len(persons), actor, now)
            return True

        parts = (
            Piece("customers", [_packed(each) for each in some], [])
            for some in pieces(found.effective, IN_PIECE)
        )
        return not found.outcome.effective or accepted_files.put(
            mine, parts, counts, actor=actor.name, now=now, keys=()
        )

    def check() -> Plan:
        with db.read() as connection:
            return planned(connection, persons)

    return accepted_files.bring_in(plan, check, put_in, "Customers").outcome


@accepted_files.writes("customers")
def _write_piece(rows: list[Any], actor: str, received_at: dt.datetime, written: Written) -> None:
    with db.read() as connection:
        plan, taken = plan_of(connection, [_unpacked(row) for row in rows])
    with db.transaction() as connection:
        left = len(taken) + write(connection, plan, received_at, lenient=True)
        if left:
            audit.record(
                connection,
                actor,
                "import_customers",
                "customer",
                "identities left",
                {"left_to_others": left},
                at=received_at,
            )
        written(connection)


def _packed(person: Person) -> list[Any]:
    """As JSON; the phone is sealed."""
    cipher = sealed(person)
    return [
        person.line,
        person.customer_id,
        person.identities,
        base64.b64encode(cipher).decode() if cipher else None,
        person.employee,
        person.clears_phone,
        person.former,
        person.joins,
    ]


def _unpacked(row: list[Any]) -> Person:
    line, customer_id, identities, cipher, employee, clears_phone, former, joins = row
    texts = {kind: value for kind, value in identities.items() if kind in LINKS}
    return Person(
        line,
        customer_id,
        identities,
        None,
        employee,
        clears_phone,
        texts,
        tuple(former),
        joins,
        base64.b64decode(cipher) if cipher else None,
    )
