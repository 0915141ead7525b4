"""What became of a store, a dealer, a guide: changes version by version from the revisions, and
what the audit log says beside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from ledger.audit import audit_log
from stores.base.versions import network_change
from stores.facts.customers import customer_state
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.guides import employment, guide
from stores.network.offers import store_offer
from stores.network.stores import FACTS, store, store_revision

LATEST = 50
LATEST_OFFERS = 200
QUIET = frozenset(
    {"latitude", "longitude", "crs", "source_latitude", "source_longitude"}
)  # said together as one move


@dataclass(frozen=True, slots=True)
class Change:
    """One version. `fields`: (name, before, after), values as stored, references as codes; empty
    for the first version, which made it."""

    version: int
    at: dt.datetime | None
    actor: str
    fields: tuple[tuple[str, Any, Any], ...]
    made: bool = False


def of_store(connection: Connection, store_id: int) -> list[Change]:
    """The latest changes of a store's facts, of its dealer and of its promotions and ranges, newest
    first."""
    r, n = store_revision.c, network_change.c
    query = (
        select(
            store_revision,
            n.at,
            n.actor,
            branch.c.branch_code,
            store.c.store_code.label("successor_code"),
        )
        .outerjoin(network_change, n.version == r.version_from)
        .outerjoin(branch, branch.c.id == r.branch_id)
        .outerjoin(store, store.c.id == r.successor_store_id)
        .where(r.store_id == store_id)
        .order_by(r.version_from.desc())
        .limit(LATEST + 1)
    )
    rows = connection.execute(query).all()
    found = {
        row.version_from: Change(
            row.version_from, row.at, row.actor or "", _differences(before, row), before is None
        )
        for row, before in zip(rows, [*rows[1:], None], strict=True)
    }
    for version, at, actor, fields in (
        *_dealers_of(connection, store_id),
        *_offers_of(connection, store_id),
    ):
        known = found.get(version)
        if known is None:
            found[version] = Change(version, at, actor, fields)
        elif not known.made:
            found[version] = Change(version, known.at, known.actor, (*known.fields, *fields))
    return [found[version] for version in sorted(found, reverse=True)][:LATEST]


def _differences(before: Any, after: Any) -> tuple[tuple[str, Any, Any], ...]:
    if before is None:
        return ()
    old, new = _readable(before), _readable(after)
    return tuple((name, old[name], new[name]) for name in new if old[name] != new[name])


def _readable(row: Any) -> dict[str, Any]:
    plain = {
        name: getattr(row, name) for name in FACTS if name not in QUIET and not name.endswith("_id")
    }
    return {
        **plain,
        "branch_code": row.branch_code,
        "successor_store_code": row.successor_code,
        "position": (round(row.latitude, 6), round(row.longitude, 6)),
    }


def _dealers_of(
    connection: Connection, store_id: int
) -> list[tuple[int, dt.datetime | None, str, tuple[tuple[str, Any, Any], ...]]]:
    """(version, at, actor, fields) for each version that made a contract of another dealer."""
    c, n = dealer_contract.c, network_change.c
    query = (
        select(c.version_from, c.valid_from, dealer.c.dealer_code, n.at, n.actor)
        .join(dealer, dealer.c.id == c.dealer_id)
        .outerjoin(network_change, n.version == c.version_from)
        .where(c.store_id == store_id)
        .order_by(c.version_from, func.coalesce(c.valid_from, dt.date.min))
    )
    found, before = [], None
    for row in connection.execute(query):
        if row.dealer_code != before and before is not None:
            found.append(
                (
                    row.version_from,
                    row.at,
                    row.actor or "",
                    (("dealer_code", before, row.dealer_code),),
                )
            )
        before = row.dealer_code
    return found


def _offers_of(
    connection: Connection, store_id: int
) -> list[tuple[int, dt.datetime | None, str, tuple[tuple[str, Any, Any], ...]]]:
    """(version, at, actor, fields) of the latest changes of promotions and ranges; values are
    (reference, on, first day, last day)."""
    o, n = store_offer.c, network_change.c
    touched: dict[int, dict[tuple[str, str], list[Any]]] = {}
    for row in connection.execute(
        select(store_offer).where(o.store_id == store_id).order_by(o.id.desc()).limit(LATEST_OFFERS)
    ):
        value = (row.reference, row.switched_on, row.valid_from, row.valid_to)
        touched.setdefault(row.version_from, {}).setdefault(
            (row.kind, row.reference), [None, None]
        )[1] = value
        if row.version_to is not None:
            touched.setdefault(row.version_to, {}).setdefault(
                (row.kind, row.reference), [None, None]
            )[0] = value
    made = {
        r.version: r
        for r in connection.execute(
            select(n.version, n.at, n.actor).where(
                n.version.in_(sorted(touched, reverse=True)[:LATEST])
            )
        )
    }
    return [
        (
            version,
            made[version].at,
            made[version].actor,
            tuple((kind, *pair) for (kind, _), pair in sorted(touched[version].items())),
        )
        for version in sorted(made)
    ]


def audited(connection: Connection, kind: str, code: str) -> Sequence[Row[Any]]:
    """Deeds that named exactly this branch, dealer, guide or store (a file of many names its
    version instead), newest first: at, actor, action, detail."""
    a = audit_log.c
    return connection.execute(
        select(a.at, a.actor, a.action, a.detail)
        .where(a.object_kind == kind, a.object_id == code)
        .order_by(a.id.desc())
        .limit(LATEST)
    ).all()


def jobs_of(connection: Connection, guide_id: int) -> Sequence[Row[Any]]:
    """Where a guide worked and works, newest first; `valid_to` is the first day after,
    `customers_follow` what was decided when he came (B10)."""
    e = employment.c
    query = select(
        e.role,
        e.valid_from,
        e.valid_to,
        e.customers_follow,
        store.c.store_code,
        store.c.name.label("store_name"),
    ).join(store, store.c.id == e.store_id)
    return connection.execute(
        query.where(e.guide_id == guide_id, e.version_to.is_(None)).order_by(
            func.coalesce(e.valid_from, dt.date.min).desc()
        )
    ).all()


def customers(connection: Connection, store_id: int, now: dt.datetime) -> Mapping[str, int]:
    """`home`: customers at home here now; `protected`: of them inside the protection period
    (B3)."""
    s = customer_state.c
    at_home = (s.home_store_id == store_id, s.home_valid_until > now)
    query = select(
        func.count().label("home"),
        func.count().filter(s.home_protected_until > now).label("protected"),
    ).where(*at_home)
    return {name: int(value) for name, value in connection.execute(query).one()._mapping.items()}


def owned(connection: Connection, guide_id: int, now: dt.datetime) -> Mapping[str, int]:
    """`owner`: customers this guide owns now; `protected`: of them inside the protection period
    (B1, B3)."""
    s = customer_state.c
    query = select(
        func.count().label("owner"),
        func.count().filter(s.owner_protected_until > now).label("protected"),
    ).where(s.owner_guide_id == guide_id, s.owner_valid_until > now)
    return {name: int(value) for name, value in connection.execute(query).one()._mapping.items()}


def at_work(connection: Connection, store_id: int, today: dt.date) -> int:
    g = guide.c
    return int(
        connection.execute(
            select(func.count()).where(
                g.store_id == store_id, or_(g.left_on.is_(None), g.left_on >= today)
            )
        ).scalar_one()
    )
