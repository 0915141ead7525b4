"""A till that sends its sales by HTTP, and what a refusal of them says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import config
from app.accounts import api_keys
from stores.base.actors import COMMAND_LINE
from tests.app.conftest import installed
from tests.network import Network
from tests.stores.orders.shop import HERE, Shop

SECRET = "for tests alone, thirty-two characters"


class Till:
    """The real application, asked as an integrator asks it."""

    def __init__(self, url: str, folder: Path):
        self.app = installed(
            config.load(
                {
                    "DATABASE_URL": url,
                    "SECRET_KEY": SECRET,
                    "INSTANCE_PATH": str(folder),
                    "LOG_LEVEL": "WARNING",
                }
            )
        )
        network = Network()
        network.begin()
        self.shop = Shop(network)
        self.client = self.app.test_client()
        self.key = api_keys.create_key("till", "admin", by=COMMAND_LINE)

    def call(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        headers = {
            "Authorization": f"Bearer {self.key}",
            **({"Idempotency-Key": key} if key else {}),
        }
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=headers)

    def sells(
        self,
        order_no: str,
        amount: int = 29_900,
        at: str = "2025-03-01T02:00:00Z",
        near: str | None = "S1",
        key: str | None = None,
        **more: Any,
    ) -> Any:
        place = (
            {"location": dict(zip(("latitude", "longitude"), HERE[near], strict=True), crs="wgs84")}
            if near
            else {}
        )
        return self.call(
            "POST",
            "/orders",
            {
                "order_no": order_no,
                "customer_id": "c1",
                "paid_at": at,
                "currency": "CNY",
                "lines": [{"line_no": 1, "quantity": 1, "amount_minor": amount}],
                **place,
                **more,
            },
            key,
        )

    def takes_back(
        self,
        order_no: str,
        refund_no: str,
        amount: int,
        at: str = "2025-03-02T02:00:00Z",
        key: str | None = None,
    ) -> Any:
        return self.call(
            "POST",
            f"/orders/{order_no}/refunds",
            {
                "refund_no": refund_no,
                "refunded_at": at,
                "lines": [{"line_no": 1, "amount_minor": amount}],
            },
            key,
        )

    def revenue(
        self, path: str, by: str = "day", first: str = "2025-01-01", last: str = "2025-12-31"
    ) -> dict[str, Any]:
        answer = self.call("GET", f"/{path}/revenue?from={first}&to={last}&by={by}")
        assert answer.status_code == 200, answer.text
        return answer.json


def refusal(answer: Any, status: int, code: str, field: str) -> None:
    problem = answer.json
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), (
        answer.text
    )
    assert (
        problem["code"] == code
        and field in [e["field"] for e in problem["errors"]]
        and len(problem["detail"]) > 30
    )
