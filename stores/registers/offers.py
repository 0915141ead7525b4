"""The register of store offers: promotions and ranges of the mall, switched for single stores, by
(store, kind, reference)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection, select

from ledger.bulk import insert_rows
from ledger.pieces import pieces
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.imports.cells import CLEAR
from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome
from stores.network.bundles import Offer
from stores.network.offers import KIND, known_at, store_offer
from stores.network.stores import store
from stores.registers.saving import WHOLE_TABLE, Plan, end_versions, ids_by_code, save

MOST = 200  # of one store that are not over: an entry answers them
Key = tuple[int, str, str]  # store id, kind, reference
Stored = dict[Key, tuple[int, Offer]]  # id of the row beside what it says


def apply(
    rows: Sequence[Row],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    accept: bool = True,
) -> Outcome:
    """Upsert by store, kind and reference. Raises Refused: an unknown store, days that do not fit,
    more than 200 of one store."""
    return save(KIND, plan, rows, actor=actor, now=now, dry_run=dry_run, accept=accept)


def replace_all(store_code: str, rows: Sequence[Row], *, actor: Actor, now: dt.datetime) -> Outcome:
    """Make these all that a store has: what it had and is not among them ends, but what is over
    already. Raises Refused."""
    return save(KIND, partial(plan, whole=store_code), rows, actor=actor, now=now, named=store_code)


def plan(
    connection: Connection, rows: Sequence[Row], now: dt.datetime, whole: str | None = None
) -> Plan:
    """`whole`: the code of the store whose list is replaced; absent columns then take their usual
    value instead of the stored one."""
    today, faults = business_day(now), FaultList()
    stores = ids_by_code(
        connection,
        store,
        {row.values["store_code"] for row in rows} | ({whole} if whole is not None else set()),
    )
    stored = _stored(connection, sorted(set(stores.values())))
    new: list[tuple[Key, Offer]] = []
    changed: list[tuple[Key, Offer]] = []
    for row in rows:
        store_id = stores.get(row.values["store_code"])
        if store_id is None:
            faults.add(
                row.line,
                "store_code",
                row.values["store_code"],
                "is no known store; import stores first",
            )
            continue
        key = (store_id, row.values["kind"], row.values["reference"])
        before = stored[key][1] if key in stored else None
        after = _merged(row, None if whole is not None else before)
        if (
            after.valid_from is not None
            and after.valid_to is not None
            and after.valid_to < after.valid_from
        ):
            faults.add(
                row.line,
                "valid_to",
                str(after.valid_to),
                f"lies before valid_from ({after.valid_from})",
            )
        elif before is None:
            new.append((key, after))
        elif before != after:
            changed.append((key, after))
    named = {
        (stores.get(row.values["store_code"]), row.values["kind"], row.values["reference"])
        for row in rows
    }
    gone = (
        [key for key, (_, offer) in stored.items() if key not in named and not _over(offer, today)]
        if whole is not None
        else []
    )
    _refuse_too_many(rows, stores, stored, [*new, *changed], gone, today, faults)
    ended = [stored[key][0] for key in (*gone, *(key for key, _ in changed))]

    return Plan(
        Outcome(len(new), len(changed) + len(gone), len(rows) - len(new) - len(changed)),
        faults,
        lambda connection, version: _write(connection, ended, [*new, *changed], version),
    )


def _write(
    connection: Connection, ended: Sequence[int], begun: list[tuple[Key, Offer]], version: int
) -> None:
    end_versions(connection, store_offer, ended, version)
    insert_rows(
        connection,
        store_offer,
        [
            {
                "store_id": key[0],
                "kind": each.kind,
                "reference": each.reference,
                "switched_on": each.on,
                "valid_from": each.valid_from,
                "valid_to": each.valid_to,
                "version_from": version,
            }
            for key, each in begun
        ],
    )


def _merged(row: Row, before: Offer | None) -> Offer:
    usual = before or Offer(row.values["kind"], row.values["reference"], True)
    given = {
        field: row.values[column]
        for column, field in (
            ("switch", "on"),
            ("valid_from", "valid_from"),
            ("valid_to", "valid_to"),
        )
        if column in row.values
    }
    return replace(
        usual,
        **{
            field: (field == "on" or None) if value is CLEAR else value
            for field, value in given.items()
        },
    )


def _stored(connection: Connection, store_ids: Sequence[int]) -> Stored:
    o = store_offer.c
    query = select(
        o.id, o.store_id, o.kind, o.reference, o.switched_on, o.valid_from, o.valid_to
    ).where(known_at(None))
    parts: Sequence[Sequence[int] | None] = (
        [None] if len(store_ids) > WHOLE_TABLE else list(pieces(store_ids))
    )
    return {
        (r[1], r[2], r[3]): (r[0], Offer(*r[2:]))
        for some in parts
        for r in connection.execute(query if some is None else query.where(o.store_id.in_(some)))
    }


def _over(offer: Offer, today: dt.date) -> bool:
    return offer.valid_to is not None and offer.valid_to < today


def _refuse_too_many(
    rows: Sequence[Row],
    stores: Mapping[str, int],
    stored: Stored,
    written: Sequence[tuple[Key, Offer]],
    gone: Sequence[Key],
    today: dt.date,
    faults: FaultList,
) -> None:
    after = {key: offer for key, (_, offer) in stored.items()} | dict(written)
    left = set(gone)
    counts: dict[int, int] = {}
    for key, offer in after.items():
        if key not in left and not _over(offer, today):
            counts[key[0]] = counts.get(key[0], 0) + 1
    full = {store_id for store_id, n in counts.items() if n > MOST}
    for row in rows if full else ():
        store_id = stores.get(row.values["store_code"])
        if store_id in full:
            full.discard(store_id)
            faults.add(
                row.line,
                "store_code",
                row.values["store_code"],
                f"would have {counts[store_id]} promotions and ranges that are not over; at most "
                f"{MOST} are kept",
            )
