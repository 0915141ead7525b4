"""The first page of dealers."""
from __future__ import annotations

from flask import Blueprint, render_template

from app.permissions import needs

blueprint = Blueprint("dealer", __name__, url_prefix="/dealer")


@blueprint.get("/", strict_slashes=False)
@needs("dealer:read")
def home() -> str:
    return render_template("dealer/home.html")
