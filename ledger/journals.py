"""Journals and transfers: double entry, append-only, balanced by construction (D2, DESIGN 3).

A transfer is one row: debit account, credit account, amount > 0. A journal is a set of transfers
that stand or fall together under one key: the same key with the same body answers "exists", with
another body it is refused and nothing is written."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    bindparam,
    select,
)

from ledger import schema
from ledger.accounts import AccountKey, account, ids_of
from ledger.bulk import allocate, insert_rows
from ledger.faults import Conflict
from ledger.pieces import pieces
from ledger.upsert import insert_missing

journal_key = schema.append_only(
    Table(
        "journal_key",
        schema.metadata,
        Column("key", schema.Code(128), primary_key=True),
        Column("body_hash", schema.Code(64), nullable=False),
    )
)
journal = schema.append_only(
    Table(
        "journal",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("key", schema.Code(128), ForeignKey("journal_key.key"), nullable=False, unique=True),
        Column("kind", schema.Code(32), nullable=False),
        Column("intake_id", BigInteger, ForeignKey("intake.id"), nullable=False, index=True),
        Column("effective_at", schema.Instant, nullable=False),
        Column("booked_at", schema.Instant, nullable=False),
    )
)
transfer = schema.append_only(
    Table(
        "transfer",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("journal_id", BigInteger, ForeignKey("journal.id"), nullable=False, index=True),
        Column("seq", Integer, nullable=False),
        Column("debit_account_id", BigInteger, ForeignKey("account.id"), nullable=False),
        Column("credit_account_id", BigInteger, ForeignKey("account.id"), nullable=False),
        Column("amount_minor", schema.Minor, nullable=False),
        Column("currency", schema.Code(3), nullable=False),
        Column("kind", schema.Code(32), nullable=False),
        Column("effective_at", schema.Instant, nullable=False),
        Column("booked_at", schema.Instant, nullable=False),
        Column("business_day", Date, nullable=False),
        Column("dealer_id", BigInteger),
        Column("store_id", BigInteger),
        Column("guide_id", BigInteger),
        Column("order_id", BigInteger),
        Column("refund_id", BigInteger),
        Column("origin_period", schema.Code(7)),
        Column("component", schema.Code(64)),
        Column("plan_version_id", BigInteger),
        CheckConstraint("amount_minor > 0", name="positive"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
    )
)
Index("ix_transfer_dealer_day", transfer.c.dealer_id, transfer.c.business_day)
Index("ix_transfer_store_day", transfer.c.store_id, transfer.c.business_day)
Index(
    "ix_transfer_order",
    transfer.c.order_id,
    sqlite_where=transfer.c.order_id.is_not(None),
    postgresql_where=transfer.c.order_id.is_not(None),
)
Index(
    "ix_transfer_guide_period",
    transfer.c.guide_id,
    transfer.c.origin_period,
    sqlite_where=transfer.c.guide_id.is_not(None),
    postgresql_where=transfer.c.guide_id.is_not(None),
)


@dataclass(frozen=True, slots=True)
class Transfer:
    """`amount_minor` > 0 moves from `debit` to `credit`. `business_day` is the brand's day of
    `effective_at`."""

    debit: AccountKey
    credit: AccountKey
    amount_minor: int
    kind: str
    effective_at: dt.datetime
    business_day: dt.date
    dealer_id: int | None = None
    store_id: int | None = None
    guide_id: int | None = None
    order_id: int | None = None
    refund_id: int | None = None
    origin_period: str | None = None
    component: str | None = None
    plan_version_id: int | None = None

    def __post_init__(self) -> None:
        if self.amount_minor <= 0:
            raise ValueError(f"a transfer of {self.amount_minor} moves nothing")
        if self.debit == self.credit or self.debit.currency != self.credit.currency:
            raise ValueError(f"{self.debit} and {self.credit} cannot stand in one transfer")


@dataclass(frozen=True, slots=True)
class Journal:
    """Transfers under one key; `effective_at` is when the deed counts, not when it is booked."""

    key: str
    kind: str
    effective_at: dt.datetime
    transfers: tuple[Transfer, ...]

    def body_hash(self) -> str:
        return hashlib.sha256(
            "\n".join(
                f"{t.debit}|{t.credit}|{t.amount_minor}|{t.debit.currency}|{t.kind}|{t.business_day}"
                for t in self.transfers
            ).encode()
        ).hexdigest()


def post(
    connection: Connection, journals: Sequence[Journal], *, intake_id: int, now: dt.datetime
) -> int:
    """Book journals, set-based, in the caller's transaction; returns how many were new.

    A journal without transfers is not booked. Raises Conflict when a key exists with another body:
    nothing is written."""
    wanted = {j.key: j for j in journals if j.transfers}
    if len(wanted) != sum(1 for j in journals if j.transfers):
        raise ValueError("two journals of one call share a key")
    hashes = {key: each.body_hash() for key, each in wanted.items()}
    known = _known(connection, list(wanted))
    for key, body_hash in known.items():
        if body_hash != hashes[key]:
            raise Conflict(
                f"The journal {key!r} is booked with other transfers; book a reversal under its "
                "own key instead.",
                code="journal_reused",
            )
    new = [each for key, each in wanted.items() if key not in known]
    if not new:
        return 0
    insert_missing(
        connection, journal_key, [{"key": each.key, "body_hash": hashes[each.key]} for each in new]
    )
    ids = _insert_journals(connection, new, intake_id, now)
    accounts = ids_of(
        connection, {key for each in new for t in each.transfers for key in (t.debit, t.credit)}
    )
    insert_rows(
        connection,
        transfer,
        [
            {
                "journal_id": ids[each.key],
                "seq": seq,
                "debit_account_id": accounts[t.debit],
                "credit_account_id": accounts[t.credit],
                "amount_minor": t.amount_minor,
                "currency": t.debit.currency,
                "kind": t.kind,
                "effective_at": t.effective_at,
                "booked_at": now,
                "business_day": t.business_day,
                "dealer_id": t.dealer_id,
                "store_id": t.store_id,
                "guide_id": t.guide_id,
                "order_id": t.order_id,
                "refund_id": t.refund_id,
                "origin_period": t.origin_period,
                "component": t.component,
                "plan_version_id": t.plan_version_id,
            }
            for each in new
            for seq, t in enumerate(each.transfers)
        ],
    )
    return len(new)


_KEYS = select(journal_key.c.key, journal_key.c.body_hash).where(
    journal_key.c.key.in_(bindparam("keys", expanding=True))
)


def _known(connection: Connection, keys: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in pieces(keys, 500):
        found |= {r[0]: r[1] for r in connection.execute(_KEYS, {"keys": some})}
    return found


def _insert_journals(
    connection: Connection, new: list[Journal], intake_id: int, now: dt.datetime
) -> dict[str, int]:
    """Ids by key. A rival's journal of the same key fails here on the unique key and rolls the
    whole deed back."""
    ids = allocate(connection, journal, len(new))
    insert_rows(
        connection,
        journal,
        [
            {
                "id": i,
                "key": j.key,
                "kind": j.kind,
                "intake_id": intake_id,
                "effective_at": j.effective_at,
                "booked_at": now,
            }
            for i, j in zip(ids, new, strict=True)
        ],
    )
    return {j.key: i for i, j in zip(ids, new, strict=True)}


def transfers_of(
    connection: Connection, *, order_id: int | None = None, refund_id: int | None = None
) -> list[dict[str, object]]:
    """The transfers of an order (without its refunds) or of one refund, as the API shows them."""
    debit, credit = account.alias("debit"), account.alias("credit")
    query = (
        select(
            transfer.c.amount_minor,
            transfer.c.currency,
            transfer.c.kind,
            debit.c.owner,
            debit.c.purpose,
            debit.c.counterparty,
            credit.c.owner.label("credit_owner"),
            credit.c.purpose.label("credit_purpose"),
            credit.c.counterparty.label("credit_counterparty"),
        )
        .join(debit, debit.c.id == transfer.c.debit_account_id)
        .join(credit, credit.c.id == transfer.c.credit_account_id)
        .where(
            transfer.c.order_id == order_id,
            transfer.c.refund_id.is_(None)
            if refund_id is None
            else transfer.c.refund_id == refund_id,
        )
        .order_by(transfer.c.id)
    )
    return [
        {
            "debit_account": str(AccountKey(r.owner, r.purpose, r.currency, r.counterparty)),
            "credit_account": str(
                AccountKey(r.credit_owner, r.credit_purpose, r.currency, r.credit_counterparty)
            ),
            "amount_minor": r.amount_minor,
            "currency": r.currency,
            "kind": r.kind,
        }
        for r in connection.execute(query)
    ]
