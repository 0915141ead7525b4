"""An entry: one read, one decision, one write (M12-M15). No ORM here, two round trips on PostgreSQL.

Read 1 brings the versions, the customer with his state and the idempotency key. Write 2 is guarded: it counts only if the state is
still the one that was read (`rv`) and the network and policy are still the ones that decided. No row back means: read again, and
the third time guard the chosen store's eligibility alone, so that steady edits cannot keep a visitor waiting.
"""
from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Connection, Date, TextClause, bindparam, text
from sqlalchemy.exc import IntegrityError

import db
from ledger.idempotency import LIFETIME, KeyReused
from stores import keys, network
from stores.coordinates import distance_class_m
from stores.customers import IDENTITY_KINDS, customer_merge
from stores.decide import NEW_CUSTOMER, Decision, State, Visit, decide
from stores.snapshot import Snapshot
from stores.versions import Versions
from stores.visits import Arrival, visit_of

TRIES = 8
GUARD_ELIGIBILITY_FROM = 3
NOT_A_VISIT = ("REGION", "DEFAULT", "PICKER")  # a default is no choice of the visitor: it does not become his last visit
STATE_FIELDS = tuple(f.name for f in fields(State))
_INSTANTS = frozenset(n for n in STATE_FIELDS if n.endswith(("_until", "_at")))


class TooManyChanges(Exception):
    """The network or the customer's state kept changing under the entry; the caller may try again (HTTP 503 with Retry-After)."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stored entry. `repeated` when the idempotency key had been used: then only `entry_id` is set."""

    entry_id: str
    customer_id: str = ""
    decision: Decision | None = None
    decided_at: dt.datetime | None = None
    snapshot: Snapshot | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What read 1 brought: the customer (None: new), whether identities disagree, and which are not linked yet."""

    versions: Versions
    customer: int | None
    customer_id: str
    state: State
    missing: tuple[tuple[str, str], ...]
    others: tuple[int, ...]
    kept: tuple[str, str] | None  # body hash and entry id under the idempotency key


def enter(arrival: Arrival, *, body_hash: str, key: str | None = None, now: dt.datetime) -> Recorded:
    """Record one arrival and answer where it leads. The same `key` with the same body answers the first entry again.

    Raises KeyReused, InvalidCoordinates, TooManyChanges.
    """
    at = arrival.occurred_at or now
    with db.statement() as connection:
        for attempt in range(1, TRIES + 1):
            found = _read(connection, arrival.identities, key, now)
            if found.kept is not None:
                if found.kept[0] != body_hash:
                    raise KeyReused()
                return Recorded(found.kept[1], repeated=True)
            snapshot = network.snapshot(found.versions)
            visit = visit_of(arrival, at, snapshot, keys.entry_param_keys())
            decision = decide(visit, found.state, snapshot)
            entry_id = new_entry_id(now)
            customer_text, links = _links(arrival, found, entry_id)
            values = {**_values(arrival, found, visit, decision, now), "entry_id": entry_id, "body_hash": body_hash, "key": key,
                      "customer_text": customer_text, **{f"m{part}{n}": pair[i] for n, pair in enumerate(links) for i, part in enumerate("kv")}}
            shape = _shape(found, visit, decision, len(links), key is not None, attempt >= GUARD_ELIGIBILITY_FROM)
            try:
                if _write(connection, shape, values):
                    if found.others:
                        _note_merges(found, now)
                    return Recorded(entry_id, customer_text, decision, now, snapshot)
            except IntegrityError:  # a rival took the idempotency key or the identity in between
                if attempt == TRIES:
                    raise
            if attempt > GUARD_ELIGIBILITY_FROM:
                time.sleep(0.002 * attempt)
    raise TooManyChanges("The entry was tried again and again while the network or the customer changed; send it once more.")


def new_entry_id(now: dt.datetime) -> str:
    """UUID version 7 (RFC 9562): 48 bits of milliseconds, then random."""
    raw = bytearray(int(now.timestamp() * 1000).to_bytes(6, "big") + os.urandom(10))
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


# -- read 1 -------------------------------------------------------------------------------------------------------------------

@cache
def _read_query(identities: int) -> TextClause:
    wanted = " OR ".join(f"(ci.kind = :k{n} AND ci.value = :v{n})" for n in range(identities))
    states = ", ".join(f"cs.{name}" for name in STATE_FIELDS)
    return text(
        f"SELECT rs.network_version, rs.policy_version, ik.body_hash AS kept_hash, ik.reference AS kept_id, ci.kind, ci.value, "
        f"ci.customer_id, c.customer_id AS customer_text, {states} FROM routing_state rs "
        f"LEFT JOIN idempotency_key ik ON ik.key = :key AND ik.created_at > :forgotten "
        f"LEFT JOIN customer_identity ci ON {wanted} LEFT JOIN customer c ON c.id = ci.customer_id "
        f"LEFT JOIN customer_state cs ON cs.customer_id = ci.customer_id WHERE rs.id = 1"
    ).bindparams(bindparam("forgotten", type_=db.Instant())).columns(
        **{name: db.Instant() for name in _INSTANTS}, no_switch=Boolean())


def _read(connection: Connection, identities: Mapping[str, str], key: str | None, now: dt.datetime) -> Found:
    asked = sorted(identities.items(), key=lambda pair: IDENTITY_KINDS.index(pair[0]))
    given = {f"{letter}{n}": part for n, pair in enumerate(asked) for letter, part in zip("kv", pair, strict=True)}
    rows = connection.execute(_read_query(len(asked)), {**given, "key": key or "", "forgotten": now - LIFETIME}).mappings().all()
    first = rows[0]
    at = Versions(first["network_version"], first["policy_version"])
    kept = (first["kept_hash"], first["kept_id"]) if first["kept_hash"] is not None else None
    known = {(r["kind"], r["value"]): r for r in rows if r["customer_id"] is not None}
    if not known:
        return Found(at, None, "", NEW_CUSTOMER, tuple(asked), (), kept)
    best = next(known[pair] for pair in asked if pair in known)
    others = tuple(sorted({r["customer_id"] for r in known.values()} - {best["customer_id"]}))
    state = State(**{name: best[name] for name in STATE_FIELDS}) if best["rv"] is not None else NEW_CUSTOMER
    return Found(at, best["customer_id"], best["customer_text"], state, tuple(p for p in asked if p not in known), others, kept)


# -- write 2 ------------------------------------------------------------------------------------------------------------------

_ENTRY = ("entry_id", "customer_id", "store_id", "dealer_id", "guide_id", "rung", "reason", "touchpoint", "channel_id", "param_guide_id",
          "occurred_at", "decided_at", "business_day", "network_version", "policy_version", "located", "distance_class_km", "body_hash")
_POINT = ("entry_id", "latitude", "longitude", "crs", "source_latitude", "source_longitude", "accuracy_m", "fuzzy", "distances", "recorded_at")
_TRACE = ("entry_id", "visit", "state", "trace", "recorded_at")
_VISITED = "last_store_id = :store_id, last_visit_at = :occurred_at"
_PARAM = "param_store_id = :param_store_id, param_guide_id = :param_guide_id, param_at = :occurred_at"
_ELIGIBLE = (
    "EXISTS (SELECT 1 FROM store s WHERE s.id = :store_id AND s.cloud_shop AND NOT s.coordinates_withdrawn"
    " AND (s.status = 'active' OR s.status = 'paused' AND s.paused_until < :business_day OR s.status = 'closed' AND s.closed_on > :business_day)"
    " AND (s.closed_on IS NULL OR s.closed_on > :business_day) AND (s.opened_on IS NULL OR s.opened_on <= :business_day)"
    " AND EXISTS (SELECT 1 FROM dealer_contract d WHERE d.store_id = s.id AND d.version_to IS NULL AND d.dealer_id = :dealer_id"
    " AND (d.valid_from IS NULL OR d.valid_from <= :business_day) AND (d.valid_to IS NULL OR d.valid_to > :business_day)))")
_TYPES = {"occurred_at": db.Instant(), "decided_at": db.Instant(), "recorded_at": db.Instant(), "business_day": Date(), "distances": db.Json(),
          "visit": db.Json(), "state": db.Json(), "trace": db.Json()}


@dataclass(frozen=True, slots=True)
class Shape:
    """Which statement a write needs; `missing` counts the identities to link."""

    known: bool
    missing: int
    located: bool
    keyed: bool
    visited: bool
    with_param: bool
    by_eligibility: bool
    picker: bool


def _statement(sql: str) -> TextClause:
    return text(sql).bindparams(*(bindparam(name, type_=kind) for name, kind in _TYPES.items() if f":{name}" in _names(sql)))


def _names(sql: str) -> set[str]:
    return {":" + part.split(")")[0].split(",")[0].split(" ")[0].strip() for part in sql.split(":")[1:]}


def _guard(shape: Shape) -> str:
    if not shape.by_eligibility:
        return "EXISTS (SELECT 1 FROM routing_state WHERE id = 1 AND network_version = :network_version AND policy_version = :policy_version)"
    return "1 = 1" if shape.picker else _ELIGIBLE


def _insert(table: str, columns: tuple[str, ...], source: str = "", replace: Mapping[str, str] | None = None) -> str:
    values = ", ".join((replace or {}).get(name, f":{name}") for name in columns)
    names = ", ".join(columns)
    return f"INSERT INTO {table} ({names}) " + (f"SELECT {values} FROM {source}" if source else f"VALUES ({values})")


def _state_columns(shape: Shape) -> tuple[list[str], list[str]]:
    names, values = ["rv", "no_switch"], ["1", "FALSE"]
    if shape.visited:
        names += ["last_store_id", "last_visit_at"]
        values += [":store_id", ":occurred_at"]
    if shape.with_param:
        names += ["param_store_id", "param_guide_id", "param_at"]
        values += [":param_store_id", ":param_guide_id", ":occurred_at"]
    return names, values


def _update_state(shape: Shape) -> str:
    changes = ["rv = rv + 1", *([_VISITED] if shape.visited else []), *([_PARAM] if shape.with_param else [])]
    return f"UPDATE customer_state SET {', '.join(changes)} WHERE customer_id = :customer AND rv = :rv"


@cache
def _postgresql_statement(shape: Shape) -> TextClause:
    """All of write 2 as one statement; it returns a row when it counted."""
    typed = {"occurred_at": "CAST(:occurred_at AS timestamptz)", "decided_at": "CAST(:decided_at AS timestamptz)",
             "recorded_at": "CAST(:recorded_at AS timestamptz)", "business_day": "CAST(:business_day AS date)", "store_id": "CAST(:store_id AS bigint)",
             "dealer_id": "CAST(:dealer_id AS bigint)", "guide_id": "CAST(:guide_id AS bigint)", "channel_id": "CAST(:channel_id AS bigint)",
             "param_guide_id": "CAST(:param_guide_id AS bigint)", "param_store_id": "CAST(:param_store_id AS bigint)",
             "distance_class_km": "CAST(:distance_class_km AS integer)", "accuracy_m": "CAST(:accuracy_m AS float)",
             **{n: f"CAST(:{n} AS bigint)" for n in ("network_version", "policy_version")}, **{n: f"CAST(:{n} AS integer)" for n in ("located", "fuzzy")},
             **{n: f"CAST(:{n} AS float)" for n in ("latitude", "longitude", "source_latitude", "source_longitude")}}
    parts = []
    if shape.known:
        parts.append(f"st AS ({_update_state(shape)} AND {_guard(shape)} RETURNING customer_id)")
    else:
        names, values = _state_columns(shape)
        parts.append("c AS (INSERT INTO customer (customer_id, employee, created_at) SELECT :customer_text, FALSE, CAST(:recorded_at AS timestamptz) "
                     f"WHERE {_guard(shape)} ON CONFLICT (customer_id) DO NOTHING RETURNING id)")
        parts.append(f"st AS (INSERT INTO customer_state (customer_id, {', '.join(names)}) SELECT c.id, "
                     f"{', '.join(typed.get(v[1:], v) if v.startswith(':') else v for v in values)} FROM c RETURNING customer_id)")
    for n in range(shape.missing):
        parts.append(f"i{n} AS (INSERT INTO customer_identity (kind, value, customer_id) SELECT :mk{n}, :mv{n}, st.customer_id FROM st)")
    parts.append(f"e AS ({_insert('entry', _ENTRY, 'st', {**typed, 'customer_id': 'st.customer_id'})} RETURNING id)")
    if shape.located:
        parts.append(f"p AS ({_insert('entry_point', _POINT, 'e', typed)})")
    parts.append(f"t AS ({_insert('entry_trace', _TRACE, 'e', typed)})")
    if shape.keyed:
        parts.append("k AS (INSERT INTO idempotency_key (key, body_hash, status, reference, created_at) "
                     "SELECT :key, :body_hash, 201, :entry_id, CAST(:recorded_at AS timestamptz) FROM e)")
    return _statement("WITH " + ", ".join(parts) + " SELECT id FROM e")


@cache
def _sqlite_statements(shape: Shape) -> dict[str, TextClause]:
    names, values = _state_columns(shape)
    found = {
        "guard": f"SELECT 1 WHERE {_guard(shape)}",
        "customer": "INSERT INTO customer (customer_id, employee, created_at) VALUES (:customer_text, FALSE, :recorded_at) ON CONFLICT DO NOTHING RETURNING id",
        "new_state": f"INSERT INTO customer_state (customer_id, {', '.join(names)}) VALUES (:customer, {', '.join(values)})",
        "state": _update_state(shape),
        "entry": _insert("entry", _ENTRY, replace={"customer_id": ":customer"}),
        "point": _insert("entry_point", _POINT),
        "trace": _insert("entry_trace", _TRACE),
        "key": "INSERT INTO idempotency_key (key, body_hash, status, reference, created_at) VALUES (:key, :body_hash, 201, :entry_id, :recorded_at)",
        **{f"identity{n}": f"INSERT INTO customer_identity (kind, value, customer_id) VALUES (:mk{n}, :mv{n}, :customer)" for n in range(shape.missing)},
    }
    return {name: _statement(sql) for name, sql in found.items()}


def _shape(found: Found, visit: Visit, decision: Decision, links: int, keyed: bool, by_eligibility: bool) -> Shape:
    return Shape(known=found.customer is not None, missing=links, located=visit.point is not None, keyed=keyed,
                 visited=decision.store_id is not None and decision.rung not in NOT_A_VISIT and _newest_visit(found.state, visit),
                 with_param=visit.param is not None, by_eligibility=by_eligibility, picker=decision.store_id is None)


def _links(arrival: Arrival, found: Found, entry_id: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The customer's outside id, and the identities to link to him now; a visitor without one gets an id of ours."""
    given = arrival.identities.get("customer_id")
    if found.customer is not None:
        return given or found.customer_id, found.missing
    made = given or f"u-{entry_id}"
    return made, found.missing if given else (*found.missing, ("customer_id", made))


def _write(connection: Connection, shape: Shape, values: dict[str, Any]) -> bool:
    """Write 2; False when a guard refused it and nothing was written."""
    if connection.dialect.name == "postgresql":
        return connection.execute(_postgresql_statement(shape), values).first() is not None
    statements = _sqlite_statements(shape)
    with db.short_write(connection):
        if connection.execute(statements["guard"], values).first() is None:
            return False
        if shape.known:
            if connection.execute(statements["state"], values).rowcount != 1:
                return False
        else:
            row = connection.execute(statements["customer"], values).first()
            if row is None:
                return False
            values = {**values, "customer": row.id}
            connection.execute(statements["new_state"], values)
        for name in (*(f"identity{n}" for n in range(shape.missing)), "entry", *(["point"] if shape.located else []), "trace",
                     *(["key"] if shape.keyed else [])):
            connection.execute(statements[name], values)
    return True


def _newest_visit(state: State, visit: Visit) -> bool:
    return state.last_visit_at is None or state.last_visit_at <= visit.at


def _values(arrival: Arrival, found: Found, visit: Visit, decision: Decision, now: dt.datetime) -> dict[str, Any]:
    param = visit.param
    return {"customer": found.customer, "rv": found.state.rv, "param_store_id": param.store_id if param else None,
            **entry_row(arrival, visit, decision, now), **point_row(arrival, visit, decision, now), **trace_row(visit, found.state, decision, now)}


def entry_row(arrival: Arrival, visit: Visit, decision: Decision, now: dt.datetime) -> dict[str, Any]:
    """What `entry` keeps for good; entry_id, customer_id and body_hash are the caller's."""
    param = visit.param
    return {
        "store_id": decision.store_id, "dealer_id": decision.dealer_id, "guide_id": decision.guide_id, "rung": decision.rung,
        "reason": decision.reason, "touchpoint": arrival.touchpoint, "channel_id": param.channel_id if param else None,
        "param_guide_id": param.guide_id if param else None, "occurred_at": visit.at, "decided_at": now, "business_day": visit.day,
        "network_version": decision.network_version, "policy_version": decision.policy_version,
        "located": 0 if visit.point is None else 2 if visit.fuzzy else 1, "distance_class_km": class_km(decision.distance_m)}


def point_row(arrival: Arrival, visit: Visit, decision: Decision, now: dt.datetime) -> dict[str, Any]:
    """What `entry_point` keeps for 24 h."""
    source, point = arrival.source, visit.point
    return {
        "latitude": point.latitude if point else None, "longitude": point.longitude if point else None, "crs": source.crs if source else None,
        "source_latitude": source.latitude if source else None, "source_longitude": source.longitude if source else None,
        "accuracy_m": source.accuracy_m if source else None, "fuzzy": int(visit.fuzzy), "distances": _distances(decision), "recorded_at": now}


def trace_row(visit: Visit, state: State, decision: Decision, now: dt.datetime) -> dict[str, Any]:
    """What `entry_trace` keeps for 30 days."""
    return {"visit": _visit_record(visit), "state": state_record(state), "trace": _trace_record(decision), "recorded_at": now}


def class_km(distance: float | None) -> int | None:
    """The 1 km class in which a distance may be kept (A16, M11)."""
    return None if distance is None else distance_class_m(distance) // 1000


def _distances(decision: Decision) -> dict[str, float]:
    shown = [c for step in decision.steps for c in step.candidates] + list(decision.alternatives)
    found = {str(c.store_id): round(c.distance_m, 3) for c in shown if c.distance_m is not None}
    if decision.store_id is not None and decision.distance_m is not None:
        found[str(decision.store_id)] = round(decision.distance_m, 3)
    return found


def _visit_record(visit: Visit) -> dict[str, Any]:
    param = visit.param
    return {"at": visit.at.isoformat(), "day": visit.day.isoformat(), "fuzzy": visit.fuzzy, "region_code": visit.region_code,
            "postal_code": visit.postal_code, "notes": list(visit.notes),
            "param": [param.store_id, param.guide_id, param.channel_id, param.issued_at.isoformat()] if param else None}


def state_record(state: State) -> dict[str, Any]:
    """The customer's state as the decision used it; moments as ISO text, nothing that is None."""
    found = {name: getattr(state, name) for name in STATE_FIELDS}
    return {name: value.isoformat() if isinstance(value, dt.datetime) else value for name, value in found.items() if value is not None}


def _trace_record(decision: Decision) -> dict[str, Any]:
    return {"steps": [[s.rung, s.outcome, [[c.store_id, c.why, class_km(c.distance_m)] for c in s.candidates]] for s in decision.steps],
            "alternatives": [[c.store_id, c.why, class_km(c.distance_m)] for c in decision.alternatives], "notes": list(decision.notes),
            "epoch": decision.epoch}


def _note_merges(found: Found, now: dt.datetime) -> None:
    """Two surrogates turned out to be one person (M19): a fact for those who reckon by person."""
    from ledger.bulk import insert_rows
    from ledger.upsert import insert_missing
    from stores.changes import changed_customer

    assert found.customer is not None
    with db.transaction() as connection:
        insert_missing(connection, customer_merge, [{"kept_id": min(found.customer, other), "merged_id": max(found.customer, other), "at": now}
                                                    for other in found.others])
        insert_rows(connection, changed_customer, [{"customer_id": found.customer}])
