"""Re-assignments of a customer base after the network changed: one row a run, what it shall move,
and one fact a customer moved.

The fact is what the fold of bindings reads (`course`, kind reassigned); a run that is undone says
so here, for all of its facts at once."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table

from ledger import schema

REASON_LENGTH = 200
STATES = ("asked", "checked", "running", "stopped", "done", "undoing", "undone")

reassignment = Table(
    "reassignment",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("state", schema.Code(16), nullable=False),
    Column("plan", schema.Json, nullable=False),
    Column("reason", String(REASON_LENGTH), nullable=False),
    Column("actor", schema.Code(96), nullable=False),
    Column("created_at", schema.Instant, nullable=False),
    Column("network_version", BigInteger),  # what the check was made on
    Column("policy_version", BigInteger),
    Column(
        "visits_since", schema.Instant
    ),  # a last visit before this is too old to say where somebody is
    Column("customers", BigInteger, nullable=False),  # as the check counted them: to be moved,
    Column("protected", BigInteger, nullable=False),  # left out by B3,
    Column("unplaced", BigInteger, nullable=False),  # and those for whom no store was found
    Column("moved", BigInteger, nullable=False),
    Column("started_at", schema.Instant),
    Column("finished_at", schema.Instant),
    Column("undone_at", schema.Instant),
)
Index("ix_reassignment_created", reassignment.c.created_at)
reassignment_move = Table(
    "reassignment_move",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("reassignment_id", BigInteger, ForeignKey("reassignment.id"), nullable=False),
    Column("from_store_id", BigInteger, ForeignKey("store.id"), nullable=False),
    Column(
        "last_store_id", BigInteger, nullable=False
    ),  # of those last seen there lately; 0: of nobody, or of all where visits do not matter
    Column(
        "to_store_id", BigInteger, ForeignKey("store.id")
    ),  # None: no store was found, nobody is moved
    Column("cause", schema.Code(32), nullable=False),
    Column(
        "gone", Boolean, nullable=False
    ),  # the store is closed for good: whom it released is moved too, protection protects nothing
    Column("forced", Boolean, nullable=False),  # protected customers are moved too
    Column("customers", BigInteger, nullable=False),
    Column("protected", BigInteger, nullable=False),
)
Index(
    "ix_reassignment_move_from",
    reassignment_move.c.reassignment_id,
    reassignment_move.c.from_store_id,
    reassignment_move.c.last_store_id,
    unique=True,
)
reassigned_customer = schema.append_only(
    Table(
        "reassigned_customer",
        schema.metadata,
        Column(
            "reassignment_id",
            BigInteger,
            ForeignKey("reassignment.id"),
            primary_key=True,
            autoincrement=False,
        ),
        Column(
            "customer_id",
            BigInteger,
            ForeignKey("customer.id"),
            primary_key=True,
            autoincrement=False,
        ),
        Column("from_store_id", BigInteger, nullable=False),
        Column("to_store_id", BigInteger, nullable=False),
        Column("forced", Boolean, nullable=False),
        Column("at", schema.Instant, nullable=False),
    )
)
Index("ix_reassigned_customer_customer", reassigned_customer.c.customer_id)
