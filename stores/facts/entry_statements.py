"""The SQL of an entry: one read and one guarded write, as the drivers take them (M12, M13).

A write is put together from fixed parts once per `Shape` and remembered. PostgreSQL gets all of it
as one statement, which is also one round trip and one commit; SQLite, which has no such statement,
the same parts one after the other in one short transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection

import db
from ledger import driver, schema
from stores.base.versions import Versions
from stores.facts.customers import IDENTITY_KINDS
from stores.facts.decision import NEW_CUSTOMER, State
from stores.facts.entry_records import STATE_FIELDS


@dataclass(frozen=True, slots=True)
class KeptKey:
    """What stands under the idempotency key, however old."""

    body_hash: str
    entry_id: str
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What the read brought: the customer (None: new), the identities not linked yet, the other
    customers whom identities name."""

    versions: Versions
    customer: int | None
    customer_id: str
    state: State
    missing: tuple[tuple[str, str], ...]
    others: tuple[int, ...]
    kept: KeptKey | None


# -- read ------------------------------------------------------------------------------------------

_INSTANTS = tuple(n for n, name in enumerate(STATE_FIELDS) if name.endswith(("_until", "_at")))
_FLAG = STATE_FIELDS.index("no_switch")


@cache
def _read_query(identities: int) -> str:
    wanted = " OR ".join(f"(ci.kind = :k{n} AND ci.value = :v{n})" for n in range(identities))
    states = ", ".join(f"cs.{name}" for name in STATE_FIELDS)
    return (
        "SELECT rs.network_version, rs.policy_version, ik.body_hash, ik.reference, "
        "ik.created_at, ci.kind, ci.value, "
        f"ci.customer_id, c.customer_id, {states} FROM routing_state rs "
        f"LEFT JOIN idempotency_key ik ON ik.key = :key "
        f"LEFT JOIN customer_identity ci ON {wanted} LEFT JOIN customer c ON c.id = ci.customer_id "
        f"LEFT JOIN customer_state cs ON cs.customer_id = ci.customer_id WHERE rs.id = 1"
    )


def read(connection: Connection, identities: Mapping[str, str], key: str | None) -> Found:
    """Versions, customer, state and key as one statement sees them. The strongest known identity
    says who the customer is."""
    asked = sorted(identities.items(), key=lambda pair: IDENTITY_KINDS.index(pair[0]))
    given = {
        f"{letter}{n}": part
        for n, pair in enumerate(asked)
        for letter, part in zip("kv", pair, strict=True)
    }
    rows = driver.run(connection, _read_query(len(asked)), {**given, "key": key or ""})
    network, policy, body_hash, reference, created_at = rows[0][:5]
    kept = (
        KeptKey(body_hash, reference, schema.instant(created_at)) if body_hash is not None else None
    )
    known = {(row[5], row[6]): row for row in rows if row[7] is not None}
    if not known:
        return Found(Versions(network, policy), None, "", NEW_CUSTOMER, tuple(asked), (), kept)
    best = next(known[pair] for pair in asked if pair in known)
    others = tuple(sorted({row[7] for row in known.values()} - {best[7]}))
    return Found(
        Versions(network, policy),
        best[7],
        best[8],
        _state(best[9:]),
        tuple(pair for pair in asked if pair not in known),
        others,
        kept,
    )


def _state(row: tuple[Any, ...]) -> State:
    values = list(row)
    for n in _INSTANTS:
        if values[n] is not None:
            values[n] = schema.instant(values[n])
    values[_FLAG] = bool(values[_FLAG])
    return State(*values)


def lock_customer(connection: Connection, customer: int) -> None:
    """Hold the customer's state until the transaction ends; SQLite's writer is alone already."""
    if db.lock_clause(connection):
        driver.run(
            connection,
            "SELECT rv FROM customer_state WHERE customer_id = :customer FOR UPDATE",
            {"customer": customer},
        )


def forget_key(connection: Connection, key: str | None, before: dt.datetime) -> None:
    """Take away a key that is too old to count and was not swept yet."""
    with db.short_write(connection):
        driver.run(
            connection,
            "DELETE FROM idempotency_key WHERE key = :key AND created_at <= :before",
            driver.driver_values(connection, {"key": key, "before": before}),
        )


# -- write -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shape:
    """Which statement a write needs; `links` counts the identities to link."""

    known: bool
    links: int
    located: bool
    keyed: bool
    visited: bool
    with_param: bool
    by_eligibility: bool
    picker: bool


def write(connection: Connection, shape: Shape, values: dict[str, Any]) -> bool:
    """Write the entry with all that belongs to it; False when a guard refused it and nothing was
    written. Raises db.INTEGRITY_ERRORS."""
    taken = driver.driver_values(connection, values)
    if connection.dialect.name == "postgresql":
        return bool(driver.run(connection, _postgresql_statement(shape), taken))
    first, then = _sqlite_statements(shape)
    with db.short_write(connection):
        rows = driver.run(connection, first, taken)
        if not rows:
            return False
        taken["customer"] = rows[0][0]
        for statement in then:
            driver.run(connection, statement, taken)
    return True


_ENTRY = (
    "entry_id",
    "customer_id",
    "store_id",
    "dealer_id",
    "guide_id",
    "rung",
    "reason",
    "touchpoint",
    "channel_id",
    "param_guide_id",
    "occurred_at",
    "decided_at",
    "business_day",
    "network_version",
    "policy_version",
    "located",
)
_POINT = (
    "entry_id",
    "latitude",
    "longitude",
    "crs",
    "source_latitude",
    "source_longitude",
    "accuracy_m",
    "fuzzy",
    "distances",
    "recorded_at",
)
_TRACE = ("entry_id", "visit", "state", "trace", "distance_class_km", "recorded_at")
_TYPES = {  # PostgreSQL must be told the types of parameters in a SELECT
    **dict.fromkeys(("occurred_at", "decided_at", "recorded_at"), "timestamptz"),
    "business_day": "date",
    **dict.fromkeys(
        (
            "store_id",
            "dealer_id",
            "guide_id",
            "channel_id",
            "param_guide_id",
            "param_store_id",
            "network_version",
            "policy_version",
        ),
        "bigint",
    ),
    **dict.fromkeys(("located", "fuzzy", "distance_class_km"), "integer"),
    **dict.fromkeys(
        ("latitude", "longitude", "source_latitude", "source_longitude", "accuracy_m"), "float8"
    ),
}
_CAST = {name: f"CAST(:{name} AS {kind})" for name, kind in _TYPES.items()}
_UNCHANGED = (
    "EXISTS (SELECT 1 FROM routing_state WHERE id = 1 AND network_version = CAST(:network_version "
    "AS bigint) "
    "AND policy_version = CAST(:policy_version AS bigint))"
)
_DAY = _CAST["business_day"]
_ELIGIBLE = (  # StoreRecord.why_not in SQL
    "EXISTS (SELECT 1 FROM store s WHERE s.id = :store_id AND s.cloud_shop AND NOT "
    "s.coordinates_withdrawn"
    f" AND (s.status = 'active' OR s.status = 'paused' AND s.paused_until < {_DAY} OR s.status = "
    f"'closed' AND s.closed_on > {_DAY})"
    f" AND (s.closed_on IS NULL OR s.closed_on > {_DAY}) AND (s.opened_on IS NULL OR s.opened_on "
    f"<= {_DAY})"
    " AND EXISTS (SELECT 1 FROM dealer_contract d WHERE d.store_id = s.id AND d.version_to IS "
    "NULL AND d.dealer_id = :dealer_id"
    f" AND (d.valid_from IS NULL OR d.valid_from <= {_DAY}) AND (d.valid_to IS NULL OR d.valid_to "
    f"> {_DAY})))"
)


def _guard(shape: Shape) -> str:
    if not shape.by_eligibility:
        return _UNCHANGED
    return "1 = 1" if shape.picker else _ELIGIBLE


def _left_behind(shape: Shape) -> dict[str, str]:
    """Columns of the customer's state that the visit changes."""
    found = {}
    if shape.visited:
        found |= {
            "last_store_id": _CAST["store_id"],
            "last_visit_at": _CAST["occurred_at"],
            "last_guide_id": _CAST["guide_id"],
        }
    if shape.with_param:
        found |= {
            "param_store_id": _CAST["param_store_id"],
            "param_guide_id": _CAST["param_guide_id"],
            "param_channel_id": _CAST["channel_id"],
            "param_at": _CAST["occurred_at"],
        }
    return found


def _insert(table: str, columns: tuple[str, ...], source: str, **replace: str) -> str:
    values = ", ".join(replace.get(name) or _CAST.get(name) or f":{name}" for name in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}{source}"


def _first(shape: Shape) -> str:
    """What decides whether the write counts; returns the customer's id if so."""
    if shape.known:
        changes = "".join(f", {name} = {value}" for name, value in _left_behind(shape).items())
        return (
            f"UPDATE customer_state SET rv = rv + 1{changes} WHERE customer_id = :customer AND rv "
            "= "
            f":rv AND {_guard(shape)} RETURNING customer_id"
        )
    return (
        "INSERT INTO customer (customer_id, employee, created_at) SELECT :customer_text, FALSE, "
        f"{_CAST['recorded_at']} WHERE {_guard(shape)} "
        "ON CONFLICT (customer_id) DO NOTHING RETURNING id"
    )


def _rest(shape: Shape, source: str, customer: str) -> list[str]:
    """The other inserts; `source` is the FROM clause that makes them depend on the first,
    `customer` his id there."""
    found = []
    if not shape.known:
        left = {"customer_id": customer, "rv": "1", "no_switch": "FALSE", **_left_behind(shape)}
        found.append(_insert("customer_state", tuple(left), source, **left))
    found += [
        _insert(
            "customer_identity",
            ("kind", "value", "customer_id"),
            source,
            kind=f":mk{n}",
            value=f":mv{n}",
            customer_id=customer,
        )
        for n in range(shape.links)
    ]
    found.append(_insert("entry", _ENTRY, source, customer_id=customer))
    if shape.located:
        found.append(_insert("entry_point", _POINT, source))
    found.append(_insert("entry_trace", _TRACE, source))
    if shape.keyed:
        found.append(
            _insert(
                "idempotency_key",
                ("key", "body_hash", "status", "reference", "created_at"),
                source,
                status="201",
                reference=":entry_id",
                created_at=_CAST["recorded_at"],
            )
        )
    return found


@cache
def _postgresql_statement(shape: Shape) -> str:
    """One statement; it returns a row when it counted."""
    rest = ", ".join(
        f"w{n} AS ({sql})" for n, sql in enumerate(_rest(shape, " FROM who", "who.id"))
    )
    return f"WITH who (id) AS ({_first(shape)}), {rest} SELECT id FROM who"


@cache
def _sqlite_statements(shape: Shape) -> tuple[str, list[str]]:
    """CAST would turn a day or a moment into a number there, and no parameter needs a type."""

    def plain(sql: str) -> str:
        for name, cast in _CAST.items():
            sql = sql.replace(cast, f":{name}")
        return sql

    return plain(_first(shape)), [plain(sql) for sql in _rest(shape, "", ":customer")]
