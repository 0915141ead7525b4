"""A dealer's orders and refunds, and the ledger lines behind his figures."""

from __future__ import annotations

from typing import Any

from app.dealer.home import blueprint
from app.pages import orders as order_pages
from app.web.permissions import needs


@blueprint.get("/orders", strict_slashes=False)
@needs("dealer:read")
def orders() -> Any:
    return order_pages.order_list("dealer")


@blueprint.get("/orders/<order_no>", strict_slashes=False)
@needs("dealer:read")
def order(order_no: str) -> str:
    return order_pages.order_page("dealer", order_no)


@blueprint.get("/refunds", strict_slashes=False)
@needs("dealer:read")
def refunds() -> Any:
    return order_pages.refund_list("dealer")


@blueprint.get("/ledger/<figure>", strict_slashes=False)
@needs("dealer:read")
def movements(figure: str) -> str:
    return order_pages.movement_list("dealer", figure)
