"""Orders and refunds of the chain or a branch, and the ledger lines behind figures."""

from __future__ import annotations

from typing import Any

from app.hq.home import blueprint
from app.pages import orders as order_pages
from app.web.permissions import needs


@blueprint.get("/orders", strict_slashes=False)
@needs("hq:read")
def orders() -> Any:
    return order_pages.order_list("hq")


@blueprint.get("/orders/<order_no>", strict_slashes=False)
@needs("hq:read")
def order(order_no: str) -> str:
    return order_pages.order_page("hq", order_no)


@blueprint.get("/refunds", strict_slashes=False)
@needs("hq:read")
def refunds() -> Any:
    return order_pages.refund_list("hq")


@blueprint.get("/ledger/<figure>", strict_slashes=False)
@needs("hq:read")
def movements(figure: str) -> str:
    return order_pages.movement_list("hq", figure)
