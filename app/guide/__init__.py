"""The portal of guides and store managers."""
from __future__ import annotations

from app.guide.home import blueprint

__all__ = ["blueprint"]
