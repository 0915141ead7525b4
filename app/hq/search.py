"""The search over everything that headquarters or a branch sees."""

from __future__ import annotations

from typing import Any

from app.hq.home import blueprint
from app.pages.search import search_page, suggestions
from app.web.permissions import needs


@blueprint.route("/search", methods=["GET", "POST"], strict_slashes=False)
@needs("hq:read")
def search() -> Any:
    return search_page("hq")


@blueprint.get("/suggest/<kind>", strict_slashes=False)
@needs("hq:read")
def suggest(kind: str) -> str:
    return suggestions(
        kind, ("store", "dealer", "branch", "guide", "area", "region", "channel", "any")
    )
