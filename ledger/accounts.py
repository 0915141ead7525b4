"""Accounts (M18): an owner's pot for one purpose, against one counterparty, in one currency."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Column, Connection, Table, UniqueConstraint, select, tuple_

import db
from ledger import schema
from ledger.pieces import pieces
from ledger.upsert import insert_missing

account = schema.append_only(
    Table(
        "account",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("owner", schema.Code(96), nullable=False),
        Column("purpose", schema.Code(32), nullable=False),
        Column("counterparty", schema.Code(96), nullable=False),
        Column("currency", schema.Code(3), nullable=False),
        UniqueConstraint("owner", "purpose", "counterparty", "currency"),
    )
)


class AccountKey(NamedTuple):
    """`owner` and `counterparty` are `hq`, `customers`, `channel` or `kind:CODE` (`dealer:D1`,
    `guide:G7`); counterparty may be ''."""

    owner: str
    purpose: str
    currency: str
    counterparty: str = ""

    def __str__(self) -> str:
        return f"{self.owner}/{self.purpose}" + (
            f"/{self.counterparty}" if self.counterparty else ""
        )


_known: dict[str, dict[AccountKey, int]] = {}  # by database


def ids_of(connection: Connection, keys: Iterable[AccountKey]) -> dict[AccountKey, int]:
    """The ids of these accounts; those that do not exist are opened. Ids never change, so they are
    remembered once committed."""
    wanted, known = set(keys), _known.setdefault(db.database().url, {})
    found = {key: known[key] for key in wanted if key in known}
    missing = sorted(wanted - found.keys())
    if not missing:
        return found
    read = _read(connection, missing)
    absent = [key for key in missing if key not in read]
    if absent:
        insert_missing(
            connection,
            account,
            [
                {
                    "owner": k.owner,
                    "purpose": k.purpose,
                    "counterparty": k.counterparty,
                    "currency": k.currency,
                }
                for k in absent
            ],
        )
        read |= _read(connection, absent)
    db.after_commit(lambda: known.update(read))
    return found | read


def _read(connection: Connection, keys: list[AccountKey]) -> dict[AccountKey, int]:
    found: dict[AccountKey, int] = {}
    for some in pieces(keys, 200):
        part = [(k.owner, k.purpose, k.counterparty, k.currency) for k in some]
        rows = connection.execute(
            select(account).where(
                tuple_(
                    account.c.owner, account.c.purpose, account.c.counterparty, account.c.currency
                ).in_(part)
            )
        )
        found |= {AccountKey(r.owner, r.purpose, r.currency, r.counterparty): r.id for r in rows}
    return found
