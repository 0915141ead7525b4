"""One customer as headquarters and branches look him up: who may see him, by what he is called,
and his identifiers with permission (P3, P4, P6)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    exists,
    false,
    func,
    or_,
    select,
    true,
)

import db
from ledger import audit
from ledger.faults import FieldFault, InvalidInput, NotFound
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.base.phones import hashes, reveal
from stores.facts.customers import customer, customer_identity, customer_state
from stores.facts.entries import entry
from stores.facts.orders import sales_order
from stores.network.guides import guide
from stores.network.scope import visible_guide_ids, visible_store_ids
from stores.network.stores import store
from stores.orders.scope import limit_orders
from stores.routing.entry_reading import limit_entries

REASONS = ("customer_asks", "complaint", "delivery", "data_rights", "authority", "fraud")
CASE_MAX = 40


def visible(actor: Actor, now: dt.datetime, today: dt.date) -> ColumnElement[bool]:
    """A condition on `customer_state`. Headquarters see everybody; a guide whom he owns; a dealer,
    branch or store who is at home or bought there, a branch also who was led there (P4)."""
    s = customer_state.c
    if actor.scope_kind == "all":
        return true()
    if actor.scope_kind == "guide":
        return (s.owner_guide_id == actor.scope_id) & (s.owner_valid_until > now)
    stores = visible_store_ids(actor, today)
    if stores is None or actor.scope_kind not in ("dealer", "branch", "store"):
        return false()
    conditions = [
        s.home_store_id.in_(stores) & (s.home_valid_until > now),
        exists(
            limit_orders(
                select(sales_order.c.id).where(sales_order.c.customer_id == s.customer_id), actor
            )
        ),
    ]
    if actor.scope_kind == "branch":
        conditions.append(
            exists(
                limit_entries(select(entry.c.id).where(entry.c.customer_id == s.customer_id), actor)
            )
        )
    return or_(*conditions)


def find(
    connection: Connection, actor: Actor, number: int, now: dt.datetime, today: dt.date
) -> Row[Any] | None:
    """The customer by surrogate with his state and the names of home store, next home and owner;
    None when unknown or not the actor's to see. Stores and guides beyond his rows are not named."""
    seen_stores, seen_guides = visible_store_ids(actor, today), visible_guide_ids(actor, today)

    def named(table: Any, key: Any) -> ColumnElement[bool]:
        within = seen_guides if table is guide else seen_stores
        return (
            (table.c.id == key) if within is None else (table.c.id == key) & table.c.id.in_(within)
        )

    s, waiting, last, pinned, chosen = (
        customer_state.c,
        store.alias("waiting"),
        store.alias("last"),
        store.alias("pinned"),
        store.alias("chosen"),
    )
    query = (
        select(
            customer.c.id,
            customer.c.customer_id.label("customer_text"),
            customer.c.employee,
            customer.c.created_at,
            *(column for column in s if column.name != "customer_id"),
            store.c.store_code,
            store.c.name.label("store_name"),
            waiting.c.store_code.label("next_code"),
            waiting.c.name.label("next_name"),
            last.c.store_code.label("last_code"),
            last.c.name.label("last_name"),
            pinned.c.store_code.label("pinned_code"),
            pinned.c.name.label("pinned_name"),
            chosen.c.store_code.label("chosen_code"),
            chosen.c.name.label("chosen_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
        )
        .join(customer_state, s.customer_id == customer.c.id)
        .outerjoin(store, named(store, s.home_store_id))
        .outerjoin(waiting, named(waiting, s.next_home_store_id))
        .outerjoin(last, named(last, s.last_store_id))
        .outerjoin(pinned, named(pinned, s.pinned_store_id))
        .outerjoin(chosen, named(chosen, s.manual_store_id))
        .outerjoin(guide, named(guide, s.owner_guide_id))
    )
    return connection.execute(
        query.where(customer.c.id == number, visible(actor, now, today))
    ).first()


# -- by what he is called --------------------------------------------------------------------------


def look_up(
    connection: Connection, actor: Actor, text: str, now: dt.datetime, today: dt.date
) -> tuple[str, Row[Any]] | None:
    """(`customer_id` or `phone`, the customer) by an exact customer_id or telephone number, within
    the actor's rows. Write it to the audit log."""
    i, s = customer_identity.c, customer_state.c
    keys = [("customer_id", text)] + (
        [("phone", each) for each in hashes(text)] if sum(c.isdigit() for c in text) >= 7 else []
    )
    query = (
        select(
            i.kind,
            customer.c.id,
            customer.c.customer_id.label("customer_text"),
            store.c.name.label("store_name"),
        )
        .join(customer, customer.c.id == i.customer_id)
        .join(customer_state, s.customer_id == customer.c.id)
        .outerjoin(store, store.c.id == s.home_store_id)
        .where(
            or_(*((i.kind == kind) & (i.value == value) for kind, value in keys)),
            visible(actor, now, today),
        )
        .order_by(i.kind)
        .limit(1)
    )
    row = connection.execute(query).first()
    return (row.kind, row) if row is not None else None


def note_look_up(actor: Actor, number: int, by: str, now: dt.datetime) -> None:
    """Who looked for whom, by which kind of identifier (H2)."""
    with db.transaction() as connection:
        audit.record(
            connection, actor.name, "look_up_customer", "customer", number, {"by": by}, at=now
        )


def kinds_of(connection: Connection, number: int) -> dict[str, int]:
    """How many identifiers of each kind are known, not which."""
    i = customer_identity.c
    return {
        r.kind: int(r.n)
        for r in connection.execute(
            select(i.kind, func.count().label("n")).where(i.customer_id == number).group_by(i.kind)
        )
    }


def identifiers(
    number: int, *, reason: str, case: str, actor: Actor, now: dt.datetime
) -> list[tuple[str, str | None]]:
    """(kind, value) of all identifiers of a customer, in the clear, written to the audit log with
    the reason and a case number (P3, P7).

    A telephone number that another key sealed is None. Raises NotAllowed, NotFound,
    InvalidInput."""
    actor.require("customer:reveal")
    i = customer_identity.c
    with db.transaction() as connection:
        if find(connection, actor, number, now, business_day(now)) is None:
            raise NotFound(f"There is no customer {number}.")
        if reason not in REASONS:
            raise InvalidInput(
                "Say why the identifiers are needed.", errors=[FieldFault("reason", "is required")]
            )
        if len(case) > CASE_MAX or not all(
            c.isascii() and (c.isalnum() or c in "-_/#.") for c in case
        ):
            raise InvalidInput(
                f"A case number has at most {CASE_MAX} letters, digits and -_/#. characters.",
                errors=[FieldFault("case", "is no case number")],
            )
        held = connection.execute(
            select(i.kind, i.value, i.cipher)
            .where(i.customer_id == number)
            .order_by(i.kind, i.value)
        ).all()
        audit.record(
            connection,
            actor.name,
            "reveal_customer",
            "customer",
            number,
            {"reason": reason, "case": case, "identifiers": len(held)},
            at=now,
        )
    return [(r.kind, r.value if r.kind != "phone" else _number(r.cipher)) for r in held]


def _number(cipher: bytes | None) -> str | None:
    try:
        return reveal(cipher) if cipher is not None else None
    except InvalidTag:
        return None
