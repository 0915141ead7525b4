"""Three shops of one dealer: near, far and another."""

from __future__ import annotations

from tests.stores.routing.chain import (
    chain,
    north,
)

NEAR, FAR, OTHER = north(100, "S1"), north(3_000, "S2"), north(9_000, "S3")
SHOPS = chain(NEAR, FAR, OTHER)
