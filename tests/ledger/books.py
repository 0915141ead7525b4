"""Accounts, journals and what they come to, for tests of the ledger."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from sqlalchemy import func, select

import db
from ledger.accounts import AccountKey, account
from ledger.intakes import open_intake
from ledger.journals import Journal, Transfer, post, transfer

NOW = dt.datetime(2025, 6, 1, 4, tzinfo=dt.UTC)
HQ, OMAR, MEI = (
    AccountKey("hq", "collections", "CNY"),
    AccountKey("dealer:D1", "earnings", "CNY"),
    AccountKey("guide:Mei", "vested", "CNY"),
)


def moves(debit: AccountKey, credit: AccountKey, amount: int, **more: Any) -> Transfer:
    return Transfer(debit, credit, amount, "sale", NOW, NOW.date(), **more)


def journal_of(key: str, *transfers: Transfer) -> Journal:
    return Journal(key, "test", NOW, transfers)


def books(*journals: Journal) -> int:
    """Post in a transaction of its own; how many were new."""
    with db.transaction() as connection:
        return post(
            connection, journals, intake_id=open_intake(connection, "test", "tester", NOW), now=NOW
        )


def balances() -> Counter[AccountKey]:
    """Credits less debits by account, from the ledger."""
    found: Counter[AccountKey] = Counter()
    with db.read() as connection:
        names = {
            r.id: AccountKey(r.owner, r.purpose, r.currency, r.counterparty)
            for r in connection.execute(select(account))
        }
        for side, sign in ((transfer.c.debit_account_id, -1), (transfer.c.credit_account_id, 1)):
            for i, amount in connection.execute(
                select(side, func.sum(transfer.c.amount_minor)).group_by(side)
            ):
                found[names[i]] += sign * int(amount)
    return found


def rows(table: Any) -> int:
    with db.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
