"""The first page of headquarters and branches."""
from __future__ import annotations

from flask import Blueprint, render_template

from app.permissions import needs

blueprint = Blueprint("hq", __name__, url_prefix="/hq")


@blueprint.get("/", strict_slashes=False)
@needs("hq:read")
def home() -> str:
    return render_template("hq/home.html")
