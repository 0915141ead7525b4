"""What an order and a refund book, from frozen terms (D4-D6). Pure arithmetic over accounts.

    sale          dealer/collections (or hq/collections, if headquarters collects)  ->  dealer/earnings
    platform_fee  dealer/earnings  ->  hq/platform_fees          channel_fee  dealer/earnings  ->  channel/fees
    refund        dealer/earnings  ->  collections               fees come back in proportion, cumulatively (D5)

So the balance of `dealer/earnings` is the dealer's net. A sale that nobody owns stands in
`hq/unattributed`, never lost."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ledger.accounts import AccountKey
from ledger.journals import Journal, Transfer
from ledger.money import basis_points, reversal


@dataclass(frozen=True, slots=True)
class Terms:
    """The contract's terms as frozen on the order; `dealer_code` None: unattributed."""

    dealer_id: int | None = None
    dealer_code: str | None = None
    store_id: int | None = None
    contract_id: int | None = None
    platform_fee_bp: int = 0
    channel_fee_bp: int = 0
    collection_mode: str = "hq_collects"


@dataclass(frozen=True, slots=True)
class Fees:
    """On the order's total, half up (D4)."""

    platform_minor: int
    channel_minor: int


def fees_of(total_minor: int, terms: Terms) -> Fees:
    return Fees(
        basis_points(total_minor, terms.platform_fee_bp),
        basis_points(total_minor, terms.channel_fee_bp),
    )


def order_journal(
    order_id: int,
    order_no: str,
    total_minor: int,
    currency: str,
    fees: Fees,
    terms: Terms,
    at: dt.datetime,
    day: dt.date,
) -> Journal:
    """The journal `order:NO`; without transfers for an order of 0."""
    book = _Book(terms, currency, at, day, order_id)
    if terms.dealer_code is None:
        moves = [
            book.move(book.collections, _unattributed(currency), total_minor, "sale_unattributed")
        ]
    else:
        moves = [
            book.move(book.collections, book.earnings, total_minor, "sale"),
            book.move(book.earnings, book.platform_fees, fees.platform_minor, "platform_fee"),
            book.move(book.earnings, book.channel_fees, fees.channel_minor, "channel_fee"),
        ]
    return Journal(f"order:{order_no}", "order", at, tuple(m for m in moves if m is not None))


def refund_journal(
    order_id: int,
    refund_id: int,
    refund_no: str,
    amount_minor: int,
    refunded_before_minor: int,
    total_minor: int,
    currency: str,
    fees: Fees,
    terms: Terms,
    at: dt.datetime,
    day: dt.date,
) -> Journal:
    """The journal `refund:NO`: the amount back, and the fees cumulatively in proportion to all that
    is refunded (D5)."""
    book = _Book(terms, currency, at, day, order_id, refund_id)
    if terms.dealer_code is None:
        moves = [
            book.move(
                _unattributed(currency), book.collections, amount_minor, "refund_unattributed"
            )
        ]
    else:
        so_far = refunded_before_minor + amount_minor
        back = [
            reversal(fee, total_minor, so_far, reversal(fee, total_minor, refunded_before_minor, 0))
            for fee in (fees.platform_minor, fees.channel_minor)
        ]
        moves = [
            book.move(book.earnings, book.collections, amount_minor, "refund"),
            book.move(book.platform_fees, book.earnings, back[0], "platform_fee_return"),
            book.move(book.channel_fees, book.earnings, back[1], "channel_fee_return"),
        ]
    return Journal(f"refund:{refund_no}", "refund", at, tuple(m for m in moves if m is not None))


def _unattributed(currency: str) -> AccountKey:
    return AccountKey("hq", "unattributed", currency)


@dataclass(frozen=True, slots=True)
class _Book:
    terms: Terms
    currency: str
    at: dt.datetime
    day: dt.date
    order_id: int
    refund_id: int | None = None

    @property
    def dealer(self) -> str:
        return f"dealer:{self.terms.dealer_code}"

    @property
    def earnings(self) -> AccountKey:
        return AccountKey(self.dealer, "earnings", self.currency)

    @property
    def collections(self) -> AccountKey:
        if self.terms.dealer_code is None:
            return AccountKey("hq", "collections", self.currency)
        if self.terms.collection_mode == "store_collects":
            return AccountKey(self.dealer, "collections", self.currency)
        return AccountKey("hq", "collections", self.currency, self.dealer)

    @property
    def platform_fees(self) -> AccountKey:
        return AccountKey("hq", "platform_fees", self.currency, self.dealer)

    @property
    def channel_fees(self) -> AccountKey:
        return AccountKey("channel", "fees", self.currency, self.dealer)

    def move(
        self, debit: AccountKey, credit: AccountKey, amount_minor: int, kind: str
    ) -> Transfer | None:
        if amount_minor == 0:
            return None
        return Transfer(
            debit,
            credit,
            amount_minor,
            kind,
            self.at,
            self.day,
            dealer_id=self.terms.dealer_id,
            store_id=self.terms.store_id,
            order_id=self.order_id,
            refund_id=self.refund_id,
        )
