"""The table of what was decided about one customer, and the kinds of such deeds (A4, A8, A10, A14,
B2, B4)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table

from ledger import schema

STATE_KINDS = (
    "switched",
    "switch_ended",
    "refused",
    "pinned",
    "unpinned",
    "no_switch",
    "may_switch",
    "home_declined",
)
BINDING_KINDS = ("owner_assigned", "owner_requested", "home_requested", "home_approved")
KINDS = STATE_KINDS + BINDING_KINDS
HEADQUARTERS_KINDS = frozenset({"pinned", "unpinned", "no_switch", "may_switch"})
MANAGER_KINDS = frozenset({"owner_assigned", "home_approved", "home_declined"})
NAMES_STORE = frozenset(
    {"switched", "refused", "pinned", "home_requested", "home_approved", "home_declined"}
)
NAMES_GUIDE = frozenset({"owner_assigned", "owner_requested"})

customer_deed = schema.append_only(
    Table(
        "customer_deed",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("customer_id", BigInteger, ForeignKey("customer.id"), nullable=False),
        Column("kind", schema.Code(16), nullable=False),
        Column("store_id", BigInteger),
        Column("guide_id", BigInteger),
        Column("at", schema.Instant, nullable=False),
        Column("actor", schema.Code(96), nullable=False),
    )
)
customer_deed_note = Table(  # why, in words: apart, so that it can be erased (M20)
    "customer_deed_note",
    schema.metadata,
    Column(
        "deed_id", BigInteger, ForeignKey("customer_deed.id"), primary_key=True, autoincrement=False
    ),
    Column("note", String(200), nullable=False),
)
Index("ix_customer_deed_customer", customer_deed.c.customer_id, customer_deed.c.at)
