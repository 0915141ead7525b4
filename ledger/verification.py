"""Proofs over the ledger, set-based: each names the rows that break it (`flask verify`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from sqlalchemy import Connection, Table, func, select

from ledger import audit, schema, seals
from ledger.accounts import AccountKey, account
from ledger.audit import audit_log
from ledger.intakes import seal
from ledger.journals import journal, journal_key, transfer

SHOWN = 50  # faults kept of one check; the rest is counted


@dataclass(frozen=True, slots=True)
class Finding:
    """One proof: `summary` says what was looked at and holds (or not), `faults` name rows, `more`
    counts those not kept."""

    summary: str
    faults: tuple[str, ...] = ()
    more: int = 0

    @property
    def holds(self) -> bool:
        return not self.faults


Check = Callable[[Connection], Finding]


def finding(subject: str, good: str, faults: Iterable[str]) -> Finding:
    """`subject: good`, or `subject: N faults`."""
    said = iter(faults)
    kept = tuple(islice(said, SHOWN))
    more = sum(1 for _ in said)
    return Finding(
        f"{subject}: {len(kept) + more:,} fault(s)" if kept else f"{subject}: {good}", kept, more
    )


def count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


# -- the checks ------------------------------------------------------------------------------------


def journals_balance(connection: Connection) -> Finding:
    """Every transfer moves a positive amount between two accounts of its own currency; every
    journal holds what was posted under its key."""
    return finding(
        "ledger",
        f"{count(connection, journal):,} journals, {count(connection, transfer):,} transfers, all "
        "balanced",
        _journal_faults(connection),
    )


def _journal_faults(connection: Connection) -> Iterator[str]:
    debit, credit, t = account.alias("debit"), account.alias("credit"), transfer.c
    wrong = (
        select(
            t.id,
            t.amount_minor,
            t.currency,
            debit.c.currency.label("debit"),
            credit.c.currency.label("credit"),
        )
        .outerjoin(debit, debit.c.id == t.debit_account_id)
        .outerjoin(credit, credit.c.id == t.credit_account_id)
        .where(
            (t.amount_minor <= 0)
            | (t.debit_account_id == t.credit_account_id)
            | debit.c.id.is_(None)
            | credit.c.id.is_(None)
            | (debit.c.currency != t.currency)
            | (credit.c.currency != t.currency)
        )
        .order_by(t.id)
    )
    for r in connection.execute(wrong):
        yield (
            f"transfer {r.id}: {r.amount_minor} {r.currency} between accounts of {r.debit} and "
            f"{r.credit} is no sound transfer"
        )
    lost = (
        select(t.id, t.journal_id)
        .outerjoin(journal, journal.c.id == t.journal_id)
        .where(journal.c.id.is_(None))
        .order_by(t.id)
    )
    for r in connection.execute(lost):
        yield f"transfer {r.id}: its journal {r.journal_id} is gone"
    yield from _changed_journals(connection)


def _changed_journals(connection: Connection) -> Iterator[str]:
    names = {
        r.id: str(AccountKey(r.owner, r.purpose, r.currency, r.counterparty))
        for r in connection.execute(select(account))
    }
    t = transfer.c
    query = (
        select(
            journal.c.id,
            journal.c.key,
            journal_key.c.body_hash,
            t.debit_account_id,
            t.credit_account_id,
            t.amount_minor,
            t.currency,
            t.kind,
            t.business_day,
        )
        .outerjoin(journal_key, journal_key.c.key == journal.c.key)
        .outerjoin(transfer, t.journal_id == journal.c.id)
        .order_by(journal.c.id, t.seq)
        .execution_options(yield_per=5_000)
    )
    for (number, key, body_hash), rows in groupby(
        connection.execute(query), key=lambda r: (r[0], r[1], r[2])
    ):
        body = "\n".join(
            f"{names.get(r[3])}|{names.get(r[4])}|{r[5]}|{r[6]}|{r[7]}|{r[8]}" for r in rows
        )
        if hashlib.sha256(body.encode()).hexdigest() != body_hash:
            yield f"journal {number} ({key}): its transfers are not what was posted under this key"


def accounts_sum_to_zero(connection: Connection) -> Finding:
    """The balances of all accounts, recomputed from the transfers, sum to nothing in every
    currency."""
    t = transfer.c
    flows: dict[int, int] = {}
    for column, sign in ((t.debit_account_id, -1), (t.credit_account_id, 1)):
        for number, amount in connection.execute(
            select(column, func.sum(t.amount_minor)).group_by(column)
        ):
            flows[number] = flows.get(number, 0) + sign * int(amount)
    totals: dict[str, int] = {}
    for r in connection.execute(select(account.c.id, account.c.currency)):
        totals[r.currency] = totals.get(r.currency, 0) + flows.pop(r.id, 0)
    faults = [
        f"accounts in {currency} sum to {total} minor units, not to 0"
        for currency, total in sorted(totals.items())
        if total
    ]
    faults += [f"account {number}: has transfers and does not exist" for number in sorted(flows)]
    return finding(
        "accounts",
        f"{count(connection, account):,} accounts, balances sum to 0 in "
        f"{', '.join(sorted(totals)) or 'no currency'}",
        faults,
    )


def seals_hold(connection: Connection) -> Finding:
    def faults() -> Iterator[str]:
        yield from seals.broken_seals(connection)
        yield from seals.unsealed_or_lost(connection)

    return finding("seals", f"{count(connection, seal):,} seals, the chain holds", faults())


def audit_holds(connection: Connection) -> Finding:
    return finding(
        "audit",
        f"{count(connection, audit_log):,} lines, the chain holds",
        audit.verify_audit(connection),
    )


def tables_are_protected(connection: Connection) -> Finding:
    faults = (
        f"the trigger {name} is missing: rows of its table can be changed"
        for name in schema.missing_triggers(connection)
    )
    return finding(
        "protection",
        f"{len(schema.append_only_names()):,} append-only tables, all protected",
        faults,
    )


CHECKS: tuple[Check, ...] = (
    journals_balance,
    accounts_sum_to_zero,
    seals_hold,
    audit_holds,
    tables_are_protected,
)
