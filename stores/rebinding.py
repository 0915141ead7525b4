"""Keeping bindings in step with facts: load a customer's binding facts, fold them, write what changed (B1-B5)."""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from ledger.bulk import insert_rows
from stores.binding_history import binding
from stores.bindings import Binding, BindingFact, Rules, in_force, timeline
from stores.brand import business_day
from stores.customers import customer_state
from stores.events import event
from stores.orders import sales_order
from stores.policy import Policy
from stores.snapshot import Snapshot

CHUNK = 500
_KINDS = {"contact.confirmed": "confirmed", "contact.deleted_by_customer": "deleted", "contact.transferred": "transferred"}
MOVED = ("requested", "waiting", "done", None)  # B11: a refused transfer moves nobody


@dataclass(frozen=True, slots=True)
class Held:
    """The bindings in force at one moment."""

    home: Binding | None
    owner: Binding | None


def rules_of(policy: Policy) -> Rules:
    return Rules(policy.protection_days, policy.validity_days, policy.snatch_policy)


def held_at(facts: Iterable[BindingFact], policy: Policy, at: dt.datetime) -> Held:
    """What binds the customer at `at`, from the facts up to then."""
    known = timeline((f for f in facts if f.at <= at), rules_of(policy))
    return Held(in_force(known, "home", at), in_force(known, "owner", at))


def facts_of(connection: Connection, customers: Iterable[int], snapshot: Snapshot) -> dict[int, list[BindingFact]]:
    """Every binding fact of these customers, from events and orders."""
    found: dict[int, list[BindingFact]] = {c: [] for c in customers}
    for part in _chunks(sorted(found)):
        rows = connection.execute(select(event.c.customer_id, event.c.type, event.c.occurred_at, event.c.id, event.c.guide_id, event.c.transfer_state)
                                  .where(event.c.customer_id.in_(part), event.c.type.in_(list(_KINDS))))
        for r in rows:
            if r.type != "contact.transferred" or r.transfer_state in MOVED:
                found[r.customer_id].append(event_fact(r.type, r.occurred_at, r.id, r.guide_id, snapshot))
        o = sales_order.c
        for r in connection.execute(select(o.customer_id, o.paid_at, o.id, o.link_guide_id, o.store_id, o.guide_id).where(o.customer_id.in_(part))):
            found[r.customer_id].append(order_fact(r.paid_at, r.id, r.link_guide_id, r.store_id, r.guide_id, snapshot))
    return found


def event_fact(type_: str, at: dt.datetime, source_id: int, guide_id: int | None, snapshot: Snapshot) -> BindingFact:
    return BindingFact(at, _KINDS[type_], source_id, guide_id=guide_id, guide_store_id=_store_of(snapshot, guide_id, at))


def order_fact(at: dt.datetime, source_id: int, link_guide_id: int | None, store_id: int | None, guide_id: int | None, snapshot: Snapshot) -> BindingFact:
    return BindingFact(at, "order", source_id, guide_id=link_guide_id, guide_store_id=_store_of(snapshot, link_guide_id, at), store_id=store_id,
                       credited_guide_id=guide_id)


def binds(type_: str) -> bool:
    """Whether events of this type are binding facts."""
    return type_ in _KINDS


def _store_of(snapshot: Snapshot, guide_id: int | None, at: dt.datetime) -> int | None:
    guide = snapshot.guides.get(guide_id) if guide_id is not None else None
    return guide.store_on(business_day(at)) if guide else None


def rewrite(connection: Connection, facts: Mapping[int, list[BindingFact]], policy: Policy, now: dt.datetime) -> None:
    """Bring stored bindings and the customers' state in step with these complete sets of facts. The caller holds the state rows."""
    wanted = {customer: timeline(known, rules_of(policy)) for customer, known in facts.items()}
    gone: list[int] = []
    new: list[dict[str, object]] = []
    for part in _chunks(sorted(wanted)):
        stored: dict[int, dict[tuple[object, ...], int]] = {}
        for r in connection.execute(select(binding).where(binding.c.customer_id.in_(part), binding.c.superseded_at.is_(None))):
            stored.setdefault(r.customer_id, {})[_key(r)] = r.id
        for customer in part:
            have = stored.get(customer, {})
            keep = {_key(b) for b in wanted[customer]}
            gone += [row for key, row in have.items() if key not in keep]
            new += [_row(customer, b, now) for b in wanted[customer] if _key(b) not in have]
    for part in _chunks(gone):
        connection.execute(update(binding).where(binding.c.id.in_(part)).values(superseded_at=now))
    insert_rows(connection, binding, new)
    _write_states(connection, wanted, now)


def _write_states(connection: Connection, wanted: Mapping[int, list[Binding]], now: dt.datetime) -> None:
    rows = []
    for customer, known in wanted.items():
        home, owner = (in_force(known, kind, now) for kind in ("home", "owner"))
        rows.append({"c": customer, "home": home.store_id if home else None, "home_p": home.protected_until if home else None,
                     "home_v": home.valid_until if home else None, "owner": owner.guide_id if owner else None,
                     "owner_p": owner.protected_until if owner else None, "owner_v": owner.valid_until if owner else None})
    if rows:
        s = customer_state
        connection.execute(update(s).where(s.c.customer_id == bindparam("c")).values(
            rv=s.c.rv + 1, home_store_id=bindparam("home"), home_protected_until=bindparam("home_p"), home_valid_until=bindparam("home_v"),
            owner_guide_id=bindparam("owner"), owner_protected_until=bindparam("owner_p"), owner_valid_until=bindparam("owner_v")), rows)


_COMPARED = ("kind", "store_id", "guide_id", "started_at", "protected_until", "valid_until", "ended_at", "reason", "end_reason", "source_kind", "source_id")


def _key(row: object) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in _COMPARED)


def _row(customer: int, b: Binding, now: dt.datetime) -> dict[str, object]:
    return {**{name: getattr(b, name) for name in _COMPARED}, "customer_id": customer, "recorded_at": now}


def _chunks(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start:start + CHUNK] for start in range(0, len(ids), CHUNK))
