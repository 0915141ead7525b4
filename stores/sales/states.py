"""What happened to an order after payment: shipped, received, closed. Each state once, at its first time (C11)."""
from __future__ import annotations

import datetime as dt

from sqlalchemy import select

import db
from ledger.faults import Conflict, FieldFault, InvalidInput, NotFound
from ledger.intakes import open_intake
from ledger.upsert import claim
from stores.changes import changed_customer
from stores.orders import order_state, sales_order

STATES = ("shipped", "received", "closed")


def record_state(order_no: str, state: str, at: dt.datetime, *, actor: str, now: dt.datetime) -> bool:
    """True when the state is new, False when it was known with the same time. Raises NotFound, InvalidInput, Conflict (another time)."""
    with db.transaction() as connection:
        order = connection.execute(select(sales_order.c.id, sales_order.c.customer_id, sales_order.c.paid_at).where(sales_order.c.order_no == order_no)).first()
        if order is None:
            raise NotFound(f"There is no order {order_no!r}.", code="unknown_order")
        if at < order.paid_at:
            raise InvalidInput("An order is shipped and received after it was paid.", code="state_before_order",
                               errors=[FieldFault("at", "lies before paid_at of the order")])
        known = connection.execute(select(order_state.c.at).where(order_state.c.order_id == order.id, order_state.c.state == state)).scalar()
        if known is None:
            intake_id = open_intake(connection, "states", actor, now)
            if claim(connection, order_state, {"order_id": order.id, "state": state, "at": at, "intake_id": intake_id}):
                connection.execute(changed_customer.insert().values(customer_id=order.customer_id))
                return True
            known = connection.execute(select(order_state.c.at).where(order_state.c.order_id == order.id, order_state.c.state == state)).scalar_one()
        if known != at:
            raise Conflict(f"The order is {state} since {known.isoformat()}; a state is reported once.", code="state_reused",
                           errors=[FieldFault("at", "differs from what is known")])
        return False
