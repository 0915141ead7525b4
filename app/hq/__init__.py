"""The portal of headquarters and branches."""
from __future__ import annotations

from app.hq import customers, dealers, entries, guides, orders, performance, policy, rewards, route_visitor, samples, search, stores
from app.hq.home import blueprint

__all__ = ["blueprint", "customers", "dealers", "entries", "guides", "orders", "performance", "policy", "rewards", "route_visitor", "samples", "search", "stores"]
