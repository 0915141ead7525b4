"""The portal of guides and store managers."""
from __future__ import annotations

from app.guide import code, customers, team
from app.guide.code import landing
from app.guide.home import blueprint

__all__ = ["blueprint", "code", "customers", "landing", "team"]
