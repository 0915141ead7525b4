"""Writing what the register of stores planned: rows, revisions by network version, contracts,
closings and pauses (A2, A3, A11)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, literal, select, update

import db
from ledger.bulk import allocate, insert_rows, update_rows
from ledger.pieces import pieces
from stores.base.brand import business_day
from stores.customers import following, notices
from stores.network import closings, pauses
from stores.network.contracts import dealer_contract
from stores.network.found_by import folded_of
from stores.network.stores import FACTS, store, store_revision
from stores.registers.contracts import Contract
from stores.registers.saving import end_versions

TERMS = ("platform_fee_bp", "channel_fee_bp", "collection_mode")


@dataclass(slots=True)
class Writing:
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

    @property
    def moved(self) -> list[int]:
        """Stores known before that close, reopen, pause or resume."""
        return [
            *(store_id for store_id, _ in self.closed),
            *self.reopened,
            *(key for key, _ in self.paused if not isinstance(key, str)),
            *self.resumed,
        ]


def write(
    connection: Connection, writing: Writing, version: int, now: dt.datetime, actor: str
) -> None:
    """Write all of it in the version; afterwards the customers of stores that closed, reopened,
    paused or resumed are followed."""
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
    _insert_contracts(connection, writing, ids, version)
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
    moved = writing.moved
    if moved:
        db.after_commit(lambda: following.follow_stores(moved, now))


def _insert_contracts(
    connection: Connection, writing: Writing, ids: dict[str, int], version: int
) -> None:
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
