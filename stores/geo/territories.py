"""Areas on the ground: exclusive territories of dealers, service areas of stores, isolated areas
(A12, rungs 8 and 9)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Float, ForeignKey, Index, Table

from ledger import schema

KINDS = ("territory", "service_area", "isolated")
BOX = ("west", "south", "east", "north")

area = Table(
    "area",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("area_code", schema.Code(64), nullable=False, unique=True),
)
area_revision = Table(
    "area_revision",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("area_id", BigInteger, ForeignKey("area.id"), nullable=False),
    Column("kind", schema.Code(16), nullable=False),
    Column("dealer_id", BigInteger, ForeignKey("dealer.id")),
    Column("store_id", BigInteger, ForeignKey("store.id")),
    Column(
        "geometry", schema.Json
    ),  # GeoJSON in WGS-84, or None when regions or postal codes alone define it
    *(Column(name, Float) for name in BOX),  # what the geometry lies within, in degrees
    Column("region_codes", schema.Json, nullable=False),
    Column("postal_codes", schema.Json, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),  # the first day that no longer counts
    Column("version_from", BigInteger, nullable=False),
    Column("version_to", BigInteger),
)
Index("ix_area_revision_area", area_revision.c.area_id, area_revision.c.version_to)
