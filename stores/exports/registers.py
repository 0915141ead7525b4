"""Branches, dealers, stores, guides, areas, offers and customers as rows of their files; only those
the actor sees (P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, and_, select

from stores.base.actors import Actor
from stores.facts.customers import customer, customer_identity
from stores.imports.columns import COLUMNS
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.offers import known_at, store_offer
from stores.network.scope import visible_store_ids
from stores.network.stores import store
from stores.registers import lists
from stores.registers.customer_plan import LINKS
from stores.registers.proposals import cell

CHUNK = 1_000


def rows(
    connection: Connection, kind: str, actor: Actor, today: dt.date
) -> Iterator[dict[str, str]]:
    """Cells by column of branches, dealers, stores, guides or terms, in the order of their
    codes."""
    names, key = [column.name for column in COLUMNS[kind]], COLUMNS[kind][0].name
    for some in _pages(connection, kind, actor, today, key):
        if kind == "stores":
            _name_coming_dealers(connection, some)
        for row in some:
            yield {name: cell(row[name]) for name in names if name in row}


def _pages(
    connection: Connection, kind: str, actor: Actor, today: dt.date, key: str
) -> Iterator[list[dict[str, Any]]]:
    after: str | None = None
    while some := lists.rows(connection, kind, actor, today, after, CHUNK):
        yield some
        after = some[-1][key]


def _name_coming_dealers(connection: Connection, some: Sequence[dict[str, Any]]) -> None:
    """A store whose first contract is to come has no dealer today; its file names the one that was
    agreed."""
    without = {row["store_code"]: row for row in some if row["dealer_code"] is None}
    if without:
        c = dealer_contract.c
        query = (
            select(store.c.store_code, dealer.c.dealer_code, c.valid_from)
            .join(store, store.c.id == c.store_id)
            .join(dealer, dealer.c.id == c.dealer_id)
            .where(c.version_to.is_(None), store.c.store_code.in_(without))
            .order_by(c.valid_from)
        )
        for code, dealer_code, start in connection.execute(query):
            without[code] |= {"dealer_code": dealer_code, "contract_from": start}


def features(connection: Connection, actor: Actor, today: dt.date) -> Iterator[dict[str, Any]]:
    """Areas as GeoJSON features in WGS-84; what is empty is left out."""
    for some in _pages(connection, "areas", actor, today, "area_code"):
        for row in some:
            said = {
                name: value.isoformat() if isinstance(value, dt.date) else value
                for name, value in row.items()
                if name != "geometry" and value
            }
            yield {"type": "Feature", "properties": said, "geometry": row["geometry"]}


def offers(connection: Connection, actor: Actor, today: dt.date) -> Iterator[dict[str, str]]:
    o, after, visible = store_offer.c, 0, visible_store_ids(actor, today)
    query = (
        select(
            o.id, store.c.store_code, o.kind, o.reference, o.switched_on, o.valid_from, o.valid_to
        )
        .join(store, store.c.id == o.store_id)
        .where(known_at(None))
    )
    query = query if visible is None else query.where(o.store_id.in_(visible))
    while some := connection.execute(query.where(o.id > after).order_by(o.id).limit(CHUNK)).all():
        for row in some:
            yield {
                "store_code": row.store_code,
                "kind": row.kind,
                "reference": row.reference,
                "switch": "on" if row.switched_on else "off",
                "valid_from": cell(row.valid_from),
                "valid_to": cell(row.valid_to),
            }
        after = some[-1].id


def customers(connection: Connection, actor: Actor) -> Iterator[dict[str, str]]:
    """Everybody who still has a number (the erased have none), with one identity of each kind.
    Telephones stay where they are: to read one is a deed with a reason (P3), and a file without the
    column keeps them. Raises NotAllowed."""
    actor.require("customer:reveal")
    c, i, after = customer.c, customer_identity.c, 0
    query = select(c.id, c.customer_id, c.employee).join(
        customer_identity,
        and_(i.customer_id == c.id, i.kind == "customer_id", i.value == c.customer_id),
    )
    while some := connection.execute(query.where(c.id > after).order_by(c.id).limit(CHUNK)).all():
        links: dict[tuple[int, str], str] = {}
        named = (
            select(i.customer_id, i.kind, i.value)
            .where(i.customer_id.in_([row.id for row in some]), i.kind.in_(LINKS))
            .order_by(i.value)
        )
        for owner, kind, value in connection.execute(named):
            links.setdefault((owner, kind), value)
        for row in some:
            yield {
                "customer_id": row.customer_id,
                **{kind: links.get((row.id, kind), "") for kind in LINKS},
                "employee": "yes" if row.employee else "no",
            }
        after = some[-1].id
