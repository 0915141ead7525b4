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
    with accepted_files.turn() as mine:
        if mine.others:
            with db.read() as connection:
                plan = planned(connection, persons)
            if not plan.outcome.effective:
                return plan.outcome

        def counts(connection: Connection) -> bool:
            told(connection, plan.outcome, len(persons), actor, now)
            return True

        parts = pieces(plan.effective, IN_PIECE)
        file_id = accepted_files.stage(
            mine,
            (Piece("customers", [_packed(each) for each in some], []) for some in parts),
            actor=actor.name,
            now=now,
        )
        accepted_files.accept(mine, file_id, counts, now=now, keys=())
        accepted_files.write(mine, file_id)
    return plan.outcome


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
