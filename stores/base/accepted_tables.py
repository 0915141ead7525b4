"""Where files stand that are written piece by piece: the file, its pieces, the numbers it brings
(N2)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
)

from ledger import schema

accepted_file = Table(
    "accepted_file",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("actor", schema.Code(96), nullable=False),
    Column("received_at", schema.Instant, nullable=False),
    Column("accepted_at", schema.Instant),  # NULL: being staged, nothing of it counts
    Column("pieces", Integer, nullable=False),
)
accepted_piece = Table(
    "accepted_piece",
    schema.metadata,
    Column(
        "file_id", BigInteger, ForeignKey("accepted_file.id"), primary_key=True, autoincrement=False
    ),
    Column("piece_no", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", schema.Code(16), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
accepted_number = Table(
    "accepted_number",
    schema.metadata,
    Column("kind", schema.Code(16), primary_key=True),
    Column("number", schema.Code(128), primary_key=True),
    Column("file_id", BigInteger, ForeignKey("accepted_file.id"), nullable=False),
    Column("piece_no", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_accepted_number_piece", accepted_number.c.file_id, accepted_number.c.piece_no)
