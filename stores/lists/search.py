"""One search over stores, dealers, branches, guides, orders, refunds, entries and customers; only
the actor's rows (P6).

By words: what is named by code or name. By exact number: orders, refunds, entries, customers, whose
look-up is written to the audit log (H2)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, func, literal, or_, select

from stores.base.actors import Actor
from stores.base.folding import fold
from stores.facts.orders import sales_order
from stores.facts.refunds import refund
from stores.geo.regions import full_name, regions
from stores.geo.territories import area
from stores.lists import customer_look_up, places
from stores.network.branches import branch
from stores.network.channels import channel
from stores.network.dealers import dealer
from stores.network.found_by import holds, holds_code
from stores.network.guides import guide
from stores.network.scope import (
    visible_branch_ids,
    visible_dealer_ids,
    visible_guide_ids,
    visible_store_ids,
)
from stores.network.stores import store
from stores.orders.scope import limit_orders
from stores.routing import entry_reading

EACH, SUGGESTED = 5, 20
SHORTEST, LONGEST = 2, 128
KINDS = ("store", "dealer", "branch", "guide", "order", "refund", "entry", "customer")
_ENTRY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Hit:
    """`key` opens it: a code, an order number, an entry id, a customer's surrogate. `code` is shown
    beside `name`; of a customer masked by the page."""

    kind: str
    key: str
    name: str
    code: str = ""
    beside: str = ""
    at: dt.datetime | None = None
    minor: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """`more`: kinds of which there are more than EACH. `looked_up`: (surrogate, kind of identifier)
    to be written to the audit log."""

    hits: tuple[Hit, ...]
    more: frozenset[str]
    looked_up: tuple[int, str] | None

    def without_customer(self) -> Found:
        return Found(tuple(hit for hit in self.hits if hit.kind != "customer"), self.more, None)


def find(
    connection: Connection,
    actor: Actor,
    text: str,
    now: dt.datetime,
    today: dt.date,
    people: bool = False,
) -> Found:
    """At most EACH of a kind, exact codes first; customers only if `people`. Nothing for fewer than
    two characters."""
    text = text.strip()
    if not SHORTEST <= len(text) <= LONGEST or "\x00" in text:
        return Found((), frozenset(), None)
    hits: list[Hit] = []
    more: set[str] = set()
    for kind, query in (
        _by_words(actor, text, today) if len(fold(text)) >= SHORTEST else ()
    ):  # `O-` is one letter
        rows = connection.execute(query.limit(EACH + 1)).all()
        hits += [Hit(kind, r.code, r.name, r.code, r.beside or "") for r in rows[:EACH]]
        if len(rows) > EACH:
            more.add(kind)
    hits += _by_number(connection, actor, text)
    met = (
        customer_look_up.look_up(connection, actor, text, now, today)
        if people and actor.may("customer:read")
        else None
    )
    if met is not None:
        hits.append(
            Hit("customer", str(met[1].id), met[1].customer_text, beside=met[1].store_name or "")
        )
    return Found(tuple(hits), frozenset(more), (met[1].id, met[0]) if met is not None else None)


def suggest(
    connection: Connection, actor: Actor, kind: str, text: str, today: dt.date
) -> list[tuple[str, str]]:
    """(code, name) of at most SUGGESTED of the actor's rows whose code or name holds `text`, exact
    codes first; the first by code for no text.

    `kind`: store, dealer, branch or guide; "any": of each of them, then of few each; area, channel,
    region. Nothing for another kind."""
    text = text.strip()
    if len(text) > LONGEST or "\x00" in text:
        return []
    if kind == "region":
        return [
            (each.code, full_name(each.code))
            for each in regions().values()
            if text in each.code or fold(text) in fold(each.name)
        ][:SUGGESTED]
    if kind == "area":
        return [
            (r.code, r.name or "")
            for r in connection.execute(_areas(actor, text, today).limit(SUGGESTED))
        ]
    if kind == "channel":
        return [
            (r.code, " · ".join(filter(None, (r.guide_name, r.store_name))))
            for r in connection.execute(_channels(actor, text, today).limit(SUGGESTED))
        ]
    limit = EACH if kind == "any" else SUGGESTED
    found: list[tuple[str, str]] = []
    for each, query in _by_words(actor, text, today):
        if kind in (each, "any"):
            found += [(r.code, r.name) for r in connection.execute(query.limit(limit))]
    return found


def _by_words(actor: Actor, text: str, today: dt.date) -> list[tuple[str, Select[Any]]]:
    kinds = [
        (
            "store",
            select(store.c.store_code.label("code"), store.c.name, store.c.address.label("beside")),
            store,
            visible_store_ids(actor, today),
        ),
        (
            "dealer",
            select(
                dealer.c.dealer_code.label("code"), dealer.c.name, branch.c.name.label("beside")
            ).outerjoin(branch, branch.c.id == dealer.c.branch_id),
            dealer,
            visible_dealer_ids(actor, today),
        ),
        (
            "branch",
            select(branch.c.branch_code.label("code"), branch.c.name, literal("").label("beside")),
            branch,
            visible_branch_ids(actor),
        ),
        (
            "guide",
            select(
                guide.c.guide_code.label("code"), guide.c.name, store.c.name.label("beside")
            ).join(store, store.c.id == guide.c.store_id),
            guide,
            visible_guide_ids(actor, today),
        ),
    ]
    found = []
    for kind, query, table, visible in kinds:
        code = table.c[f"{kind}_code"]
        query = query.where(holds(text, table.c.folded))
        if visible is not None:
            query = query.where(table.c.id.in_(visible))
        found.append((kind, query.order_by(case((code == text, 0), else_=1), code)))
    return found


def _areas(actor: Actor, text: str, today: dt.date) -> Select[Any]:
    """By their code, or by the dealer or store they belong to."""
    name = func.coalesce(dealer.c.name, store.c.name)
    query = places.areas_seen(
        select(area.c.area_code.label("code"), name.label("name")), actor, today
    )
    return query.where(
        or_(holds_code(text, area.c.area_code), holds(text, dealer.c.folded, store.c.folded))
    ).order_by(case((area.c.area_code == text, 0), else_=1), area.c.area_code)


def _channels(actor: Actor, text: str, today: dt.date) -> Select[Any]:
    """With the guide and the store they lead to, by whose names they are found too; of other actors
    than headquarters those of their own stores."""
    c = channel.c
    query = (
        select(
            c.channel_code.label("code"),
            store.c.name.label("store_name"),
            guide.c.name.label("guide_name"),
        )
        .outerjoin(guide, guide.c.id == c.guide_id)
        .outerjoin(store, store.c.id == func.coalesce(c.store_id, guide.c.store_id))
    )
    if (visible := visible_store_ids(actor, today)) is not None:
        query = query.where(store.c.id.in_(visible))
    return query.where(
        or_(holds_code(text, c.channel_code), holds(text, store.c.folded, guide.c.folded))
    ).order_by(case((c.channel_code == text, 0), else_=1), c.channel_code)


def _by_number(connection: Connection, actor: Actor, text: str) -> list[Hit]:
    o, r = sales_order.c, refund.c
    hits = []
    if actor.may("order:read"):
        order = connection.execute(
            limit_orders(
                select(o.order_no, o.paid_at, o.total_minor, store.c.name).outerjoin(
                    store, store.c.id == o.store_id
                ),
                actor,
            ).where(o.order_no == text)
        ).first()
        if order is not None:
            hits.append(
                Hit(
                    "order",
                    order.order_no,
                    order.order_no,
                    beside=order.name or "",
                    at=order.paid_at,
                    minor=order.total_minor,
                )
            )
        back = connection.execute(
            limit_orders(
                select(r.refund_no, r.refunded_at, r.total_minor, o.order_no).join(
                    sales_order, o.id == r.order_id
                ),
                actor,
            ).where(r.refund_no == text)
        ).first()
        if back is not None:
            hits.append(
                Hit(
                    "refund",
                    back.order_no,
                    back.refund_no,
                    beside=back.order_no,
                    at=back.refunded_at,
                    minor=back.total_minor,
                )
            )
    if actor.may("entry:read") and _ENTRY_ID.fullmatch(text.lower()):
        entry = entry_reading.find(connection, text.lower(), actor)
        if entry is not None:
            hits.append(
                Hit(
                    "entry",
                    entry.entry_id,
                    entry.store_name or entry.rung,
                    beside=entry.rung,
                    at=entry.occurred_at,
                )
            )
    return hits
