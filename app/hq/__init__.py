"""The portal of headquarters and branches."""
from __future__ import annotations

from app.hq import audit, dealers, entries, guides, keys, orders, samples, stores, users
from app.hq.home import blueprint

__all__ = ["audit", "blueprint", "dealers", "entries", "guides", "keys", "orders", "samples", "stores", "users"]
