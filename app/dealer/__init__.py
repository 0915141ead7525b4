"""The portal of dealers."""
from __future__ import annotations

from app.dealer import codes, customers, elsewhere, entries, orders, revenue, rewards, stores
from app.dealer.home import blueprint

__all__ = ["blueprint", "codes", "customers", "elsewhere", "entries", "orders", "revenue", "rewards", "stores"]
