"""Who a guide is as a customer (B5): named by a number in the register of guides, from then on an employee, and never their own."""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Connection, update

import db
from stores import network, people, rebinding, versions
from stores.customers import customer, customer_state

CHUNK = 400


def name(connection: Connection, wanted: Iterable[int | str], now: dt.datetime) -> dict[str, int]:
    """Make employees of these customers: surrogates, and numbers that nobody has yet, whose surrogates are returned. Their next order looks at
    what is known of them."""
    several = set(wanted)
    made = people.create(connection, [[("customer_id", text)] for text in several if isinstance(text, str)], now)
    numbers = sorted({number for number in several if isinstance(number, int)} | set(made.values()))
    for start in range(0, len(numbers), CHUNK):
        part = numbers[start:start + CHUNK]
        connection.execute(update(customer).where(customer.c.id.in_(part), customer.c.employee.is_(False)).values(employee=True))
        connection.execute(update(customer_state).where(customer_state.c.customer_id.in_(part)).values(rv=customer_state.c.rv + 1))
    return made


def follow(numbers: Iterable[int], now: dt.datetime) -> None:
    """Fold the bindings of these customers anew: they turned out to be guides, or not to be the guides they were said to be."""
    wanted = sorted(set(numbers))
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start:start + CHUNK]
        with db.transaction() as connection:
            snapshot = network.snapshot(versions.current(connection))
            people.lock(connection, part)
            rebinding.rewrite(connection, rebinding.facts_of(connection, part, snapshot), rebinding.rules_of(snapshot), now)
