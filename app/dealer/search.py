"""A dealer's search over what is his."""

from __future__ import annotations

from typing import Any

from app.dealer.home import blueprint
from app.pages.search import search_page, suggestions
from app.web.permissions import needs


@blueprint.route("/search", methods=["GET", "POST"], strict_slashes=False)
@needs("dealer:read")
def search() -> Any:
    return search_page("dealer")


@blueprint.get("/suggest/<kind>", strict_slashes=False)
@needs("dealer:read")
def suggest(kind: str) -> str:
    return suggestions(kind, ("store", "guide", "channel"))
