"""The portal of dealers."""
from __future__ import annotations

from app.dealer import customers, orders, rewards, search, stores
from app.dealer.home import blueprint

__all__ = ["blueprint", "customers", "orders", "rewards", "search", "stores"]
