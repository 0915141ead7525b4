"""The box that an area lies within: who draws one area need not read the shapes of all others (A12)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "f3a91c6e20d5"
down_revision = "e2b6c90d4a17"
branch_labels = None
depends_on = None
BOX = ("west", "south", "east", "north")


def upgrade() -> None:
    for name in BOX:
        op.add_column("area_revision", sa.Column(name, sa.Float(), nullable=True))
    connection = op.get_bind()
    ids = (
        connection.execute(sa.text("SELECT id FROM area_revision WHERE geometry IS NOT NULL"))
        .scalars()
        .all()
    )
    for number in ids:
        geometry = json.loads(
            connection.execute(
                sa.text("SELECT geometry FROM area_revision WHERE id = :id"), {"id": number}
            ).scalar_one()
        )
        points = list(_points(geometry["coordinates"]))
        if not points:
            continue
        longitudes, latitudes = zip(*points, strict=True)
        box = dict(
            zip(
                BOX, (min(longitudes), min(latitudes), max(longitudes), max(latitudes)), strict=True
            )
        )
        connection.execute(
            sa.text(
                "UPDATE area_revision SET west = :west, south = :south, east = :east, north = :north WHERE id = :id"
            ),
            {**box, "id": number},
        )


def _points(nested: Any) -> Iterator[tuple[float, float]]:
    if nested and isinstance(nested[0], (int, float)):
        yield float(nested[0]), float(nested[1])
        return
    for each in nested:
        yield from _points(each)


def downgrade() -> None:
    for name in reversed(BOX):
        op.drop_column("area_revision", name)
