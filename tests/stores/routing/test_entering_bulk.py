"""Many arrivals at once are led as one by one: the same decisions, the same states left behind (M8,
M12, P2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

import db
from app.demo.arrivals import SEED
from app.demo.crowd import make_crowd
from app.demo.loading import _link, _load_network, _positions
from app.demo.network import make_chain
from app.demo.sizes import TINY
from app.demo.story import Story
from stores.base import brand, keys
from stores.base.actors import SYSTEM
from stores.customers import people
from stores.facts.customers import customer, customer_identity, customer_merge, customer_state
from stores.facts.entries import entry, entry_point, entry_trace
from stores.facts.visits import Arrival
from stores.network import network, policies
from stores.routing import entering
from stores.routing.entering_bulk import PastArrival, record_arrivals
from tests.databases import Databases

FIRST_DAY = dt.date(2026, 10, 1)
LATER = dt.datetime(2027, 3, 1, tzinfo=dt.UTC)
DECIDED = (
    "entry_id",
    "rung",
    "reason",
    "store_id",
    "dealer_id",
    "guide_id",
    "param_guide_id",
    "located",
    "occurred_at",
    "business_day",
)
LEFT = (
    "rv",
    "last_store_id",
    "last_visit_at",
    "param_store_id",
    "param_guide_id",
    "param_channel_id",
    "param_at",
)


@pytest.fixture
def chain_database(database: db.Database) -> Iterator[db.Database]:
    """The network of a tiny demo chain, without facts."""
    before = brand._brand
    prepare()
    yield database
    brand._brand = before


def prepare() -> None:
    brand.configure(brand.Brand(ZoneInfo("Asia/Shanghai"), "CNY", 2))
    keys.configure(b"d" * 32, (b"e" * 32,))
    network.forget()
    chain = make_chain(TINY, FIRST_DAY, np.random.default_rng([SEED]))
    with db.transaction():
        _load_network(
            chain, TINY, dt.datetime(2026, 9, 1, tzinfo=dt.UTC), lambda what, done, total: None
        )


def arrivals(count: int) -> list[PastArrival]:
    """Arrivals of several days, many of them of the same people."""
    chain = make_chain(TINY, FIRST_DAY, np.random.default_rng([SEED]))
    story = Story(
        TINY,
        chain,
        make_crowd(TINY, chain, np.random.default_rng([SEED, 1_000_000])),
        _link(),
        _positions(chain),
    )
    return [
        visit.past
        for number in range(TINY.days)
        for slot in story.day(number)
        for visit in slot.visits
    ][:count]


def rows(query: Any) -> list[tuple[Any, ...]]:
    with db.read() as connection:
        return [tuple(r) for r in connection.execute(query)]


def outcome() -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Decisions, what is left of each customer, and whose each identity is, by outside id."""
    return (
        rows(
            select(customer.c.customer_id, *(entry.c[n] for n in DECIDED))
            .join(customer, customer.c.id == entry.c.customer_id)
            .order_by(entry.c.entry_id)
        ),
        rows(
            select(customer.c.customer_id, *(customer_state.c[n] for n in LEFT))
            .join(customer, customer.c.id == customer_state.c.customer_id)
            .order_by(customer.c.customer_id)
        ),
        rows(
            select(customer_identity.c.kind, customer_identity.c.value, customer.c.customer_id)
            .join(customer, customer.c.id == customer_identity.c.customer_id)
            .order_by(customer_identity.c.kind, customer_identity.c.value)
        ),
    )


def test_many_at_once_are_led_as_one_by_one(
    chain_database: db.Database, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = arrivals(150)
    placed = record_arrivals(list(reversed(given)), now=LATER)
    assert [p.entry_id for p in placed] == [a.entry_id for a in reversed(given)]
    together = outcome()

    url = databases.create("sqlite" if chain_database.sqlite else "postgresql")
    db.configure(url)
    prepare()
    for past in given:
        monkeypatch.setattr(entering, "new_entry_id", lambda now, past=past: past.entry_id)
        entering.enter(past.arrival, body_hash="x" * 64, now=past.decided_at)
    assert outcome() == together
    db.database().dispose()
    databases.drop(url)
    db.configure(chain_database.url)


def test_chunks_carry_the_state_along(
    chain_database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = arrivals(60)
    monkeypatch.setattr("stores.routing.entering_bulk.CHUNK", 7)
    record_arrivals(given, now=LATER)
    visits = dict(rows(select(entry.c.customer_id, func.count()).group_by(entry.c.customer_id)))
    assert (
        dict(
            rows(
                select(customer_state.c.customer_id, customer_state.c.rv).where(
                    customer_state.c.rv > 0
                )
            )
        )
        == visits
    )


def test_old_points_and_traces_are_not_written_at_all(chain_database: db.Database) -> None:
    """P2: a point lives 24 hours, a trace 30 days."""
    given = arrivals(80)
    record_arrivals(given, now=LATER)
    assert (
        rows(select(func.count()).select_from(entry_point))
        == rows(select(func.count()).select_from(entry_trace))
        == [(0,)]
    )
    again = [PastArrival(a.entry_id[:-4] + "ffff", a.arrival, a.decided_at) for a in given]
    record_arrivals(again, now=given[-1].decided_at)
    assert rows(select(func.count()).select_from(entry_trace)) == [(len(given),)]
    assert 0 < rows(select(func.count()).select_from(entry_point))[0][0] < len(given)


def test_a_repeated_entry_id_fails_and_writes_nothing(chain_database: db.Database) -> None:
    given = arrivals(10)
    record_arrivals(given[:1], now=LATER)
    with pytest.raises(IntegrityError):
        record_arrivals(given, now=LATER)
    assert rows(select(func.count()).select_from(entry)) == [(1,)]


def test_identities_that_turn_out_to_be_one_person_are_noted(chain_database: db.Database) -> None:
    """M19: two customers entered apart, then together."""
    at = dt.datetime(2026, 10, 2, 4, tzinfo=dt.UTC)
    who = [
        {"unionid": "u1"},
        {"openid": "o1"},
        {"unionid": "u1", "openid": "o1"},
        {"unionid": "u1", "openid": "o2"},
    ]
    given = [
        PastArrival(
            f"019a0000-0000-7000-8000-00000000000{n}",
            Arrival(identities, region_code="310000"),
            at + dt.timedelta(minutes=n),
        )
        for n, identities in enumerate(who)
    ]
    record_arrivals(given[:2], now=LATER)
    record_arrivals(given[2:], now=LATER)
    with db.read() as connection:
        found = people.find(connection, (("unionid", "u1"), ("openid", "o1"), ("openid", "o2")))
    assert found["unionid", "u1"] == found["openid", "o2"] != found["openid", "o1"]
    assert rows(select(customer_merge.c.kept_id, customer_merge.c.merged_id)) == [
        (min(found.values()), max(found.values()))
    ]


def test_a_network_that_moves_between_decision_and_write_is_decided_again(
    chain_database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M14: the write checks the versions; what was decided on an older policy is not written."""
    given, moved = arrivals(20), []
    write = entering_bulk_check()

    def publish_first(connection: Any, chunk: Any) -> None:
        if not moved:
            moved.append(True)
            with db.transaction():
                policies.publish({"preset": "nearest_first"}, actor=SYSTEM, now=LATER)
        write(connection, chunk)

    monkeypatch.setattr("stores.routing.entering_bulk._check", publish_first)
    record_arrivals(given, now=LATER)
    assert rows(select(func.count()).select_from(entry)) == [(20,)]
    assert {r[0] for r in rows(select(entry.c.policy_version).distinct())} == {2}


def entering_bulk_check() -> Any:
    from stores.routing import entering_bulk

    return entering_bulk._check
