"""Customers: a surrogate for everything else, and the only tables that hold a person's identifiers
(P5, M20)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, Table, text

from ledger import schema

IDENTITY_KINDS = ("customer_id", "unionid", "external_userid", "openid", "phone")  # strongest first

customer = Table(
    "customer",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("customer_id", schema.Code(128), nullable=False, unique=True),
    Column("employee", Boolean, nullable=False, default=False),
    Column("created_at", schema.Instant, nullable=False),
)
customer_identity = Table(
    "customer_identity",
    schema.metadata,
    Column("kind", schema.Code(16), primary_key=True),
    Column(
        "value", schema.Code(128), primary_key=True
    ),  # of a phone: its keyed hash, the number itself is in `cipher` (P3)
    Column("customer_id", BigInteger, ForeignKey("customer.id"), nullable=False, index=True),
    Column("cipher", LargeBinary),
    sqlite_with_rowid=False,
)
customer_state = Table(
    "customer_state",
    schema.metadata,
    Column(
        "customer_id", BigInteger, ForeignKey("customer.id"), primary_key=True, autoincrement=False
    ),
    Column("rv", BigInteger, nullable=False),
    Column("home_store_id", BigInteger),
    Column("home_protected_until", schema.Instant),
    Column("home_valid_until", schema.Instant),
    Column(
        "next_home_store_id", BigInteger
    ),  # home from home_valid_until on: it waits for the end of a protection (B3)
    Column("next_home_protected_until", schema.Instant),
    Column("next_home_valid_until", schema.Instant),
    Column("owner_guide_id", BigInteger),
    Column("owner_protected_until", schema.Instant),
    Column("owner_valid_until", schema.Instant),
    Column("last_store_id", BigInteger),
    Column("last_visit_at", schema.Instant),
    Column("last_guide_id", BigInteger),
    Column("param_store_id", BigInteger),
    Column("param_guide_id", BigInteger),
    Column(
        "param_channel_id", BigInteger
    ),  # the parameter is remembered as long as its channel holds (A18)
    Column("param_at", schema.Instant),
    Column("manual_store_id", BigInteger),
    Column("manual_at", schema.Instant),
    Column("refused_store_id", BigInteger),
    Column("refused_at", schema.Instant),
    Column("pinned_store_id", BigInteger),
    Column("no_switch", Boolean, nullable=False, default=False),
    sqlite_with_rowid=False,
)


def erased_name(number: int) -> str:
    """What stands for the outside id of a customer who was erased. No id begins with a space,
    whichever way it comes: nobody can send it."""
    return f" erased-{number}"


_HOME, _OWNER = (
    text("home_store_id IS NOT NULL"),
    text("owner_guide_id IS NOT NULL"),
)  # most newcomers have neither yet
Index(
    "ix_customer_state_home",
    customer_state.c.home_store_id,
    sqlite_where=_HOME,
    postgresql_where=_HOME,
)
Index(
    "ix_customer_state_owner",
    customer_state.c.owner_guide_id,
    sqlite_where=_OWNER,
    postgresql_where=_OWNER,
)
customer_merge = schema.append_only(
    Table(  # M19: two surrogates that turned out to be one person
        "customer_merge",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("kept_id", BigInteger, ForeignKey("customer.id"), nullable=False),
        Column("merged_id", BigInteger, ForeignKey("customer.id"), nullable=False, unique=True),
        Column("at", schema.Instant, nullable=False),
    )
)
Index("ix_customer_merge_kept", customer_merge.c.kept_id)
