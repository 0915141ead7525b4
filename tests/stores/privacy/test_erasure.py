"""M20, P5: after an erasure nothing names the person, and no sum has changed."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select, text

import db
from incentives import booking, rewards
from incentives.posting import due_months
from ledger.faults import NotFound
from ledger.journals import transfer
from migrations.tables import import_tables
from stores.base.actors import COMMAND_LINE
from stores.customers.event_intake import EventIn, record_events
from stores.facts.visits import Arrival, SourcePoint
from stores.network.guides import guide
from stores.orders.inputs import LineIn, OrderIn
from stores.orders.writing import record_orders
from stores.privacy.erasure import erase_customer
from stores.routing.entering import enter

NOW = dt.datetime(2026, 1, 20, 4, tzinfo=dt.UTC)
NAMES = ("wechat-union-of-sam", "sam-of-the-mall", "wm-external-sam")


@pytest.fixture
def mei(network):
    """A guide whose friend Sam was added and bought."""
    network.open_store("S1")
    network.load("guides", {"guide_code": "G1", "name": "Mei", "store_code": "S1"})
    enter(
        Arrival(
            {"customer_id": NAMES[1], "unionid": NAMES[0]}, SourcePoint(31.23, 121.47, "wgs84")
        ),
        body_hash="h",
        key="k" * 64,
        now=NOW,
    )
    at = dt.datetime(2026, 1, 2, 4, tzinfo=dt.UTC)
    record_events(
        [EventIn("E1", "contact.confirmed", at, "G1", NAMES[1], NAMES[2], "qr")],
        actor="test",
        now=NOW,
    )
    record_orders(
        [
            OrderIn(
                "O1",
                NAMES[1],
                at,
                "CNY",
                (LineIn(1, 1, 10_000),),
                guide_code="G1",
                location=SourcePoint(31.23, 121.47, "wgs84"),
            )
        ],
        actor="test",
        now=NOW,
    )
    with db.read() as connection:
        return connection.execute(select(guide.c.id)).scalar_one()


def sums() -> tuple[int, int]:
    with db.read() as connection:
        return tuple(
            connection.execute(select(func.count(), func.sum(transfer.c.amount_minor))).one()
        )


def test_an_erased_customer_leaves_no_identifier_and_all_sums(mei):
    booking.book_due(NOW)
    with db.read() as connection:
        before = (
            rewards.balance(connection, mei),
            rewards.lines(connection, mei, "2026-01", NOW),
            sums(),
        )
    erase_customer(NAMES[1], actor=COMMAND_LINE, now=NOW)
    with db.transaction() as connection:
        due_months.mark(connection, [mei], ["2026-01"])
    assert booking.book_due(NOW).transfers == 0
    with db.read() as connection:
        assert (
            rewards.balance(connection, mei),
            rewards.lines(connection, mei, "2026-01", NOW),
            sums(),
        ) == before
        for name in import_tables().tables:
            dump = " ".join(str(row) for row in connection.execute(text(f'SELECT * FROM "{name}"')))
            assert not [person for person in NAMES if person in dump], name


def test_whoever_comes_back_is_new(mei):
    erase_customer(NAMES[1], actor=COMMAND_LINE, now=NOW)
    done = enter(
        Arrival({"customer_id": NAMES[1]}, SourcePoint(31.23, 121.47, "wgs84")),
        body_hash="h2",
        now=NOW,
    )
    assert done.decision is not None and done.decision.rung == "NEAREST"


def test_erasing_twice_finds_nobody(mei):
    erase_customer(NAMES[1], actor=COMMAND_LINE, now=NOW)
    with pytest.raises(NotFound):
        erase_customer(NAMES[1], actor=COMMAND_LINE, now=NOW)
