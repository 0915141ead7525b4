"""The portal of headquarters and branches: every module of this package brings its pages."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages

from app.hq.home import blueprint

for _module in walk_packages(__path__, f"{__name__}."):
    import_module(_module.name)

__all__ = ["blueprint"]
