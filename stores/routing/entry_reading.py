"""Stored entries: the answer again, the replay, only those the actor may see (A16, M11, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, false, select

from stores.base import versions
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.base.versions import Versions
from stores.facts.customers import customer
from stores.facts.decision import Decision, EntryParam, State, Visit
from stores.facts.entries import entry, entry_point, entry_trace
from stores.facts.entry_records import STATE_FIELDS
from stores.facts.privacy import POINTS_FOR, TRACES_FOR
from stores.geo.coordinates import Coordinates
from stores.network import network, sight
from stores.network.branches import branch
from stores.network.channels import channel
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.sight import Sight
from stores.network.snapshot import Snapshot
from stores.network.stores import store
from stores.routing.answers import bundle
from stores.routing.decide import decide
from stores.routing.what_if import WhatIf, what_ifs


def limit_entries(query: Select[Any], actor: Actor) -> Select[Any]:
    """By the store led to: a dealer sees entries led to him, a guide those led to him in person."""
    e = entry.c
    if actor.scope_kind == "all":
        return query
    if actor.scope_kind in ("dealer", "store", "guide"):
        return query.where(e[f"{actor.scope_kind}_id"] == actor.scope_id)
    if actor.scope_kind == "branch":
        own = select(branch.c.path).where(branch.c.id == actor.scope_id).scalar_subquery()
        return query.where(
            e.store_id.in_(
                select(store.c.id)
                .join(branch, branch.c.id == store.c.branch_id)
                .where(branch.c.path.startswith(own))
            )
        )
    return query.where(false())


def find(connection: Connection, entry_id: str, visible_to: Actor) -> Any:
    """The entry with its codes, None where they may not be named; None when there is no such entry
    in the actor's rows."""
    seen, e = sight.of(visible_to, business_day(_now())), entry.c
    query = (
        select(
            entry,
            entry_trace.c.distance_class_km,
            customer.c.customer_id.label("customer_text"),
            store.c.store_code,
            store.c.name.label("store_name"),
            store.c.cloud_shop_url,
            dealer.c.dealer_code,
            dealer.c.name.label("dealer_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
            channel.c.channel_code,
        )
        .join(customer, customer.c.id == entry.c.customer_id)
        .outerjoin(entry_trace, entry_trace.c.entry_id == entry.c.entry_id)
        .outerjoin(store, seen.seller(store, e.store_id, e.store_id))
        .outerjoin(dealer, seen.seller(dealer, e.dealer_id, e.store_id))
        .outerjoin(guide, seen.guide(guide, e.guide_id))
        .outerjoin(channel, channel.c.id == e.channel_id)
    )
    return connection.execute(
        limit_entries(query, visible_to).where(entry.c.entry_id == entry_id)
    ).first()


def as_answer(
    connection: Connection, row: Any, seen: Sight, *, exact: bool = False
) -> dict[str, Any]:
    """The stored answer, with the store's shop as it is now, and `distance_class_km` (30 days).
    `exact`: for the visitor's own app, also metres while they are kept (24 h); whoever else reads
    it could reckon the place from them (A16)."""
    metres, trace = (
        _metres(connection, row.entry_id) if exact else {},
        trace_of(connection, row.entry_id),
    )
    latest = network.snapshot(versions.current(connection))
    return {
        "entry_id": row.entry_id,
        "customer_id": seen.customer(row.customer_text),
        "store_code": row.store_code,
        "dealer_code": row.dealer_code,
        "guide_code": row.guide_code,
        "cloud_shop_url": row.cloud_shop_url,
        "bundle": bundle(
            latest.by_id.get(row.store_id) if row.store_code else None,
            row.guide_code,
            latest,
            business_day(_now()),
        ),
        "distance_m": _round(metres.get(str(row.store_id))),
        "distance_class_km": row.distance_class_km,
        "rung": row.rung,
        "reason": row.reason,
        "alternatives": _alternatives(connection, trace, metres, seen),
        "notes": trace.get("notes", []),
        "occurred_at": row.occurred_at,
        "decided_at": row.decided_at,
        "network_version": row.network_version,
        "policy_version": row.policy_version,
    }


def trace_of(connection: Connection, entry_id: str) -> dict[str, Any]:
    """What the ladder said, empty after 30 days."""
    kept = kept_trace(connection, entry_id)
    return kept.trace if kept is not None else {}


def _metres(connection: Connection, entry_id: str) -> dict[str, float]:
    point = _point(connection, entry_id)
    return point.distances if point is not None else {}


def _point(connection: Connection, entry_id: str) -> Any:
    """The exact point, for 24 hours by the clock, whether or not the worker has emptied its row yet
    (P2)."""
    return connection.execute(
        select(entry_point).where(
            entry_point.c.entry_id == entry_id, entry_point.c.recorded_at > _now() - POINTS_FOR
        )
    ).first()


def kept_trace(connection: Connection, entry_id: str) -> Any:
    """The record of candidates, for 30 days by the clock."""
    return connection.execute(
        select(entry_trace).where(
            entry_trace.c.entry_id == entry_id, entry_trace.c.recorded_at > _now() - TRACES_FOR
        )
    ).first()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _alternatives(
    connection: Connection, trace: dict[str, Any], metres: dict[str, float], seen: Sight
) -> list[dict[str, Any]]:
    """Of a store that may not be named, that it was offered and why."""
    listed = trace.get("alternatives", [])
    names = names_of(connection, [each[0] for each in listed], seen)
    return [
        {
            "store_code": names[i][0],
            "name": names[i][1],
            "distance_m": _round(metres.get(str(i))) if names[i][0] else None,
            "why": why,
        }
        for i, why in listed
        if i in names
    ]


def names_of(
    connection: Connection, ids: Iterable[int | None], seen: Sight
) -> dict[int, tuple[str | None, str | None]]:
    """Code and name of stores, (None, None) where they may not be named."""
    wanted, s = {i for i in ids if i is not None}, store.c
    if not wanted:
        return {}
    named = seen.stores_among(connection, wanted)
    rows = connection.execute(select(s.id, s.store_code, s.name).where(s.id.in_(wanted)))
    return {r.id: (r.store_code, r.name) if r.id in named else (None, None) for r in rows}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


# -- replay (A17, M11) -----------------------------------------------------------------------------


def replay(connection: Connection, row: Any, seen: Sight) -> dict[str, Any]:
    """Decide again from what is still kept: the point (24 h), the record of candidates (30 days),
    or the result alone. Another store than the one led to is named as far as it may be."""
    kept, point = kept_trace(connection, row.entry_id), _point(connection, row.entry_id)
    if kept is None:
        return {"same": True, "basis": "result", "store_code": row.store_code, "rung": row.rung}
    if point is None and row.located:
        return _from_record(connection, row, kept.trace, seen)
    snapshot = network.past(Versions(row.network_version, row.policy_version))
    loads, full, busy = _loads(kept.trace, row, snapshot)
    again = decide(
        replace(_visit(kept.visit, point), loads=loads),
        state_of(kept.state),
        snapshot,
        full=full,
        busy=busy,
    )
    code = (
        names_of(connection, [again.store_id], seen).get(again.store_id, (None, None))[0]
        if again.store_id != row.store_id
        else row.store_code
    )
    same = (again.store_id, again.rung, again.reason, again.dealer_id, again.guide_id) == (
        row.store_id,
        row.rung,
        row.reason,
        row.dealer_id,
        row.guide_id,
    )
    return {
        "same": same and _order(again) == [a[0] for a in kept.trace["alternatives"]],
        "basis": "point",
        "store_code": code,
        "rung": again.rung,
    }


def _loads(
    trace: dict[str, Any], row: Any, snapshot: Snapshot
) -> tuple[dict[int, int] | None, frozenset[int], frozenset[int]]:
    """What the decision knew of the guides on duty, of full stores and of busy guides; no loads
    where guides were not chosen so."""
    if "guide" not in trace:
        return None, frozenset(), frozenset()
    loads = dict(trace["guide"][1])
    on_duty = (
        {g.id for g in snapshot.on_duty(row.store_id, row.business_day)}
        if row.store_id is not None
        else set()
    )
    return loads, frozenset(trace["full"]), frozenset(on_duty - loads.keys())


def what_would_change(
    connection: Connection, row: Any, seen: Sight
) -> list[tuple[str, str | None, str | None, str]]:
    """(change, store code, name, rung) of single changes that would have led elsewhere, while all
    that was decided on is kept: for 24 hours, of visits without a location for 30 days. Of a store
    that may not be named the name is empty."""
    kept, point = kept_trace(connection, row.entry_id), _point(connection, row.entry_id)
    if kept is None or point is None and row.located:
        return []
    snapshot = network.past(Versions(row.network_version, row.policy_version))
    _, full, _ = _loads(kept.trace, row, snapshot)
    visit, state = _visit(kept.visit, point), state_of(kept.state)
    found = what_ifs(visit, state, snapshot, decide(visit, state, snapshot, full=full))
    return named_changes(
        found, snapshot, seen.stores_among(connection, [each.store_id for each in found])
    )


def named_changes(
    found: list[WhatIf], snapshot: Snapshot, named: Collection[int] | None = None
) -> list[tuple[str, str | None, str | None, str]]:
    """With the stores' codes and names; of those beyond `named` (None: all) no code and an empty
    name."""
    stores = [
        (each, snapshot.by_id.get(each.store_id) if each.store_id is not None else None)
        for each in found
    ]
    return [
        (each.change, None, "", each.rung)
        if s is not None and named is not None and s.id not in named
        else (each.change, s.code if s else None, s.name if s else None, each.rung)
        for each, s in stores
    ]


def _from_record(
    connection: Connection, row: Any, trace: dict[str, Any], seen: Sight
) -> dict[str, Any]:
    """The winner among the stored candidates of the rung that matched."""
    rung, outcome, candidates = trace["steps"][-1]
    winner = next((c[0] for c in candidates if c[1] == "winner"), None)
    code = (
        row.store_code
        if winner == row.store_id
        else names_of(connection, [winner], seen).get(winner, (None, None))[0]
    )
    return {
        "same": outcome == "matched" and (winner, rung) == (row.store_id, row.rung),
        "basis": "record",
        "store_code": code,
        "rung": rung,
    }


def _order(decision: Decision) -> list[int]:
    return [c.store_id for c in decision.alternatives]


def _visit(kept: dict[str, Any], point: Any) -> Visit:
    param = kept["param"]
    return Visit(
        at=dt.datetime.fromisoformat(kept["at"]),
        day=dt.date.fromisoformat(kept["day"]),
        point=Coordinates(point.latitude, point.longitude) if point is not None else None,
        accuracy_m=point.accuracy_m if point is not None else None,
        fuzzy=kept["fuzzy"],
        region_code=kept["region_code"],
        postal_code=kept["postal_code"],
        notes=tuple(kept["notes"]),
        param=EntryParam(param[0], param[1], param[2], dt.datetime.fromisoformat(param[3]))
        if param
        else None,
    )


def state_of(kept: dict[str, Any]) -> State:
    """The customer's state as the decision used it (`entry_records.state_record`)."""
    return State(
        **{
            name: dt.datetime.fromisoformat(value) if isinstance(value, str) else value
            for name, value in kept.items()
            if name in STATE_FIELDS
        }
    )
