"""The portal of headquarters and branches."""
from __future__ import annotations

from app.hq import (
    adds,
    areas,
    branches,
    dealers,
    entries,
    guides,
    orders,
    performance,
    rewards,
    samples,
    stores,
)
from app.hq.home import blueprint

__all__ = [
    "adds",
    "areas",
    "blueprint",
    "branches",
    "dealers",
    "entries",
    "guides",
    "orders",
    "performance",
    "rewards",
    "samples",
    "stores",
]
