"""The register of stores: current rows, their revisions by network version, and the dealer contract
of each (A2, A3, A11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from stores.base.actors import SYSTEM, Actor
from stores.base.brand import business_day
from stores.imports.cells import CLEAR
from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome
from stores.network import pauses
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.found_by import folded_of
from stores.network.stores import FACTS, store
from stores.registers.contracts import Contract, UnsoundContract, contracts_after
from stores.registers.saving import (
    WHOLE_TABLE,
    Plan,
    ids_by_code,
    save,
)
from stores.registers.store_facts import Stored, is_shut, merged
from stores.registers.store_writing import Writing, write


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


def plan(
    connection: Connection, rows: Sequence[Row], now: dt.datetime, actor: str = SYSTEM.name
) -> Plan:
    stored, today = _read(connection, rows), business_day(now)
    in_file = {row.values["store_code"] for row in rows}
    writing, faults, changed, paused = Writing(), FaultList(), 0, list[_Pausing]()
    for row in rows:
        code = row.values["store_code"]
        before = stored.rows.get(code)
        after = merged(row, before, stored, in_file, today, faults)
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
            if is_shut(after, today) and not is_shut(before, today):
                writing.closed.append((before["id"], after["successor_store_id"]))
            elif is_shut(before, today) and not is_shut(after, today):
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
        lambda connection, version: write(connection, writing, version, now, actor),
    )


def _read(connection: Connection, rows: Sequence[Row]) -> Stored:
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

    return Stored(
        {row.store_code: dict(row._mapping) for row in connection.execute(query)},
        contracts,
        ids_by_code(connection, dealer, named("dealer_code")),
        ids_by_code(connection, branch, named("branch_code")),
        ids_by_code(connection, store, named("successor_store_code")),
    )


def _plan_pause(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], writing: Writing
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
    stored: Stored,
    today: dt.date,
    writing: Writing,
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
