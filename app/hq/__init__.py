"""The portal of headquarters and branches: every module of this package brings its pages."""
from __future__ import annotations

<<<<<<< HEAD
from app.hq import customers, dealers, entries, guides, orders, performance, policy, rewards, route_visitor, samples, search, stores
from app.hq.home import blueprint

__all__ = ["blueprint", "customers", "dealers", "entries", "guides", "orders", "performance", "policy", "rewards", "route_visitor", "samples", "search", "stores"]
=======
from importlib import import_module
from pkgutil import iter_modules

from app.hq.home import blueprint

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)

__all__ = ["blueprint"]
>>>>>>> main
