"""Taking in events: idempotent by event id, in any order; new contacts bind customers in the same
transaction (B2, B11, E8)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

import db
from ledger.bulk import insert_rows
from ledger.intakes import open_intake
from ledger.pieces import pieces
from ledger.upsert import insert_missing
from stores.base import versions
from stores.base.accepted_files import Written
from stores.base.accepted_numbers import refuse_taken
from stores.base.brand import business_day
from stores.base.canonical import canonical_hash
from stores.base.possible_times import ImpossibleTime
from stores.base.receipt import why_refused
from stores.customers import binding_facts, people, rebinding
from stores.customers.event_shapes import event_faults
from stores.customers.people import Identity
from stores.facts.changes import changed_customer
from stores.facts.events import event, event_key
from stores.network import network
from stores.network.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class EventIn:
    """One event as it came; `occurred_at` aware."""

    event_id: str
    type: str
    occurred_at: dt.datetime
    guide_code: str | None = None
    customer_id: str | None = None
    external_userid: str | None = None
    source: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        return {
            "event_id": self.event_id,
            "type": self.type,
            "occurred_at": self.occurred_at,
            "guide_code": self.guide_code,
            "customer_id": self.customer_id,
            "external_userid": self.external_userid,
            "source": self.source,
            "payload": dict(self.payload),
        }

    def identities(self) -> list[Identity]:
        """His own identities, strongest first."""
        return [
            (kind, value)
            for kind, value in (
                ("customer_id", self.customer_id),
                ("external_userid", self.external_userid),
            )
            if value
        ]

    def inviter(self) -> list[Identity]:
        text = self.payload.get("inviter_customer_id")
        return [("customer_id", text)] if text else []


@dataclass(frozen=True, slots=True)
class Refused:
    """`index` of the event in the call; `code` is stable, `reason` in words, `field` names what is
    wrong."""

    index: int
    field: str
    code: str
    reason: str


@dataclass(slots=True)
class Taken:
    """How many events were new, how many known with the same content, and which were refused."""

    accepted: int = 0
    duplicates: int = 0
    refused: list[Refused] = field(default_factory=list)


Sound = tuple[int, EventIn, str]  # its index in the call, and the hash of its content


class AnyRefused(Exception):
    """An all-or-nothing intake had refusals; nothing was written."""

    def __init__(self, refused: list[Refused]):
        super().__init__(f"{len(refused)} events refused")
        self.refused = refused


def record_events(
    events: Sequence[EventIn], *, actor: str, now: dt.datetime, all_or_nothing: bool = False
) -> Taken:
    """Record the events that are new and sound, in one transaction (joins an open one). Raises
    AnyRefused with `all_or_nothing`; Busy while one of them stands in a file that is being written.

    Shapes, guides and known ids are looked at before the write, which takes the lock for the new
    ones only (M21)."""
    taken, new = judge(events, now, all_or_nothing)
    if not new:
        return taken
    with db.transaction() as connection:
        insert_missing(
            connection,
            event_key,
            [
                {"event_id": e.event_id, "body_hash": h}
                for _, e, h in sorted(new, key=lambda s: s[1].event_id)
            ],
        )
        refuse_taken(connection, {"event": [each.event_id for _, each, _ in new]})
        rivals = Taken()
        still_new = _new_ones(connection, new, rivals, now)
        if all_or_nothing and rivals.refused:
            raise AnyRefused(sorted(rivals.refused, key=lambda r: r.index))
        if still_new:
            _write(connection, [each for _, each, _ in still_new], actor, now)
    return Taken(
        len(still_new),
        taken.duplicates + rivals.duplicates,
        sorted([*taken.refused, *rivals.refused], key=lambda r: r.index),
    )


def record_accepted(
    events: Sequence[EventIn], *, actor: str, now: dt.datetime, written: Written
) -> None:
    """A piece of a file that was accepted: it was judged, and nobody else may have brought one of
    its ids."""
    with db.transaction() as connection:
        insert_missing(
            connection,
            event_key,
            [
                {"event_id": e.event_id, "body_hash": canonical_hash(e.content())}
                for e in sorted(events, key=lambda e: e.event_id)
            ],
        )
        _write(connection, events, actor, now)
        written(connection)


def judge(
    events: Sequence[EventIn], now: dt.datetime, all_or_nothing: bool = False
) -> tuple[Taken, list[Sound]]:
    """What would become of them, and those that are new and sound; nothing is written. Raises
    AnyRefused with `all_or_nothing`."""
    taken = Taken()
    with db.read() as connection:
        snapshot = network.snapshot(versions.current(connection))
        new = _new_ones(connection, _sound(events, snapshot, taken), taken, now)
    taken.accepted = len(new)
    taken.refused.sort(key=lambda r: r.index)
    if all_or_nothing and taken.refused:
        raise AnyRefused(taken.refused)
    return taken, new


def _sound(events: Sequence[EventIn], snapshot: Snapshot, taken: Taken) -> list[Sound]:
    """Events whose shape and guides hold, each id once; the first of an id in one call stands."""
    first: dict[str, str] = {}
    found: list[Sound] = []
    for index, each in enumerate(events):
        faults = event_faults(each.content()) or _unknown_guides(each, snapshot)
        if faults:
            taken.refused.append(
                Refused(
                    index,
                    faults[0][0],
                    "unknown_guide" if "is unknown" in faults[0][1] else "invalid_event",
                    "; ".join(f"{name} {reason}" for name, reason in faults),
                )
            )
            continue
        body_hash = canonical_hash(each.content())
        if each.event_id in first:
            _again(index, first[each.event_id] == body_hash, taken)
            continue
        first[each.event_id] = body_hash
        found.append((index, each, body_hash))
    return found


def _unknown_guides(each: EventIn, snapshot: Snapshot) -> list[tuple[str, str]]:
    named = (
        ("guide_code", each.guide_code),
        ("payload.from_guide_code", each.payload.get("from_guide_code")),
    )
    return [
        (name, f"{code!r} is unknown; import the guide first")
        for name, code in named
        if code and code not in snapshot.guides_by_code
    ]


def _again(index: int, same: bool, taken: Taken) -> None:
    if same:
        taken.duplicates += 1
    else:
        taken.refused.append(
            Refused(
                index,
                "event_id",
                "event_id_reused",
                "event_id is known with another content; an event is never changed",
            )
        )


def _new_ones(
    connection: Connection, sound: list[Sound], taken: Taken, now: dt.datetime
) -> list[Sound]:
    """Those that are not known, and possible (N5). Keys are ours or a rival's by now; an event row
    tells that it was known. A rival in flight was waited for."""
    ids = [e.event_id for _, e, _ in sound]
    known: dict[str, str] = {}
    for some in pieces(ids, 500):
        rows = connection.execute(
            select(event_key)
            .join(event, event.c.event_id == event_key.c.event_id)
            .where(event_key.c.event_id.in_(some))
        )
        known |= {r.event_id: r.body_hash for r in rows}
    new = []
    for index, each, body_hash in sound:
        if each.event_id in known:
            _again(index, known[each.event_id] == body_hash, taken)
        elif (why := why_refused(each.occurred_at, now)) is not None:
            taken.refused.append(
                Refused(index, "occurred_at", ImpossibleTime.code, f"occurred_at {why}")
            )
        else:
            new.append((index, each, body_hash))
    return new


def _write(connection: Connection, new: Sequence[EventIn], actor: str, now: dt.datetime) -> None:
    snapshot = network.snapshot(versions.current(connection))
    who = _people(connection, new, now)
    people.lock(connection, (c for c in who.values()))
    intake_id = open_intake(connection, "events", actor, now)
    insert_rows(connection, event, [_row(each, who, snapshot, intake_id, now) for each in new])
    touched = sorted({who[each.identities()[0]] for each in new if each.identities()})
    bound = sorted(
        {
            who[each.identities()[0]]
            for each in new
            if each.identities() and binding_facts.binds(each.type)
        }
    )
    if bound:
        rebinding.rewrite(
            connection,
            binding_facts.facts_of(connection, bound, snapshot),
            binding_facts.rules_of(snapshot),
            now,
        )
    insert_rows(connection, changed_customer, [{"customer_id": c} for c in touched])


def _row(
    each: EventIn, who: dict[Identity, int], snapshot: Snapshot, intake_id: int, now: dt.datetime
) -> dict[str, Any]:
    def guide_of(code: str | None) -> int | None:
        return snapshot.guides_by_code[code].id if code else None

    mine, inviter, payload = each.identities(), each.inviter(), each.payload
    minutes = payload.get("avg_first_reply_min")
    return {
        "event_id": each.event_id,
        "type": each.type,
        "occurred_at": each.occurred_at,
        "business_day": business_day(each.occurred_at),
        "guide_id": guide_of(each.guide_code),
        "customer_id": who[mine[0]] if mine else None,
        "from_guide_id": guide_of(payload.get("from_guide_code")),
        "inviter_customer_id": who[inviter[0]] if inviter else None,
        "source": each.source,
        "transfer_state": payload.get("state"),
        "chats": payload.get("chats"),
        "messages": payload.get("messages"),
        "replies": payload.get("replies"),
        "avg_first_reply_seconds": round(minutes * 60) if minutes is not None else None,
        "intake_id": intake_id,
        "received_at": now,
    }


def _people(
    connection: Connection, new: Sequence[EventIn], now: dt.datetime
) -> dict[Identity, int]:
    """Everybody named, found or created; identities named together belong together, the strongest
    known one decides who it is."""
    groups = [g for each in new for g in (each.identities(), each.inviter()) if g]
    known = people.find(connection, (i for g in groups for i in g))
    fresh = _fresh(groups, known)
    made = people.create(connection, fresh, now)
    known |= {identity: made[each[0][1]] for each in fresh for identity in each}
    links, groups_of_ids = [], []
    for group in groups:
        owner = next(known[i] for i in group if i in known)
        links += [(i, owner) for i in group if i not in known]
        same = {known[i] for i in group if i in known}
        groups_of_ids += [same] if len(same) > 1 else []
        known |= {i: owner for i in group if i not in known}
    people.link(connection, links)
    people.note_merges(connection, groups_of_ids, now)
    return known


def _fresh(groups: list[list[Identity]], known: dict[Identity, int]) -> list[list[Identity]]:
    """The identities of people nobody knows yet, one list a person, led by a customer_id (ours when
    none was given)."""
    person: dict[Identity, list[Identity]] = {}
    found: list[list[Identity]] = []
    for group in groups:
        if any(i in known for i in group):
            continue
        mine = next((person[i] for i in group if i in person), None)
        if mine is None:
            mine = [] if group[0][0] == "customer_id" else [("customer_id", f"x-{uuid.uuid4()}")]
            found.append(mine)
        mine += [i for i in group if i not in mine and i not in person]
        person |= {i: mine for i in group if i not in person}
    return found
