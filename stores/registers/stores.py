"""The register of stores: current rows, their revisions by network version, and the dealer contract
of each (A2, A3, A11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection, insert, literal, select, update

import db
from ledger.bulk import allocate, insert_rows, update_rows
from stores.base.actors import SYSTEM, Actor
from stores.base.brand import business_day
from stores.customers import following, notices
from stores.imports.cells import CLEAR
from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome
from stores.network import closings, pauses
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.found_by import folded_of
from stores.network.stores import FACTS, store, store_revision
from stores.registers.contracts import Contract, UnsoundContract, contracts_after
from stores.registers.saving import (
    WHOLE_TABLE,
    Plan,
    complete,
    end_versions,
    ids_by_code,
    pieces,
    save,
)

DEFAULTS: dict[str, Any] = {"status": "active", "cloud_shop": True, "priority": 0}
PLAIN = (
    "name",
    "crs",
    "country",
    "region_code",
    "address",
    "status",
    "cloud_shop",
    "opened_on",
    "closed_on",
    "paused_until",
    "priority",
    "daily_capacity",
    "service_radius_m",
    "hours",
    "timezone",
    "cloud_shop_url",
)  # columns of the file that are columns of the table
NOTHING: dict[str, Any] = {**dict.fromkeys(FACTS), **DEFAULTS, "coordinates_withdrawn": False}
TERMS = ("platform_fee_bp", "channel_fee_bp", "collection_mode")


def apply(
    rows: Sequence[Row],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    accept: bool = True,
) -> Outcome:
    """Upsert by store_code. A successor may stand later in the file. A new store needs name,
    dealer_code and a point. Raises Refused: unknown dealer, branch or successor; a contract or
    closing that cannot begin on its day."""
    return save(
        "stores",
        partial(plan, actor=actor.name),
        rows,
        actor=actor,
        now=now,
        dry_run=dry_run,
        accept=accept,
    )


@dataclass(slots=True)
class _Writing:
    """A successor that is new itself stands as its code (text) in `successor_store_id` until the
    ids are known."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    renamed: list[dict[str, Any]] = field(default_factory=list)  # what they are found by
    ended_contracts: list[int] = field(default_factory=list)
    contracts: list[tuple[int | str, Contract]] = field(
        default_factory=list
    )  # store id, or the code of a new store
    closed: list[tuple[int, int | str | None]] = field(default_factory=list)  # store id, successor
    reopened: list[int] = field(default_factory=list)
    paused: list[tuple[int | str, dt.date | None]] = field(
        default_factory=list
    )  # store id, or the code of a new store; its last day
    resumed: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the rows are compared with and refer to."""

    rows: dict[str, Mapping[str, Any]]
    contracts: dict[int, list[tuple[int, Contract]]]
    dealers: dict[str, int]
    branches: dict[str, int]
    successors: dict[str, int]


def plan(
    connection: Connection, rows: Sequence[Row], now: dt.datetime, actor: str = SYSTEM.name
) -> Plan:
    stored, today = _read(connection, rows), business_day(now)
    in_file = {row.values["store_code"] for row in rows}
    writing, faults, changed, paused = _Writing(), FaultList(), 0, list[_Pausing]()
    for row in rows:
        code = row.values["store_code"]
        before = stored.rows.get(code)
        after = _merged(row, before, stored, in_file, today, faults)
        if after is None:
            continue
        contract_changed = _plan_contract(row, before, stored, today, writing, faults)
        _plan_pause(before, after, writing)
        if (
            after["status"] == "paused"
            and after["paused_until"]
            and not row.values.keys().isdisjoint(("status", "paused_until"))
        ):
            paused.append((row, before, after["paused_until"]))
        if before is None:
            writing.new.append(after)
        elif any(before[name] != after[name] for name in FACTS):
            writing.changed.append(
                {"store_id": before["id"], **{name: after[name] for name in FACTS}}
            )
            if any(before[name] != after[name] for name in ("name", "address")):
                writing.renamed.append(
                    {
                        "id": before["id"],
                        "folded": folded_of(code, after["name"]),
                        "folded_address": folded_of(after["address"]),
                    }
                )
            changed += 1
            if _is_shut(after, today) and not _is_shut(before, today):
                writing.closed.append((before["id"], after["successor_store_id"]))
            elif _is_shut(before, today) and not _is_shut(after, today):
                writing.reopened.append(before["id"])
        else:
            changed += contract_changed
    outcome = Outcome(
        len(writing.new),
        changed,
        len(rows) - len(writing.new) - changed,
        _long_pauses(connection, paused, now),
    )
    return Plan(
        outcome,
        faults,
        lambda connection, version: _write(connection, writing, version, now, actor),
    )


def _read(connection: Connection, rows: Sequence[Row]) -> _Stored:
    codes = [row.values["store_code"] for row in rows]
    query, agreed = (
        select(store),
        select(dealer_contract).where(dealer_contract.c.version_to.is_(None)),
    )
    if len(codes) <= WHOLE_TABLE:
        query = query.where(store.c.store_code.in_(codes))
        agreed = agreed.where(
            dealer_contract.c.store_id.in_(select(store.c.id).where(store.c.store_code.in_(codes)))
        )
    contracts: dict[int, list[tuple[int, Contract]]] = {}
    for each in connection.execute(agreed):
        found = Contract(
            each.dealer_id,
            each.valid_from,
            each.valid_to,
            each.platform_fee_bp,
            each.channel_fee_bp,
            each.collection_mode,
        )
        contracts.setdefault(each.store_id, []).append((each.id, found))
    for several in contracts.values():
        several.sort(key=lambda pair: pair[1].valid_from or dt.date.min)

    def named(column: str) -> set[str]:
        return {row.get(column) for row in rows} - {None}

    return _Stored(
        {row.store_code: dict(row._mapping) for row in connection.execute(query)},
        contracts,
        ids_by_code(connection, dealer, named("dealer_code")),
        ids_by_code(connection, branch, named("branch_code")),
        ids_by_code(connection, store, named("successor_store_code")),
    )


def _merged(
    row: Row,
    before: Mapping[str, Any] | None,
    stored: _Stored,
    in_file: set[str],
    today: dt.date,
    faults: FaultList,
) -> dict[str, Any] | None:
    """All facts of the store once the row is applied; None for a new store without the columns it
    needs."""
    values = row.values
    if before is None and not complete(row, ("name", "dealer_code", "latitude"), "store", faults):
        return None
    after = dict(NOTHING) if before is None else {name: before[name] for name in FACTS}
    after["store_code"] = values["store_code"]
    for name in PLAIN:
        if name in values:
            value = values[name]
            after[name] = DEFAULTS.get(name) if value is CLEAR else value
    if row.point is not None:
        after |= {
            "latitude": row.point.latitude,
            "longitude": row.point.longitude,
            "source_latitude": float(values["latitude"]),
            "source_longitude": float(values["longitude"]),
        }
    after["branch_id"] = _reference(
        row, "branch_code", after["branch_id"], stored.branches, faults, "import branches first"
    )
    successors: Mapping[str, int | str] = stored.successors
    code = row.get("successor_store_code")
    if code and code not in successors and code in in_file:
        after["successor_store_id"] = code
    else:
        after["successor_store_id"] = _reference(
            row,
            "successor_store_code",
            after["successor_store_id"],
            successors,
            faults,
            "neither stored nor in this file",
        )
    _closing(row, before, after, today, faults)
    return after


def _reference(
    row: Row, column: str, kept: Any, known: Mapping[str, Any], faults: FaultList, advice: str
) -> Any:
    if column not in row.values:
        return kept
    code = row.get(column)
    if code is None:
        return None
    if code not in known:
        faults.add(row.line, column, code, f"is unknown; {advice}")
    return known.get(code)


def _closing(
    row: Row,
    before: Mapping[str, Any] | None,
    after: dict[str, Any],
    today: dt.date,
    faults: FaultList,
) -> None:
    """A store that is closed without a day is closed today; that day stays when the same row comes
    again, and goes when it reopens."""
    was_closed = before is not None and before["status"] == "closed"
    if after["status"] == "closed":
        if after["closed_on"] is None:
            after["closed_on"] = before["closed_on"] if before is not None and was_closed else today
    elif was_closed and not row.get("closed_on"):
        after["closed_on"] = None
    given = row.get("closed_on") or row.get("opened_on")
    if (
        given
        and after["opened_on"]
        and after["closed_on"]
        and after["closed_on"] < after["opened_on"]
    ):
        faults.add(
            row.line,
            "closed_on",
            str(after["closed_on"]),
            f"lies before opened_on ({after['opened_on']})",
        )


def _is_shut(facts: Mapping[str, Any], today: dt.date) -> bool:
    """Closed for good on that day (A2): a day to come does not close yet, and a day gone by does
    whatever the status says."""
    return (
        facts["closed_on"] is not None
        and facts["closed_on"] <= today
        or facts["status"] == "closed"
        and facts["closed_on"] is None
    )


def _plan_pause(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], writing: _Writing
) -> None:
    """A11: from when a store pauses, for longer or shorter, or serves again."""
    pauses_now = after["status"] == "paused"
    if pauses_now and (
        before is None
        or before["status"] != "paused"
        or before["paused_until"] != after["paused_until"]
    ):
        writing.paused.append(
            (after["store_code"] if before is None else before["id"], after["paused_until"])
        )
    elif before is not None and before["status"] == "paused" and not pauses_now:
        writing.resumed.append(before["id"])


_Pausing = tuple[
    Row, Mapping[str, Any] | None, dt.date
]  # the row, the store as stored, the last day of its pause


def _long_pauses(connection: Connection, paused: Sequence[_Pausing], now: dt.datetime) -> FaultList:
    """A11: a pause lasts at most 30 days, those before a prolongation included. A warning: the day
    may be meant."""
    warnings, most = FaultList(), pauses.LONGEST.days
    known = (
        pauses.load(connection)
        if any(before is not None and before["status"] == "paused" for _, before, _ in paused)
        else {}
    )
    for row, before, last in paused:
        running = (
            next((p for p in known.get(before["id"], ()) if p.start <= now <= p.end), None)
            if before is not None
            else None
        )
        days = (last - business_day(running.start if running is not None else now)).days
        if days > most:
            warnings.add(
                row.line,
                "paused_until",
                last.isoformat(),
                f"lies {days} days after the pause begins; a pause lasts at most {most} days: "
                "name an earlier day, or close the store with a successor",
            )
    return warnings


def _plan_contract(
    row: Row,
    before: Mapping[str, Any] | None,
    stored: _Stored,
    today: dt.date,
    writing: _Writing,
    faults: FaultList,
) -> bool:
    """Whether contracts change; adds to `writing`."""
    known = stored.contracts.get(before["id"], []) if before is not None else []
    if "dealer_code" in row.values:
        dealer_id = stored.dealers.get(row.values["dealer_code"])
        if dealer_id is None:
            faults.add(
                row.line,
                "dealer_code",
                row.values["dealer_code"],
                "is no known dealer; import dealers first",
            )
            return False
    elif known and "contract_from" in row.values:
        dealer_id = known[-1][1].dealer_id
    else:
        return False
    present = [contract for _, contract in known]
    try:
        wanted = contracts_after(
            present,
            dealer_id,
            row.get("contract_from"),
            today,
            cleared=row.values.get("contract_from") is CLEAR,
        )
    except UnsoundContract as reason:
        faults.add(row.line, "contract_from", str(row.get("contract_from") or ""), str(reason))
        return False
    if wanted == present:
        return False
    key = before["id"] if before is not None else row.values["store_code"]
    writing.ended_contracts += [
        contract_id for contract_id, contract in known if contract not in wanted
    ]
    writing.contracts += [(key, contract) for contract in wanted if contract not in present]
    return True


# -- writing ---------------------------------------------------------------------------------------


def _write(
    connection: Connection, writing: _Writing, version: int, now: dt.datetime, actor: str
) -> None:
    ids = dict(
        zip(
            (each["store_code"] for each in writing.new),
            allocate(connection, store, len(writing.new)),
            strict=True,
        )
    )
    _insert_new(connection, writing.new, ids, version)
    _revise(
        connection,
        [
            each
            | {
                "successor_store_id": ids.get(
                    each["successor_store_id"], each["successor_store_id"]
                )
            }
            for each in writing.changed
        ],
        version,
    )
    update_rows(connection, store, writing.renamed)
    end_versions(connection, dealer_contract, writing.ended_contracts, version)
    insert_rows(
        connection,
        dealer_contract,
        [
            {
                "store_id": ids[key] if isinstance(key, str) else key,
                "dealer_id": each.dealer_id,
                "valid_from": each.valid_from,
                "valid_to": each.valid_to,
                **{name: getattr(each, name) for name in TERMS},
                "version_from": version,
            }
            for key, each in writing.contracts
        ],
    )
    closed: list[tuple[int, Any]] = [
        (store_id, ids.get(successor, successor)) for store_id, successor in writing.closed
    ]  # type: ignore[call-overload]
    closings.record(connection, closed, writing.reopened, now=now, actor=actor, version=version)
    notices.tell_closed(connection, closed, business_day(now), now)
    pauses.record(
        connection,
        [
            *(
                (ids[key] if isinstance(key, str) else key, pauses.end_of(last, now))
                for key, last in writing.paused
            ),
            *((store_id, now) for store_id in writing.resumed),
        ],
        now=now,
        actor=actor,
        version=version,
    )
    moved = [
        *(store_id for store_id, _ in writing.closed),
        *writing.reopened,
        *(key for key, _ in writing.paused if not isinstance(key, str)),
        *writing.resumed,
    ]
    if moved:
        db.after_commit(lambda: following.follow_stores(moved, now))


def _insert_new(
    connection: Connection, new: list[dict[str, Any]], ids: dict[str, int], version: int
) -> None:
    """Stores first, then those successors that are new themselves, then the first revision of each
    from its row."""
    if not new:
        return
    later = [
        {"id": ids[each["store_code"]], "successor_store_id": ids[each["successor_store_id"]]}
        for each in new
        if isinstance(each["successor_store_id"], str)
    ]
    insert_rows(
        connection,
        store,
        [
            {
                **each,
                "id": ids[each["store_code"]],
                "folded": folded_of(each["store_code"], each["name"]),
                "folded_address": folded_of(each["address"]),
                "successor_store_id": None
                if isinstance(each["successor_store_id"], str)
                else each["successor_store_id"],
            }
            for each in new
        ],
    )
    update_rows(connection, store, later)
    first = min(ids.values())  # the version is held: no other store came after it
    columns = ["store_id", *FACTS, "version_from"]
    connection.execute(
        insert(store_revision).from_select(
            columns,
            select(store.c.id, *(store.c[name] for name in FACTS), literal(version)).where(
                store.c.id >= first
            ),
        )
    )


def _revise(connection: Connection, changed: list[dict[str, Any]], version: int) -> None:
    """The open revision of each ends, the new one begins, and the current row repeats it."""
    for some in pieces(each["store_id"] for each in changed):
        connection.execute(
            update(store_revision)
            .where(store_revision.c.store_id.in_(some), store_revision.c.version_to.is_(None))
            .values(version_to=version)
        )
    insert_rows(connection, store_revision, [{**each, "version_from": version} for each in changed])
    for some in pieces(each["store_id"] for each in changed):
        connection.execute(
            update(store)
            .where(
                store.c.id == store_revision.c.store_id,
                store_revision.c.store_id.in_(some),
                store_revision.c.version_from == version,
            )
            .values({name: store_revision.c[name] for name in FACTS})
        )
