"""Customers' rights: deletion (P5)."""
from __future__ import annotations

import datetime as dt
from typing import Any

from app.api.declare import Api
from app.api.entries import whole_chain
from app.api.types import Answer
from stores.actors import Actor
from stores.erasure import erase_customer

api = Api("Customers")


class ErasedOut(Answer):
    identities: int
    points: int
    traces: int


@api.call("DELETE", "/customers/<customer_id>", permission="customer:erase", answers={200: ErasedOut},
          summary="Forget who a customer is; orders, rewards and books keep their sums. Cannot be undone.")
def delete_customer(actor: Actor, customer_id: str) -> tuple[int, Any]:
    whole_chain(actor)
    done = erase_customer(customer_id, actor=actor, now=dt.datetime.now(dt.UTC))
    return 200, {"identities": done.identities, "points": done.points, "traces": done.traces}
