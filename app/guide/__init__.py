"""The portal of guides and store managers."""

from __future__ import annotations

from app.guide import code, customers, decisions, help, home, moves, progress, sources, team
from app.guide.code import landing
from app.guide.portal import blueprint

__all__ = [
    "blueprint",
    "code",
    "customers",
    "decisions",
    "help",
    "home",
    "landing",
    "moves",
    "progress",
    "sources",
    "team",
]
