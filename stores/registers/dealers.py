"""The register of dealers with their default terms (D4, D6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from ledger.bulk import allocate, insert_rows, update_rows
from stores.base.actors import Actor
from stores.imports.cells import CLEAR
from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome
from stores.network.branches import branch
from stores.network.dealers import (
    DEFAULT_CHANNEL_FEE_BP,
    DEFAULT_COLLECTION_MODE,
    DEFAULT_EXPRESS_RULE,
    DEFAULT_EXPRESS_SPLIT_BP,
    DEFAULT_PLATFORM_FEE_BP,
    dealer,
)
from stores.network.found_by import folded_of
from stores.registers.saving import WHOLE_TABLE, Plan, complete, ids_by_code, save

DEFAULTS: dict[str, Any] = {
    "platform_fee_bp": DEFAULT_PLATFORM_FEE_BP,
    "channel_fee_bp": DEFAULT_CHANNEL_FEE_BP,
    "collection_mode": DEFAULT_COLLECTION_MODE,
    "express_rule": DEFAULT_EXPRESS_RULE,
    "express_split_bp": DEFAULT_EXPRESS_SPLIT_BP,
}
FACTS = ("name", "branch_id", *DEFAULTS)


def apply(
    rows: Sequence[Row],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    accept: bool = True,
) -> Outcome:
    """Upsert by dealer_code; an empty cell of a term takes the default. Raises Refused: unknown
    branch, fees above the whole."""
    return save("dealers", plan, rows, actor=actor, now=now, dry_run=dry_run, accept=accept)


def plan(connection: Connection, rows: Sequence[Row], now: dt.datetime) -> Plan:
    codes = [row.values["dealer_code"] for row in rows]
    query = (
        select(dealer)
        if len(codes) > WHOLE_TABLE
        else select(dealer).where(dealer.c.dealer_code.in_(codes))
    )
    stored = {row.dealer_code: row._mapping for row in connection.execute(query)}
    branches = ids_by_code(connection, branch, {row.get("branch_code") for row in rows} - {None})
    new, changed, faults = [], [], FaultList()
    for row in rows:
        before = stored.get(row.values["dealer_code"])
        after = _merged(row, before, branches, faults)
        if before is None:
            complete(row, ("name",), "dealer", faults)
            new.append(
                {
                    "dealer_code": row.values["dealer_code"],
                    **after,
                    "folded": folded_of(row.values["dealer_code"], after["name"]),
                }
            )
        elif any(before[name] != after[name] for name in FACTS):
            changed.append(
                {
                    "id": before["id"],
                    **after,
                    "folded": folded_of(before["dealer_code"], after["name"]),
                }
            )

    def write(connection: Connection, version: int) -> None:
        for each, key in zip(new, allocate(connection, dealer, len(new)), strict=True):
            each["id"] = key
        insert_rows(connection, dealer, new)
        update_rows(connection, dealer, changed)

    return Plan(Outcome(len(new), len(changed), len(rows) - len(new) - len(changed)), faults, write)


def _merged(row: Row, before: Any, branches: dict[str, int], faults: FaultList) -> dict[str, Any]:
    after = (
        {"name": None, "branch_id": None, **DEFAULTS}
        if before is None
        else {name: before[name] for name in FACTS}
    )
    for name in ("name", *DEFAULTS):
        if name in row.values:
            value = row.values[name]
            after[name] = DEFAULTS[name] if value is CLEAR else value
    if "branch_code" in row.values:
        code = row.get("branch_code")
        after["branch_id"] = branches.get(code) if code else None
        if code and code not in branches:
            faults.add(row.line, "branch_code", code, "is no known branch; import branches first")
    fees = after["platform_fee_bp"] + after["channel_fee_bp"]
    if fees > 10_000:
        faults.add(
            row.line,
            "platform_fee_bp",
            str(after["platform_fee_bp"]),
            f"makes {fees} basis points with the channel fee; together they are at most 10000",
        )
    return after
