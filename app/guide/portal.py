"""The blueprint of the portal of guides and store managers."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("guide", __name__, url_prefix="/guide")
