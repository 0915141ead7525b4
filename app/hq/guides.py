"""One guide's rewards, as headquarters sees them."""
from __future__ import annotations

from app import reward_pages
from app.hq.home import blueprint
from app.permissions import needs


@blueprint.get("/guides/<code>", strict_slashes=False)
@needs("hq:read")
def guide(code: str) -> str:
    return reward_pages.guide_page("hq/guide.html", code)
