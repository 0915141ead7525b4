"""The areas of the API, in the order of their documents."""

from __future__ import annotations

from app.api import (
    checkout,
    customers,
    entries,
    events,
    guides,
    network,
    offers,
    orders,
    places,
    revenue,
    rules,
    simulations,
)
from app.api.declare import Api

APIS: tuple[Api, ...] = (
    network.api,
    offers.api,
    entries.api,
    places.api,
    orders.api,
    events.api,
    revenue.api,
    guides.api,
    rules.api,
    simulations.api,
    checkout.api,
    customers.api,
)
