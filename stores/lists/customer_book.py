"""Customers as headquarters and branches look them up: the list, one of them, and his identifiers
with permission (P3, P4, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

import db
from ledger import audit
from ledger.faults import FieldFault, InvalidInput, NotFound
from stores.base.actors import Actor
from stores.base.brand import business_day, day_bounds
from stores.base.ordering import Order, ordered
from stores.base.phones import hashes, reveal
from stores.facts.binding_history import binding
from stores.facts.customers import customer, customer_identity, customer_state
from stores.facts.entries import entry
from stores.facts.orders import sales_order
from stores.network import sight
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.scope import contract_in_force, visible_guide_ids, visible_store_ids
from stores.network.stores import store
from stores.orders.scope import limit_orders
from stores.registers.takeovers import REASONS as TAKEN_OVER
from stores.routing.entry_reading import limit_entries

LONG_AGO = literal(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), db.Instant)
SORTS = {
    "customer": customer_state.c.customer_id,
    "protected_until": func.coalesce(customer_state.c.home_protected_until, LONG_AGO),
    "valid_until": func.coalesce(customer_state.c.home_valid_until, LONG_AGO),
}
BOUND = ("yes", "no", "protected", "open", "taken", "pinned", "no_switch")
REASONS = ("customer_asks", "complaint", "delivery", "data_rights", "authority", "fraud")
CASE_MAX = 40


# -- who may see whom ------------------------------------------------------------------------------


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


# -- the list --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """`bound`: one of BOUND, judged at `now`: at home somewhere or not, home protected or no
    longer, at home elsewhere before and taken over since (B4), pinned by headquarters, not allowed
    to switch. `since`: the present home began on that brand day or later. The dealer is who holds
    the home store today."""

    now: dt.datetime
    today: dt.date
    store_code: str | None = None
    dealer_code: str | None = None
    guide_code: str | None = None
    bound: str | None = None
    since: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A customer of the list. Home and owner are None when their binding is over; `bound_since`:
    when the present home began."""

    id: int
    customer_text: str
    first_seen: dt.datetime
    home: tuple[str, str] | None
    protected_until: dt.datetime | None
    valid_until: dt.datetime | None
    bound_since: dt.datetime | None
    owner: tuple[str, str] | None
    owner_protected_until: dt.datetime | None
    sort_value: Any
    sort_key: int


def total(connection: Connection, actor: Actor, wanted: CustomerFilter) -> int:
    return int(
        connection.execute(
            _wanted(select(func.count()).select_from(customer_state), actor, wanted)
        ).scalar_one()
    )


def rows(
    connection: Connection, actor: Actor, wanted: CustomerFilter, order: Order
) -> list[Listed]:
    """Sorted by a name of SORTS. The page is chosen on the narrow table of states, names are looked
    up for it alone."""
    s = customer_state.c
    seen = sight.of(actor, wanted.today)
    page = ordered(
        _wanted(select(s.customer_id.label("number")), actor, wanted), SORTS, s.customer_id, order
    ).subquery()
    ways = (
        (page.c.sort_value.desc(), page.c.sort_key.desc())
        if order.descending
        else (page.c.sort_value, page.c.sort_key)
    )
    query = (
        select(
            page.c.sort_value,
            page.c.sort_key,
            customer.c.id,
            customer.c.customer_id.label("customer_text"),
            customer.c.created_at,
            s.home_protected_until,
            s.home_valid_until,
            s.owner_protected_until,
            s.owner_valid_until,
            store.c.store_code,
            store.c.name.label("store_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
        )
        .select_from(page)
        .join(customer, customer.c.id == page.c.number)
        .join(customer_state, s.customer_id == page.c.number)
        .outerjoin(store, seen.store(store, s.home_store_id))
        .outerjoin(guide, seen.guide(guide, s.owner_guide_id))
        .order_by(*ways)
    )
    found = connection.execute(query).all()
    since = _bound_since(connection, [r.id for r in found], wanted.now)
    return [_listed(r, since.get(r.id), wanted.now) for r in found]


def _listed(r: Any, since: dt.datetime | None, now: dt.datetime) -> Listed:
    home = r.store_code is not None and r.home_valid_until is not None and r.home_valid_until > now
    owner = (
        r.guide_code is not None and r.owner_valid_until is not None and r.owner_valid_until > now
    )
    return Listed(
        r.id,
        r.customer_text,
        r.created_at,
        (r.store_code, r.store_name) if home else None,
        r.home_protected_until if home else None,
        r.home_valid_until if home else None,
        since if home else None,
        (r.guide_code, r.guide_name) if owner else None,
        r.owner_protected_until if owner else None,
        r.sort_value,
        r.sort_key,
    )


def _wanted(query: Select[Any], actor: Actor, wanted: CustomerFilter) -> Select[Any]:
    """Of other actors than headquarters: those at home in their stores, of a guide those he
    owns."""
    s, at_home = customer_state.c, customer_state.c.home_valid_until > wanted.now
    if actor.scope_kind == "guide":
        query = query.where(s.owner_guide_id == actor.scope_id, s.owner_valid_until > wanted.now)
    elif (stores := visible_store_ids(actor, wanted.today)) is not None:
        query = query.where(s.home_store_id.in_(stores), at_home)
    if wanted.store_code is not None:
        query = query.where(
            s.home_store_id
            == select(store.c.id).where(store.c.store_code == wanted.store_code).scalar_subquery(),
            at_home,
        )
    if wanted.dealer_code is not None:
        c = dealer_contract.c
        held = (
            select(c.store_id)
            .join(dealer, dealer.c.id == c.dealer_id)
            .where(dealer.c.dealer_code == wanted.dealer_code, contract_in_force(wanted.today))
        )
        query = query.where(s.home_store_id.in_(held), at_home)
    if wanted.guide_code is not None:
        query = query.where(
            s.owner_guide_id
            == select(guide.c.id).where(guide.c.guide_code == wanted.guide_code).scalar_subquery(),
            s.owner_valid_until > wanted.now,
        )
    if wanted.since is not None:
        b = binding.c
        began = select(b.customer_id).where(
            b.kind == "home",
            b.superseded_at.is_(None),
            b.started_at >= day_bounds(wanted.since)[0],
            b.started_at <= wanted.now,
            or_(b.ended_at.is_(None), b.ended_at > wanted.now),
        )
        query = query.where(s.customer_id.in_(began), at_home)
    if wanted.bound is not None:
        protected = s.home_protected_until > wanted.now
        query = query.where(
            {
                "yes": at_home,
                "no": or_(s.home_store_id.is_(None), s.home_valid_until.is_(None), ~at_home),
                "protected": at_home & protected,
                "open": at_home & ~protected,
                "taken": at_home & s.customer_id.in_(_taken(wanted.now)),
                "pinned": s.pinned_store_id.is_not(None),
                "no_switch": s.no_switch,
            }[wanted.bound]
        )
    return query


def _taken(now: dt.datetime) -> Select[Any]:
    """Customers whose home of before another store took over."""
    b = binding.c
    return select(b.customer_id).where(
        b.kind == "home", b.superseded_at.is_(None), b.end_reason.in_(TAKEN_OVER), b.ended_at <= now
    )


def _bound_since(
    connection: Connection, numbers: Sequence[int], now: dt.datetime
) -> dict[int, dt.datetime]:
    """When the home that holds now began."""
    b = binding.c
    query = select(b.customer_id, b.started_at).where(
        b.customer_id.in_(numbers),
        b.kind == "home",
        b.superseded_at.is_(None),
        b.started_at <= now,
        or_(b.ended_at.is_(None), b.ended_at > now),
    )
    return {r.customer_id: r.started_at for r in connection.execute(query)} if numbers else {}


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
