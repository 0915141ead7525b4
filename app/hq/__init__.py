"""The portal of headquarters and branches."""
from __future__ import annotations

from app.hq import samples
from app.hq.home import blueprint

__all__ = ["blueprint", "samples"]
