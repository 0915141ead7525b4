"""The portal of dealers: every module of this package brings its pages."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from app.dealer.home import blueprint

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)

__all__ = ["blueprint"]
