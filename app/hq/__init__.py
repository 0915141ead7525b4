"""The portal of headquarters and branches."""
from __future__ import annotations

from app.hq import dealers, entries, guides, help_stores, orders, samples, stores
from app.hq.home import blueprint

__all__ = ["blueprint", "dealers", "entries", "guides", "help_stores", "orders", "samples", "stores"]
