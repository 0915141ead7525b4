"""Two customers of the demo who are at home elsewhere and buy on three evenings in the manager's
store, so that there is a new home to approve (A14)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from sqlalchemy import case, or_, select

import db
from app.demo.arrivals import SEED
from app.demo.baskets import baskets
from app.demo.scopes import busiest
from stores.base.actors import SYSTEM
from stores.base.brand import brand, day_bounds
from stores.facts.customers import customer, customer_state
from stores.network.stores import store
from stores.orders.inputs import OrderIn
from stores.orders.writing import record_orders

REGULARS = 2
EVENING = dt.timedelta(hours=18, minutes=12)


def buy(last_day: dt.date, evenings: int) -> None:
    """Till orders on so many evenings up to the last day. A chain so young that everybody is still
    protected (B3) has no such customers."""
    end = day_bounds(last_day)[1] - dt.timedelta(seconds=1)
    days = [last_day - dt.timedelta(days=n) for n in reversed(range(evenings))]
    shop, people = _found(end, day_bounds(days[0])[0])
    supply = baskets(len(days) * len(people), last_day, np.random.default_rng([SEED, 2_000_000]))
    orders = [
        OrderIn(
            f"D{day:%y%m%d}9{n:05}",
            text,
            day_bounds(day)[0] + EVENING + dt.timedelta(minutes=7 * n),
            brand().currency,
            next(supply).lines,
            store_code=shop,
            channel="till",
            delivery="pickup",
        )
        for day in days
        for n, text in enumerate(people, 1)
    ]
    if orders:
        record_orders(orders, actor=SYSTEM.name, now=end)


def _found(end: dt.datetime, begin: dt.datetime) -> tuple[str, Sequence[str]]:
    """The manager's store, and customers whom nobody protects or guides, of the same branch if
    there are any; they did not visit a store lately."""
    s, own = customer_state.c, store.alias("own")
    with db.read() as connection:
        shop = connection.execute(select(store).where(store.c.id == busiest()["store"])).one()
        near = case((own.c.branch_id == shop.branch_id, 0), else_=1)
        query = (
            select(customer.c.customer_id)
            .join(customer_state, s.customer_id == customer.c.id)
            .join(own, own.c.id == s.home_store_id)
            .where(
                s.home_store_id != shop.id,
                s.home_valid_until > end,
                s.home_protected_until <= end,
                s.next_home_store_id.is_(None),
                s.last_store_id == s.home_store_id,
                s.last_visit_at < begin - dt.timedelta(days=1),
                s.param_guide_id.is_(None),
                or_(s.owner_guide_id.is_(None), s.owner_valid_until <= end),
                customer.c.employee.is_(False),
            )
            .order_by(near, customer.c.id)
            .limit(REGULARS)
        )
        return shop.store_code, connection.execute(query).scalars().all()
