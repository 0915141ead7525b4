"""Dealer contracts: which dealer owns a store from which day to which, on which terms (valid time
and known time).

`valid_from` None has no lower bound (A2); `valid_to` is the first day that no longer counts, None
is open. Terms that are None are the dealer's own. The row in force is the one with `version_to`
None whose days hold the moment."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, Table

from ledger import schema

dealer_contract = Table(
    "dealer_contract",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("store_id", BigInteger, ForeignKey("store.id"), nullable=False),
    Column("dealer_id", BigInteger, ForeignKey("dealer.id"), nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("platform_fee_bp", Integer),
    Column("channel_fee_bp", Integer),
    Column("collection_mode", schema.Code(16)),
    Column("version_from", BigInteger, nullable=False),
    Column("version_to", BigInteger),
)
Index("ix_dealer_contract_store", dealer_contract.c.store_id, dealer_contract.c.version_to)
Index("ix_dealer_contract_dealer", dealer_contract.c.dealer_id, dealer_contract.c.version_to)
