"""The terms of single contracts: fees and collection of one store, from a day on or since its
contract began (D4, D6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from ledger.bulk import insert_rows
from ledger.pieces import pieces
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.imports.cells import CLEAR
from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.stores import store
from stores.registers.contracts import Contract, UnsoundContract, in_order, with_terms
from stores.registers.saving import Plan, end_versions, ids_by_code, save

TERMS = ("platform_fee_bp", "channel_fee_bp", "collection_mode")


def apply(
    rows: Sequence[Row],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    accept: bool = True,
) -> Outcome:
    """Terms by store_code; an empty cell takes the dealer's own. `terms_from` begins a new part of
    the contract on that day; without it, or on its first day, the contract of today is corrected as
    it stands. Raises Refused: no such store or contract, fees above the whole."""
    return save("terms", plan, rows, actor=actor, now=now, dry_run=dry_run, accept=accept)


def plan(connection: Connection, rows: Sequence[Row], now: dt.datetime) -> Plan:
    today, faults = business_day(now), FaultList()
    stores = ids_by_code(connection, store, {row.values["store_code"] for row in rows})
    stored = _stored(connection, sorted(stores.values()))
    own = {
        row.id: row
        for row in connection.execute(select(dealer.c.id, *(dealer.c[name] for name in TERMS)))
    }
    ended: list[int] = []
    begun: list[dict[str, Any]] = []
    changed = 0
    for row in rows:
        store_id = stores.get(row.values["store_code"])
        known = stored.get(store_id, []) if store_id is not None else []
        if not known:
            faults.add(
                row.line,
                "store_code",
                row.values["store_code"],
                "is no known store; import stores first"
                if store_id is None
                else "has no contract; name its dealer first",
            )
            continue
        given = {
            name: None if row.values[name] is CLEAR else row.values[name]
            for name in TERMS
            if name in row.values
        }
        present = [contract for _, contract in known]
        try:
            wanted = with_terms(present, given, row.get("terms_from"), today)
        except UnsoundContract as reason:
            faults.add(row.line, "terms_from", str(row.get("terms_from") or ""), str(reason))
            continue
        if wanted == present:
            continue
        _refuse_more_than_all(row, [each for each in wanted if each not in present], own, faults)
        changed += 1
        ended += [contract_id for contract_id, contract in known if contract not in wanted]
        begun += [
            {
                "store_id": store_id,
                "dealer_id": each.dealer_id,
                "valid_from": each.valid_from,
                "valid_to": each.valid_to,
                **{name: getattr(each, name) for name in TERMS},
            }
            for each in wanted
            if each not in present
        ]

    def write(connection: Connection, version: int) -> None:
        end_versions(connection, dealer_contract, ended, version)
        insert_rows(
            connection, dealer_contract, [{**each, "version_from": version} for each in begun]
        )

    return Plan(Outcome(0, changed, len(rows) - changed), faults, write)


def _stored(
    connection: Connection, store_ids: Sequence[int]
) -> dict[int, list[tuple[int, Contract]]]:
    c, found = dealer_contract.c, dict[int, list[tuple[int, Contract]]]()
    for some in pieces(store_ids):
        for row in connection.execute(
            select(dealer_contract).where(c.version_to.is_(None), c.store_id.in_(some))
        ):
            contract = Contract(
                row.dealer_id, row.valid_from, row.valid_to, *(getattr(row, name) for name in TERMS)
            )
            found.setdefault(row.store_id, []).append((row.id, contract))
    return {
        key: sorted(several, key=lambda pair: in_order(pair[1])) for key, several in found.items()
    }


def _refuse_more_than_all(
    row: Row, coming: Sequence[Contract], own: Any, faults: FaultList
) -> None:
    for each in coming:
        usual = own[each.dealer_id]
        whole = replace(
            each,
            platform_fee_bp=usual.platform_fee_bp
            if each.platform_fee_bp is None
            else each.platform_fee_bp,
            channel_fee_bp=usual.channel_fee_bp
            if each.channel_fee_bp is None
            else each.channel_fee_bp,
        )
        fees = (whole.platform_fee_bp or 0) + (whole.channel_fee_bp or 0)
        if fees > 10_000:
            faults.add(
                row.line,
                "platform_fee_bp",
                str(whole.platform_fee_bp),
                f"makes {fees} basis points with the channel fee; together they are at most 10000",
            )
            return
