"""Bringing the demo chain in: network, then day by day all facts, through the services that take
real ones; rewards last."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, select, update

import db
from app.demo import deeds, regulars, what_if
from app.demo.arrivals import SEED, Slot
from app.demo.chain import Chain, Change
from app.demo.crowd import customer_code, make_crowd, unionid
from app.demo.network import make_chain
from app.demo.sizes import SIZES, Size
from app.demo.story import Story
from app.imports.kinds import context
from incentives import booking
from ledger.faults import Conflict
from ledger.seals import seal_now
from stores.base import keys
from stores.base.actors import SYSTEM
from stores.base.brand import business_day, day_bounds
from stores.customers.event_intake import record_events
from stores.facts import entry_params
from stores.facts.customers import customer
from stores.facts.entries import entry
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.figures import cube_steps
from stores.geo.areas import parse_geometry
from stores.imports.area_file import AreaRow
from stores.imports.check import Row, check
from stores.imports.columns import COLUMNS
from stores.imports.faults import FaultList
from stores.imports.sheets import Sheet
from stores.network import network, policies
from stores.network.branches import branch
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.installation import installation
from stores.network.stores import store
from stores.orders.refunding import record_refunds
from stores.orders.states import record_states
from stores.orders.writing import record_orders
from stores.registers import areas, branches, customers, dealers, guides, offers, stores
from stores.routing.entering_bulk import record_arrivals

MARK = "demo"
ACTOR = SYSTEM
OWN_TABLES = (branch, dealer, store, guide, customer, entry, sales_order, event)
REGISTERS: dict[str, Callable[..., Any]] = {
    "branches": branches.apply,
    "dealers": dealers.apply,
    "stores": stores.apply,
    "offers": offers.apply,
    "guides": guides.apply,
    "customers": customers.apply,
}
FACTS_AT_ONCE = 200_000  # added to the stored figures in one transaction
COLLECT_EVERY = 10  # days
Progress = Callable[[str, int, int], None]  # what, done, total


class NotEmpty(Conflict):
    """The database holds something else."""

    code = "database_not_empty"


def state(connection: Connection) -> str:
    """`empty`, `other` (a chain of its own), `broken` (a loading that did not come to its end) or
    the name of the size that is loaded."""
    mark = connection.execute(
        select(installation.c.value).where(installation.c.name == MARK)
    ).scalar()
    if mark is not None:
        return "broken" if mark.startswith("loading") else str(mark)
    held = any(connection.execute(select(table.c.id).limit(1)).first() for table in OWN_TABLES)
    return "other" if held else "empty"


def load(size: Size, *, now: dt.datetime, progress: Progress) -> bool:
    """Fill an empty database with the demo chain; its last day is the brand's yesterday of `now`.
    False when a demo is there already.

    Raises NotEmpty. A small chain is one transaction: broken off, it leaves nothing."""
    with db.read() as connection:
        found = state(connection)
    if found == "other":
        raise NotEmpty(
            "This database holds a chain of its own, and the demo is for an empty one. Nothing "
            "was written; set DATABASE_URL to another "
            "database, run `flask db upgrade`, then `flask demo`."
        )
    if found == "broken":
        raise NotEmpty(
            "An earlier loading of the demo was broken off. Remove the database (or use another "
            "DATABASE_URL), run `flask db upgrade`, "
            "then `flask demo` again."
        )
    if found != "empty":
        return False
    gc.disable()  # millions of small values, hardly a cycle
    try:
        with _parts(size.at_once):
            _load(size, now, progress)
        cube_steps.advance(
            step=FACTS_AT_ONCE,
            progress=lambda source, done, total: progress(f"figures of {source}", done, total),
        )
        network.forget()
        deeds.decide(now)
        what_if.simulate(now)
    finally:
        gc.enable()
        network.forget()
    return True


@contextmanager
def _parts(at_once: bool) -> Iterator[None]:
    """One transaction around everything, or one for each day."""
    if at_once:
        with db.transaction():
            yield
    else:
        yield


def _load(size: Size, now: dt.datetime, progress: Progress) -> None:
    first_day = business_day(now) - dt.timedelta(days=size.days)
    chain = make_chain(size, first_day, np.random.default_rng([SEED]))
    crowd = make_crowd(size, chain, np.random.default_rng([SEED, 1_000_000]))
    with db.transaction() as connection:
        connection.execute(insert(installation).values(name=MARK, value=f"loading {size.name}"))
        _load_network(chain, size, day_bounds(first_day)[0] - dt.timedelta(days=10), progress)
    story = Story(size, chain, crowd, _link(), _positions(chain))
    changes = {
        day: [c for c in chain.changes if c.day == day] for day in {c.day for c in chain.changes}
    }
    for number in range(size.days):
        progress("days", number, size.days)
        with db.transaction():
            for change in changes.get(number, ()):
                _apply(change, day_bounds(first_day + dt.timedelta(days=number))[0])
            for slot in story.day(number):
                _bring_in(story, slot, now)
        tomorrow = first_day + dt.timedelta(days=number + 1)
        if tomorrow.day == 1 and number + 1 < size.days:
            booking.book_due(day_bounds(tomorrow)[0])
        if not size.at_once and number % COLLECT_EVERY == 0:
            gc.collect()
    with db.transaction():
        regulars.buy(
            first_day + dt.timedelta(days=size.days - 1), network.newest().policy.proposal_orders
        )
    progress("days", size.days, size.days)
    progress("rewards", 0, 1)
    booking.book_due(now)
    with db.transaction() as connection:
        seal_now(now)
        connection.execute(
            update(installation).where(installation.c.name == MARK).values(value=size.name)
        )
    progress("rewards", 1, 1)


# -- the network -----------------------------------------------------------------------------------


def _load_network(chain: Chain, size: Size, at: dt.datetime, progress: Progress) -> None:
    members = [
        {
            "customer_id": customer_code(n),
            "unionid": unionid(n),
            "phone": f"199{n:08}",
            "employee": "yes" if n % 40 == 7 else "no",
        }
        for n in range(size.members)
    ]
    parts = (
        ("branches", chain.branches),
        ("dealers", chain.dealers),
        ("stores", chain.stores),
        ("offers", chain.offers),
        ("guides", chain.guides),
        ("customers", members),
    )
    for done, (kind, rows) in enumerate(parts):
        progress("network", done, len(parts) + 2)
        _register(kind, rows, at)
    areas.apply(
        [_area_row(n, feature) for n, feature in enumerate(chain.areas, 1)], actor=ACTOR, now=at
    )
    progress("network", len(parts) + 1, len(parts) + 2)
    policies.publish(chain.policy, actor=ACTOR, now=at)
    progress("network", len(parts) + 2, len(parts) + 2)


def _apply(change: Change, at: dt.datetime) -> None:
    _register(change.kind, change.rows, at)


def _register(kind: str, rows: Sequence[Mapping[str, str]], at: dt.datetime) -> None:
    """As a file would: the same checks, the same register."""
    REGISTERS[kind](_checked(kind, rows), actor=ACTOR, now=at)


def _checked(kind: str, rows: Sequence[Mapping[str, str]]) -> list[Row]:
    names = tuple(column.name for column in COLUMNS[kind] if column.name in rows[0])
    sheet = Sheet(
        names, [(line, dict(row)) for line, row in enumerate(rows, 2)], FaultList(), "utf-8"
    )
    found = check(kind, sheet, context())
    assert not found.faults, found.faults.in_order()[:3]
    return found.rows


def _area_row(number: int, feature: dict[str, Any]) -> AreaRow:
    given = feature["properties"]
    return AreaRow(
        number,
        given["area_code"],
        given["kind"],
        given.get("dealer_code"),
        given.get("store_code"),
        None,
        None,
        "wgs84",
        (),
        (),
        parse_geometry(feature["geometry"], "wgs84"),
    )


def _link() -> Callable[[str, dt.datetime], str]:
    """Signs a parameter for a guide or store code, each (code, moment) once."""
    snapshot, key = network.newest(), keys.entry_param_keys()[0]
    signed: dict[tuple[str, dt.datetime], str] = {}

    def link(code: str, issued_at: dt.datetime) -> str:
        found = signed.get((code, issued_at))
        if found is None:
            guide_of = snapshot.guides_by_code.get(code)
            store_id, guide_id = (
                (0, guide_of.id) if guide_of is not None else (snapshot.by_code[code].id, 0)
            )
            found = signed[code, issued_at] = entry_params.sign(
                entry_params.SignedParam(store_id, guide_id, 0, issued_at), key
            )
        return found

    return link


def _positions(chain: Chain) -> dict[int, int]:
    """Position in the chain by surrogate id."""
    by_code = network.newest().by_code
    return {by_code[shop.code].id: number for number, shop in enumerate(chain.shops)}


# -- facts -----------------------------------------------------------------------------------------


def _bring_in(story: Story, slot: Slot, now: dt.datetime) -> None:
    """One slot: arrivals first, then what follows from them. The services are told that it is the
    end of the slot."""
    at = slot.received_at
    placed = record_arrivals([visit.past for visit in slot.visits], now=now)
    story.follow(slot, placed)
    if slot.events:
        taken = record_events(
            sorted(slot.events, key=lambda e: (e.occurred_at, e.event_id)), actor=ACTOR.name, now=at
        )
        assert not taken.refused, taken.refused[:3]
    if slot.orders:
        record_orders(slot.orders, actor=ACTOR.name, now=at)
    if slot.states:
        record_states(slot.states, actor=ACTOR.name, now=at)
    if slot.refunds:
        record_refunds(slot.refunds, actor=ACTOR.name, now=at)


__all__ = ["SIZES", "NotEmpty", "Progress", "Size", "load", "state"]
