"""What a dealer's tests do and read: hand-overs, customers' numbers, money and revenue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import db
from app.accounts import api_keys
from app.ui.words import money
from stores.base.actors import COMMAND_LINE
from stores.customers.event_intake import EventIn, record_events
from stores.customers.people import by_customer_id
from stores.network.scope import find_scope

if TYPE_CHECKING:
    from tests.app.pages.conftest import Chain


def yuan(minor: int) -> str:
    return money(minor, "CNY", 2)


def hands_over(chain: Chain, customer: str, giver: str, taker: str, days_ago: int) -> None:
    at = chain.noon(days_ago)
    record_events(
        [
            EventIn(
                f"over-{customer}-{taker}",
                "contact.transferred",
                at,
                taker,
                customer,
                payload={"from_guide_code": giver, "state": "done"},
            )
        ],
        actor="test",
        now=at,
    )


def customer_number(customer: str) -> int:
    with db.read() as connection:
        return by_customer_id(connection, [customer])[customer].id


def revenue_of(chain: Chain, **query: str) -> dict[str, Any]:
    with db.read() as connection:
        dealer_id = find_scope(connection, "dealer", "D1")
    key = api_keys.create_key(
        "reader", "read", by=COMMAND_LINE, limit_kind="dealer", limit_id=dealer_id
    )
    return (
        chain.house.stranger()
        .get(
            "/api/v1/dealers/D1/revenue",
            query_string=query,
            headers={"Authorization": f"Bearer {key}"},
        )
        .json
    )


def text_of(column: Any) -> Any:
    from sqlalchemy import String, cast

    return cast(column, String)
