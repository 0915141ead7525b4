"""Keeping bindings in step with facts: load a customer's binding facts, fold them, write what
changed (B1-B5, B9-B11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypedDict

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    and_,
    bindparam,
    cast,
    literal,
    null,
    or_,
    select,
    union_all,
    update,
)

import db
from ledger.bulk import COPY_FROM, insert_rows, update_rows
from stores.base import versions
from stores.base.brand import business_day, day_bounds
from stores.base.possible_times import MOST_AHEAD
from stores.customers import people
from stores.customers.bindings import REASSIGNED, Binding, BindingFact, known_by
from stores.customers.course import timeline
from stores.facts.binding_history import binding
from stores.facts.customer_deed_kinds import customer_deed
from stores.facts.customers import customer_state
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.facts.reassignments import reassigned_customer, reassignment
from stores.network import closings, network
from stores.network.binding_rules import Rules
from stores.network.guides import employment, guide
from stores.network.records import GuideRecord, conditions_of
from stores.network.snapshot import Snapshot

CHUNK = 500
_KINDS = {
    "contact.confirmed": "confirmed",
    "contact.deleted_by_customer": "deleted",
    "contact.transferred": "transferred",
    "chat.day": "chatted",
}
LEFT, CHANGED_DEALER, MOVED_ALONE = (
    "guide_left",
    "guide_changed_dealer",
    "guide_moved_alone",
)  # why an owner keeps his customers no longer
MOVED = ("requested", "waiting", "done", None)  # B11: a refused transfer moves nobody


def rules_of(snapshot: Snapshot) -> Rules:
    return Rules(conditions_of(snapshot.policy), snapshot.closings, snapshot.pauses)


def facts_of(
    connection: Connection, customers: Iterable[int], snapshot: Snapshot
) -> dict[int, list[BindingFact]]:
    """Every binding fact of these customers, from events and orders."""
    found: dict[int, list[BindingFact]] = {c: [] for c in customers}
    for part in _chunks(sorted(found)):
        for r in connection.execute(_EVENTS, {"customers": part}):
            if (r.type != "contact.transferred" or r.transfer_state in MOVED) and (
                r.type != "chat.day" or r.replies
            ):
                found[r.customer_id].append(_event_fact(r, snapshot))
        for r in connection.execute(_DEEDS, {"customers": part}):
            found[r.customer_id].append(_deed_fact(r, snapshot))
        for r in connection.execute(_ORDERS, {"customers": part}):
            found[r.customer_id].append(
                order_fact(
                    r.paid_at,
                    r.id,
                    r.order_no,
                    r.link_guide_id,
                    r.store_id,
                    r.guide_id,
                    snapshot,
                    r.received_at,
                )
            )
    return found


_THESE = bindparam("customers", expanding=True)
_EVENTS = select(
    event.c.customer_id,
    event.c.type,
    event.c.occurred_at,
    event.c.id,
    event.c.event_id,
    event.c.guide_id,
    event.c.from_guide_id,
    event.c.transfer_state,
    event.c.replies,
    event.c.received_at,
).where(event.c.customer_id.in_(_THESE), event.c.type.in_(list(_KINDS)))
_ORDERS = select(
    sales_order.c.customer_id,
    sales_order.c.paid_at,
    sales_order.c.id,
    sales_order.c.order_no,
    sales_order.c.link_guide_id,
    sales_order.c.store_id,
    sales_order.c.guide_id,
    sales_order.c.received_at,
).where(sales_order.c.customer_id.in_(_THESE))
_DEED_FACTS = {
    "owner_assigned": "assigned",
    "owner_requested": "wished",
    "home_requested": "home",
    "home_approved": "home",
}
_ALWAYS = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
_D, _R = customer_deed.c, reassigned_customer.c
# one statement for deeds of all kinds, and who is a guide himself (B5): an order of a returning
# customer waits for it
_DEEDS = union_all(
    select(
        _D.customer_id,
        _D.kind,
        _D.at,
        _D.id,
        _D.guide_id,
        _D.store_id,
        cast(null(), BigInteger).label("from_store_id"),
        cast(null(), Boolean).label("forced"),
        cast(null(), db.Instant).label("undone_at"),
    ).where(_D.customer_id.in_(_THESE), _D.kind.in_(list(_DEED_FACTS))),
    select(
        _R.customer_id,
        literal(REASSIGNED, db.Code(16)),
        _R.at,
        _R.reassignment_id,
        cast(null(), BigInteger),
        _R.to_store_id,
        _R.from_store_id,
        _R.forced,
        reassignment.c.undone_at,
    )
    .join(reassignment, reassignment.c.id == _R.reassignment_id)
    .where(_R.customer_id.in_(_THESE)),
    select(
        guide.c.own_customer_id,
        literal("is_guide", db.Code(16)),
        cast(null(), db.Instant),
        guide.c.id,
        guide.c.id,
        cast(null(), BigInteger),
        cast(null(), BigInteger),
        cast(null(), Boolean),
        cast(null(), db.Instant),
    ).where(guide.c.own_customer_id.in_(_THESE)),
)
_BINDINGS = select(binding).where(
    binding.c.customer_id.in_(_THESE), binding.c.superseded_at.is_(None)
)


def _event_fact(row: object, snapshot: Snapshot) -> BindingFact:
    r: Any = row
    return BindingFact(
        r.occurred_at,
        _KINDS[r.type],
        r.id,
        r.event_id,
        **_work_of(snapshot, r.guide_id, r.occurred_at),
        from_guide_id=r.from_guide_id,
        conditions=snapshot.conditions_at(r.received_at),
        received_at=r.received_at,
    )


def _deed_fact(row: object, snapshot: Snapshot) -> BindingFact:
    r: Any = row
    if r.kind == "is_guide":
        return BindingFact(_ALWAYS, r.kind, r.id, str(r.id), guide_id=r.guide_id)
    if r.kind == REASSIGNED:
        return BindingFact(
            r.at,
            REASSIGNED,
            r.id,
            f"{r.id:012d}",
            store_id=r.store_id,
            from_store_id=r.from_store_id,
            forced=r.forced,
            undone_at=r.undone_at,
        )
    return BindingFact(
        r.at,
        _DEED_FACTS[r.kind],
        r.id,
        f"{r.kind}:{r.id:012d}",
        **_work_of(snapshot, r.guide_id, r.at),
        store_id=r.store_id,
        conditions=snapshot.conditions_at(r.at),
    )


def order_fact(
    at: dt.datetime,
    source_id: int,
    order_no: str,
    link_guide_id: int | None,
    store_id: int | None,
    guide_id: int | None,
    snapshot: Snapshot,
    received_at: dt.datetime | None = None,
) -> BindingFact:
    """`received_at` None: it is being recorded now."""
    return BindingFact(
        at,
        "order",
        source_id,
        order_no,
        **_work_of(snapshot, link_guide_id, at),
        store_id=store_id,
        credited_guide_id=guide_id,
        conditions=snapshot.conditions_at(received_at) if received_at is not None else None,
        received_at=received_at,
    )


def binds(type_: str) -> bool:
    """Whether events of this type are binding facts."""
    return type_ in _KINDS


class _Work(TypedDict, total=False):
    """What a fact says of its guide."""

    guide_id: int | None
    guide_store_id: int
    guide_until: dt.datetime | None
    guide_goes: str
    guide_leaving: bool


def _work_of(snapshot: Snapshot, guide_id: int | None, at: dt.datetime) -> _Work:
    """Where the guide works at that moment, when he stops keeping the customers he gets there
    (None: not known to end) and why, and whether it was known by then that he leaves."""
    guide = snapshot.guides.get(guide_id) if guide_id is not None else None
    day = business_day(at)
    store_id = guide.store_on(day) if guide is not None else None
    if guide is None or store_id is None:
        return _Work(guide_id=guide_id)
    last, why = _last_day_after(guide, day, snapshot)
    return _Work(
        guide_id=guide_id,
        guide_store_id=store_id,
        guide_until=None if last is None else day_bounds(last)[0],
        guide_goes=why,
        guide_leaving=guide.had_given_notice(day, at),
    )


def _last_day_after(
    guide: GuideRecord, day: dt.date, snapshot: Snapshot
) -> tuple[dt.date | None, str]:
    """The first day on which a guide who works on `day` has left (B9), works for another dealer, or
    in a store to which it was decided that his customers do not follow him (B10); and which of
    them."""
    job = guide.job_on(day)
    while job is not None and job.valid_to is not None:
        moved_on = job.valid_to
        following = guide.job_on(moved_on)
        if following is None:
            return moved_on, LEFT
        if _dealer(snapshot, following.store_id, moved_on) != _dealer(
            snapshot, job.store_id, moved_on - dt.timedelta(days=1)
        ):
            return moved_on, CHANGED_DEALER
        if following.store_id != job.store_id and following.customers_follow is False:
            return moved_on, MOVED_ALONE
        job = following
    return None, LEFT


def _dealer(snapshot: Snapshot, store_id: int, day: dt.date) -> int | None:
    store = snapshot.by_id.get(store_id)
    contract = store.contract_on(day) if store is not None else None
    return contract.dealer_id if contract is not None else None


# -- writing ---------------------------------------------------------------------------------------


def follow_guides(guides: Iterable[int], now: dt.datetime, returned: Collection[int] = ()) -> None:
    """Fold the customers of these guides anew once their employment changed: a leaver's customers
    go to the store pool (B9, B10). Of the guides in `returned` whoever they had before, too: those
    may have another owner by now."""
    with db.read() as connection:
        s = customer_state.c
        owned = {
            c
            for part in _chunks(sorted(guides))
            for c in connection.execute(
                select(s.customer_id).where(s.owner_guide_id.in_(part))
            ).scalars()
        }
        for part in _chunks(sorted(returned)):
            had = select(binding.c.customer_id).where(
                binding.c.guide_id.in_(part),
                binding.c.end_reason == MOVED_ALONE,
                binding.c.superseded_at.is_(None),
            )
            owned.update(connection.execute(had).scalars())
    for part in _chunks(sorted(owned)):
        with db.transaction() as connection:
            snapshot = network.snapshot(versions.current(connection))
            people.lock(connection, part)
            rewrite(connection, facts_of(connection, part, snapshot), rules_of(snapshot), now)


def follow_customers(customers: Iterable[int], now: dt.datetime) -> None:
    """Fold these customers anew: they turned out to be guides, or not to be the guides they were
    said to be (B5)."""
    s = customer_state.c
    for part in _chunks(sorted(customers)):
        with db.transaction() as connection:
            snapshot = network.snapshot(versions.current(connection))
            people.lock(connection, part)
            connection.execute(
                update(customer_state).where(s.customer_id.in_(part)).values(rv=s.rv + 1)
            )  # so that their first order looks, too
            rewrite(connection, facts_of(connection, part, snapshot), rules_of(snapshot), now)


def follow_stores(stores: Iterable[int], now: dt.datetime) -> None:
    """Fold the customers of these stores, and of guides who work there, anew once the stores
    closed, opened again, or pause otherwise than was known (A11, B3)."""
    wanted = sorted(stores)
    with db.read() as connection:
        moved = sorted({*bound_to(connection, wanted, now), *_owned_at(connection, wanted, now)})
    for part in _chunks(moved):
        with db.transaction() as connection:
            snapshot = network.snapshot(versions.current(connection))
            people.lock(connection, part)
            rewrite(connection, facts_of(connection, part, snapshot), rules_of(snapshot), now)


def follow_late(now: dt.datetime) -> int:
    """Move whom a fact that was being written while his store closed has left behind there; returns
    how many."""
    with db.read() as connection:
        closed = [
            store_id
            for store_id, several in closings.load(connection).items()
            if several[-1].ended_at is None
        ]
        late = bound_to(connection, closed, now, waiting=False) if closed else []
    if late:
        follow_stores(closed, now)
    return len(late)


def follow_ahead(now: dt.datetime, *, since: dt.datetime) -> int:
    """Fold whom facts name that were told long before their time: those whose time has come since
    then count from now on, those still to come do not count (N5). Returns how many customers. Facts
    are found by their days: one whose day lies behind `since` was looked at before."""
    first = business_day(since)
    with db.read() as connection:
        found: set[int] = set()
        for customer, day, at, received_at in (
            (event.c.customer_id, event.c.business_day, event.c.occurred_at, event.c.received_at),
            (
                sales_order.c.customer_id,
                sales_order.c.business_day,
                sales_order.c.paid_at,
                sales_order.c.received_at,
            ),
        ):
            query = select(customer, at, received_at).where(
                day >= first, at > received_at, at > since, customer.is_not(None)
            )
            found |= {r[0] for r in connection.execute(query) if r[1] - r[2] > MOST_AHEAD}
    for part in _chunks(sorted(found)):
        with db.transaction() as connection:
            snapshot = network.snapshot(versions.current(connection))
            people.lock(connection, part)
            rewrite(connection, facts_of(connection, part, snapshot), rules_of(snapshot), now)
    return len(found)


def bound_to(
    connection: Connection, stores: Iterable[int], now: dt.datetime, *, waiting: bool = True
) -> list[int]:
    """Customers whose home is one of these stores now, with `waiting` also those whose home will
    be."""
    s, wanted = customer_state.c, sorted(stores)
    bound = and_(s.home_store_id.in_(wanted), s.home_valid_until > now)
    if waiting:
        bound = or_(bound, s.next_home_store_id.in_(wanted))
    return list(
        connection.execute(select(s.customer_id).where(bound).order_by(s.customer_id)).scalars()
    )


def _owned_at(connection: Connection, stores: Sequence[int], now: dt.datetime) -> list[int]:
    """Customers of guides who work, or worked, in these stores: their clocks stand still with the
    store's."""
    s, e = customer_state.c, employment.c
    guides = select(e.guide_id).where(e.store_id.in_(stores), e.version_to.is_(None))
    return list(
        connection.execute(
            select(s.customer_id).where(s.owner_guide_id.in_(guides), s.owner_valid_until > now)
        ).scalars()
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
    for part in _chunks(sorted(wanted)):
        stored: dict[int, dict[tuple[object, ...], int]] = {}
        bound = [c for c in part if c not in unbound]
        for r in connection.execute(_BINDINGS, {"customers": bound}) if bound else ():
            stored.setdefault(r.customer_id, {})[_key(r)] = r.id
        for customer in part:
            have = stored.get(customer, {})
            keep = {_key(b): b for b in wanted[customer]}
            gone += [row for key, row in have.items() if key not in keep]
            new += [_row(customer, b, now) for key, b in keep.items() if key not in have]
    for part in _chunks(gone):
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


def _chunks(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
