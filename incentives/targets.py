"""Targets by month, level and metric (C8), with the time they were known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Table, and_, or_, select, text, update

import db
from ledger import audit, schema
from ledger.bulk import insert_rows
from ledger.faults import Conflict, InvalidInput, NotFound
from ledger.money import LARGEST_TARGET
from ledger.pieces import pieces
from stores.base.actors import Actor
from stores.base.brand import brand, business_day
from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome, Refused
from stores.network.branches import branch
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.stores import store
from stores.registers.saving import ids_by_code

LARGEST = LARGEST_TARGET
CHUNK = 1_000
TARGETS_LOCK = 0x0D00_0746  # pg_advisory_xact_lock key: imports of targets take turns

target = Table(
    "target",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("period", schema.Code(7), nullable=False),
    Column("level", schema.Code(8), nullable=False),  # guide, store, dealer, branch
    Column("subject_id", BigInteger, nullable=False),
    Column("metric", schema.Code(32), nullable=False),
    Column(
        "target", BigInteger, nullable=False
    ),  # in the metric's smallest unit: money in minor units, rates in basis points
    Column("recorded_at", schema.Instant, nullable=False),
    Column("superseded_at", schema.Instant),
)
Index("ix_target_subject", target.c.period, target.c.level, target.c.subject_id)


LEVELS = {"guide": guide, "store": store, "dealer": dealer, "branch": branch}
MONEY = ("net_sales",)
SET_IN_STORE = ("adds", "net_sales")  # what a manager sets for his guides
LOCK_DAY = 5
RATES = ("adds_lost_rate", "reply_rate", "refund_rate")  # given in percent
Key = tuple[str, str, int, str]


def apply(
    rows: Sequence[Row],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    accept: bool = True,
) -> Outcome:
    """Upsert by (period, level, code, metric): a changed target supersedes the former, which stays
    known. Nothing about a target is doubtful: `accept` is there for the import's sake. Raises
    Refused, NotAllowed."""
    actor.require("import:write")
    return _save(rows, actor, now, dry_run, ("import_targets", "target", f"{len(rows)} rows"))


def set_for_store(
    period: str,
    store_id: int,
    wanted: Mapping[tuple[str, str], Decimal],
    *,
    actor: Actor,
    now: dt.datetime,
) -> Outcome:
    """A month's targets of a store's guides, by (guide code, metric); money in whole units of the
    currency; 0 takes a target away (C8, S4).

    Raises NotAllowed; NotFound for a store or guide outside the actor's rows; Conflict once the
    month is locked; Refused for a wrong figure."""
    actor.require("target:write")
    if actor.scope_kind != "all" and (actor.scope_kind, actor.scope_id) != ("store", store_id):
        raise NotFound("There is no such store.")
    if actor.scope_kind != "all" and locked(period, business_day(now)):
        raise Conflict(
            f"Targets of {period} are locked since day {LOCK_DAY} of the month; headquarters can "
            "still change them.",
            code="targets_locked",
        )
    if any(metric not in SET_IN_STORE for _, metric in wanted):
        raise InvalidInput(f"A store sets {', '.join(SET_IN_STORE)} only.", code="unknown_metric")
    codes = {code for code, _ in wanted}
    with db.read() as connection:
        known = set(
            connection.execute(
                select(guide.c.guide_code).where(
                    guide.c.store_id == store_id, guide.c.guide_code.in_(codes)
                )
            ).scalars()
        )
    if codes - known:
        raise NotFound(f"No guide {min(codes - known)!r} works in this store.")
    rows = [
        Row(
            n, {"period": period, "level": "guide", "code": code, "metric": metric, "target": value}
        )
        for n, ((code, metric), value) in enumerate(sorted(wanted.items()), 1)
    ]
    return _save(rows, actor, now, False, ("set_targets", "store", store_id), period=period)


def locked(period: str, today: dt.date) -> bool:
    """S4: after day 5 of the month only headquarters changes its targets."""
    return today > dt.date.fromisoformat(f"{period}-{LOCK_DAY:02}")


def of_store(
    connection: Connection, period: str, store_id: int, guide_ids: Sequence[int]
) -> dict[tuple[str, int, str], int]:
    """Targets in force by (level, id, metric), of the store and of these guides, in the metric's
    smallest unit."""
    t = target.c
    query = select(t.level, t.subject_id, t.metric, t.target).where(
        t.period == period,
        t.superseded_at.is_(None),
        or_(
            and_(t.level == "store", t.subject_id == store_id),
            and_(t.level == "guide", t.subject_id.in_(guide_ids)),
        ),
    )
    return {(r.level, r.subject_id, r.metric): int(r.target) for r in connection.execute(query)}


def exported(connection: Connection) -> Iterator[dict[str, str]]:
    """Targets in force as rows of their file, of the whole chain."""
    t = target.c
    codes = {
        level: {
            row.id: row[1]
            for row in connection.execute(select(table.c.id, table.c[f"{table.name}_code"]))
        }
        for level, table in LEVELS.items()
    }
    after = 0
    while some := connection.execute(
        select(target).where(t.superseded_at.is_(None), t.id > after).order_by(t.id).limit(CHUNK)
    ).all():
        for row in some:
            decimals = brand().decimals if row.metric in MONEY else 2 if row.metric in RATES else 0
            yield {
                "period": row.period,
                "level": row.level,
                "code": codes[row.level][row.subject_id],
                "metric": row.metric,
                "target": format(Decimal(row.target).scaleb(-decimals), "f"),
            }
        after = some[-1].id


def _save(
    rows: Sequence[Row],
    actor: Actor,
    now: dt.datetime,
    dry_run: bool,
    deed: tuple[str, str, str | int],
    **detail: str,
) -> Outcome:
    with db.transaction() if not dry_run else db.read() as connection:
        if not dry_run and db.lock_clause(connection):
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": TARGETS_LOCK})
        ended, new, outcome = _plan(connection, rows, now)
        if not dry_run and outcome.effective:
            for some in pieces(ended):
                connection.execute(
                    update(target).where(target.c.id.in_(some)).values(superseded_at=now)
                )
            insert_rows(connection, target, new)
            audit.record(
                connection,
                actor.name,
                *deed,
                {"new": outcome.new, "changed": outcome.changed, **detail},
                at=now,
            )
    return outcome


def _plan(
    connection: Connection, rows: Sequence[Row], now: dt.datetime
) -> tuple[list[int], list[dict[str, Any]], Outcome]:
    """Ids that are superseded, rows that begin, counts."""
    codes: dict[str, set[str]] = {}
    for row in rows:
        codes.setdefault(row.values["level"], set()).add(row.values["code"])
    ids = {level: ids_by_code(connection, LEVELS[level], named) for level, named in codes.items()}
    known = _in_force(connection, {row.values["period"] for row in rows})
    ended, new, changed, faults = [], [], 0, FaultList()
    for row in rows:
        period, level, code, metric = (
            row.values[name] for name in ("period", "level", "code", "metric")
        )
        if code not in ids[level]:
            faults.add(row.line, "code", code, f"is no known {level}")
            continue
        value = _smallest_unit(row, faults)
        before = known.get((period, level, ids[level][code], metric))
        if before is not None and before.target == value:
            continue
        if before is not None:
            ended.append(before.id)
            changed += 1
        new.append(
            {
                "period": period,
                "level": level,
                "subject_id": ids[level][code],
                "metric": metric,
                "target": value,
                "recorded_at": now,
            }
        )
    if faults:
        raise Refused(faults)
    return ended, new, Outcome(len(new) - changed, changed, len(rows) - len(new))


def _in_force(connection: Connection, periods: set[str]) -> dict[Key, Any]:
    query = select(target).where(
        target.c.period.in_(sorted(periods)), target.c.superseded_at.is_(None)
    )
    return {
        (found.period, found.level, found.subject_id, found.metric): found
        for found in connection.execute(query)
    }


def _smallest_unit(row: Row, faults: FaultList) -> int:
    """Money in minor units, rates in basis points, anything else whole."""
    metric, given = row.values["metric"], row.values["target"]
    factor = 10 ** brand().decimals if metric in MONEY else 100 if metric in RATES else 1
    value = given * factor
    if value != value.to_integral_value():
        unit = (
            f"at most {brand().decimals} decimals"
            if metric in MONEY
            else "percent with at most 2 decimals"
            if metric in RATES
            else "a whole number"
        )
        faults.add(row.line, "target", str(given), f"is too fine; {metric} takes {unit}")
    if metric in RATES and given > 100:
        faults.add(row.line, "target", str(given), "is above 100 percent")
    if value > LARGEST:
        faults.add(
            row.line, "target", str(given), "is above the largest target that is kept, 10^14"
        )
        return 0
    return int(value)
