"""The first page of guides and store managers."""
from __future__ import annotations

from flask import Blueprint, render_template

from app.permissions import needs

blueprint = Blueprint("guide", __name__, url_prefix="/guide")


@blueprint.get("/", strict_slashes=False)
@needs("guide:read")
def home() -> str:
    return render_template("guide/home.html")
