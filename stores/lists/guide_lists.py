"""Guides as a list: filtered, sorted, page by page; only rows the actor sees (P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from stores.base.actors import Actor
from stores.base.ordering import Order, ordered
from stores.facts.customers import customer_state
from stores.lists.directory import below
from stores.lists.network_lists import ANCIENT, named_text
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.found_by import holds
from stores.network.guides import guide
from stores.network.scope import (
    contract_in_force,
    visible_guide_ids,
)
from stores.network.stores import store

GUIDE_STATES = ("present", "left", "leaving", "to_come")


@dataclass(frozen=True, slots=True)
class GuideFilter:
    """`state`: present (at work today), left, leaving (last day known and to come), to_come.
    `unlinked`: no WeCom account named."""

    today: dt.date
    words: str | None = None
    store_code: str | None = None
    dealer_code: str | None = None
    branch_code: str | None = None
    role: str | None = None
    state: str | None = None
    unlinked: bool = False


def _guides(query: Select[Any], actor: Actor, wanted: GuideFilter) -> Select[Any]:
    g, visible, today = guide.c, visible_guide_ids(actor, wanted.today), wanted.today
    query = (
        query.join(store, store.c.id == g.store_id)
        .outerjoin(
            dealer_contract, (dealer_contract.c.store_id == store.c.id) & contract_in_force(today)
        )
        .outerjoin(dealer, dealer.c.id == dealer_contract.c.dealer_id)
    )
    states = {
        "present": and_(
            or_(g.hired_on.is_(None), g.hired_on <= today),
            or_(g.left_on.is_(None), g.left_on >= today),
        ),
        "left": g.left_on < today,
        "leaving": g.left_on >= today,
        "to_come": g.hired_on > today,
    }
    limits = [
        (visible is not None, lambda: g.id.in_(visible)),
        (wanted.words, lambda: holds(str(wanted.words), g.folded)),
        (wanted.store_code, lambda: store.c.store_code == wanted.store_code),
        (wanted.dealer_code, lambda: dealer.c.dealer_code == wanted.dealer_code),
        (wanted.branch_code, lambda: store.c.branch_id.in_(below(str(wanted.branch_code)))),
        (wanted.role, lambda: g.role == wanted.role),
        (wanted.state in states, lambda: states[str(wanted.state)]),
        (wanted.unlinked, lambda: g.wecom_userid.is_(None)),
    ]
    return query.where(*(condition() for asked, condition in limits if asked))


def guides(
    connection: Connection, actor: Actor, wanted: GuideFilter, now: dt.datetime, order: Order
) -> Sequence[Row[Any]]:
    """`customers`: whom the guide owns now (B1); dealer of today."""
    g, s = guide.c, customer_state.c
    owned = (
        select(func.count())
        .where(s.owner_guide_id == g.id, s.owner_valid_until > now)
        .correlate(guide)
        .scalar_subquery()
    )
    query = select(
        g.id,
        g.guide_code,
        g.name,
        g.role,
        g.hired_on,
        g.left_on,
        g.wecom_userid,
        store.c.store_code,
        store.c.name.label("store_name"),
        dealer.c.dealer_code,
        dealer.c.name.label("dealer_name"),
        owned.label("customers"),
    ).select_from(guide)
    sorts = {
        "guide": g.guide_code,
        "name": g.name,
        "role": g.role,
        "store": store.c.store_code,
        "dealer": named_text(dealer.c.dealer_code),
        "hired_on": func.coalesce(g.hired_on, ANCIENT),
        "left_on": func.coalesce(g.left_on, dt.date.max),
    }
    return connection.execute(ordered(_guides(query, actor, wanted), sorts, g.id, order)).all()


def guide_count(connection: Connection, actor: Actor, wanted: GuideFilter) -> int:
    return int(
        connection.execute(
            _guides(select(func.count()).select_from(guide), actor, wanted)
        ).scalar_one()
    )
