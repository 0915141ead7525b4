"""The portal of guides and store managers."""
from __future__ import annotations

from app.guide import code, customers, decisions, help, moves, progress, sources, team
from app.guide.code import landing
from app.guide.home import blueprint

__all__ = ["blueprint", "code", "customers", "decisions", "help", "landing", "moves", "progress", "sources", "team"]
