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

import db

accepted_file = Table(
    "accepted_file",
    db.metadata,
    Column("id", db.BigId, primary_key=True),
    Column("actor", db.Code(96), nullable=False),
    Column("received_at", db.Instant, nullable=False),
    Column("accepted_at", db.Instant),  # NULL: being staged, nothing of it counts
    Column("pieces", Integer, nullable=False),
)
accepted_piece = Table(
    "accepted_piece",
    db.metadata,
    Column(
        "file_id", BigInteger, ForeignKey("accepted_file.id"), primary_key=True, autoincrement=False
    ),
    Column("piece_no", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", db.Code(16), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
accepted_number = Table(
    "accepted_number",
    db.metadata,
    Column("kind", db.Code(16), primary_key=True),
    Column("number", db.Code(128), primary_key=True),
    Column("file_id", BigInteger, ForeignKey("accepted_file.id"), nullable=False),
    Column("piece_no", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_accepted_number_piece", accepted_number.c.file_id, accepted_number.c.piece_no)
