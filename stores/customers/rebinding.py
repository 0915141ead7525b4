"""Keeping bindings in step with facts: fold a customer's binding facts, write what changed
(B1-B5, B9-B11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import (
    Connection,
    bindparam,
    select,
    update,
)

import db
from ledger.bulk import COPY_FROM, insert_rows, update_rows
from stores.customers.binding_facts import chunks
from stores.customers.bindings import Binding, BindingFact, known_by
from stores.customers.course import timeline
from stores.facts.binding_history import binding
from stores.facts.customers import customer_state
from stores.network.binding_rules import Rules

_THESE = bindparam("customers", expanding=True)
_BINDINGS = select(binding).where(
    binding.c.customer_id.in_(_THESE), binding.c.superseded_at.is_(None)
)


def rewrite(
    connection: Connection,
    facts: Mapping[int, list[BindingFact]],
    rules: Rules,
    now: dt.datetime,
    unbound: Collection[int] = (),
) -> None:
    """Bring stored bindings and the customers' state in step with these complete sets of facts. The
    caller holds the state rows; of the customers in `unbound` he knows that no binding is
    stored."""
    wanted = {customer: timeline(known_by(known, now), rules) for customer, known in facts.items()}
    gone: list[int] = []
    new: list[dict[str, object]] = []
    for part in chunks(sorted(wanted)):
        stored: dict[int, dict[tuple[object, ...], int]] = {}
        bound = [c for c in part if c not in unbound]
        for r in connection.execute(_BINDINGS, {"customers": bound}) if bound else ():
            stored.setdefault(r.customer_id, {})[_key(r)] = r.id
        for customer in part:
            have = stored.get(customer, {})
            keep = {_key(b): b for b in wanted[customer]}
            gone += [row for key, row in have.items() if key not in keep]
            new += [_row(customer, b, now) for key, b in keep.items() if key not in have]
    for part in chunks(gone):
        connection.execute(update(binding).where(binding.c.id.in_(part)).values(superseded_at=now))
    insert_rows(connection, binding, new)
    _write_states(connection, wanted)


def _write_states(connection: Connection, wanted: Mapping[int, Sequence[Binding]]) -> None:
    if len(wanted) >= COPY_FROM:
        update_rows(
            connection,
            customer_state,
            [
                {"customer_id": customer, **state_values(known)}
                for customer, known in wanted.items()
            ],
            key="customer_id",
            counts="rv",
        )
    elif wanted:
        connection.execute(
            _UPDATE_STATE,
            [
                {
                    "c": customer,
                    **{f"b_{name}": value for name, value in state_values(known).items()},
                }
                for customer, known in wanted.items()
            ],
        )


BOUND = (
    "home_store_id",
    "home_protected_until",
    "home_valid_until",
    "next_home_store_id",
    "next_home_protected_until",
    "next_home_valid_until",
    "owner_guide_id",
    "owner_protected_until",
    "owner_valid_until",
)


_UPDATE_STATE = (
    update(customer_state)
    .where(customer_state.c.customer_id == bindparam("c"))
    .values(rv=customer_state.c.rv + 1, **{name: bindparam(f"b_{name}") for name in BOUND})
)


def state_values(known: Sequence[Binding]) -> dict[str, object]:
    """What the customer's state says of his bindings: the last of each kind with its dates, which
    whoever reads them compares with the moment asked about (A2), and apart from it a home that
    waits for the end of the one before (B3)."""
    homes, owners = ([b for b in known if b.kind == kind] for kind in ("home", "owner"))
    waiting = homes.pop() if homes and homes[-1].reason == "home_protected" else None
    found: dict[str, object] = dict.fromkeys(BOUND)
    for name, thing, b in (
        ("home", "store_id", homes[-1] if homes else None),
        ("next_home", "store_id", waiting),
        ("owner", "guide_id", owners[-1] if owners else None),
    ):
        if b is not None and b.ended_at is not None:
            found |= {
                f"{name}_{thing}": getattr(b, thing),
                f"{name}_protected_until": min(b.protected_until, b.ended_at),
                f"{name}_valid_until": b.ended_at,
            }
    return found


def move_waiting_homes(now: dt.datetime) -> int:
    """Write down the homes that moved by the clock alone (B3), for lists that are read by store;
    returns how many."""
    s = customer_state.c
    with db.transaction() as connection:
        return connection.execute(
            update(customer_state)
            .where(s.next_home_store_id.is_not(None), s.home_valid_until <= now)
            .values(
                rv=s.rv + 1,
                home_store_id=s.next_home_store_id,
                home_protected_until=s.next_home_protected_until,
                home_valid_until=s.next_home_valid_until,
                next_home_store_id=None,
                next_home_protected_until=None,
                next_home_valid_until=None,
            )
        ).rowcount


_COMPARED = (
    "kind",
    "store_id",
    "guide_id",
    "started_at",
    "protected_until",
    "valid_until",
    "ended_at",
    "reason",
    "end_reason",
    "source_kind",
    "source_id",
)


def _key(row: object) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in _COMPARED)


def _row(customer: int, b: Binding, now: dt.datetime) -> dict[str, object]:
    return {
        **{name: getattr(b, name) for name in _COMPARED},
        "customer_id": customer,
        "recorded_at": now,
    }
