"""Files of events too large for one transaction: none or all of it, whatever happens in the middle
(N2, stores/base/accepted_files.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import db
from ledger.faults import Busy
from stores.base import accepted_files, accepted_tables
from stores.base.actors import COMMAND_LINE
from stores.customers import event_filing
from stores.customers.event_intake import AnyRefused, EventIn, Taken
from stores.facts.events import event
from stores.orders.verification import CHECKS
from tests.network import Network
from tests.stores.orders.shop import Shop, day
from tests.stores.orders.test_at_once import at_once

EVENTS, PEOPLE = 20, 7


class KilledHere(BaseException):
    """Stands for the end of a process."""


@pytest.fixture
def shop(network: Network) -> Shop:
    return Shop(network)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_filing, "MANY", 5)
    monkeypatch.setattr(event_filing, "IN_PIECE", 6)
    monkeypatch.setattr(accepted_files, "REST_SECONDS", 0.0)


def the_file(mark: str = "a") -> list[EventIn]:
    """Seven people, added and transferred in no order of time, known by one id in one event and by
    another in the next."""
    found = []
    for n in range(EVENTS):
        who = (
            {"customer_id": f"{mark}-c{n % PEOPLE}"}
            if n < PEOPLE
            else {"external_userid": f"{mark}-w{n % PEOPLE}"}
        )
        both = {"customer_id": f"{mark}-c{n % PEOPLE}", "external_userid": f"{mark}-w{n % PEOPLE}"}
        found.append(
            EventIn(
                f"{mark}{n:02}",
                "contact.confirmed",
                day((n * 7) % EVENTS),
                ("Wang", "Zhao")[n % 2],
                **(both if n % 3 == 0 else who),
                source="qr",
            )
        )
    return found


def brings(
    shop: Shop, mark: str = "a", progress: Callable[[int, int], None] | None = None
) -> Taken:
    return event_filing.file_events(
        the_file(mark), actor=COMMAND_LINE, now=shop.network.now, progress=progress
    )


def killed_after(pieces: int) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if pieces == done < total or (pieces == 0 and done == total):
            raise KilledHere

    return progress


def is_whole(shop: Shop) -> bool:
    left = [
        shop.network.count(t)
        for t in (
            accepted_tables.accepted_file,
            accepted_tables.accepted_piece,
            accepted_tables.accepted_number,
        )
    ]
    with db.read() as connection:
        faults = [fault for check in CHECKS for fault in check(connection).faults]
    return (shop.network.count(event), left, faults) == (EVENTS, [0, 0, 0], [])


def bindings(shop: Shop, mark: str) -> list[tuple[str | None, str | None]]:
    return [shop.bound(f"{mark}-c{n}", day(25)) for n in range(PEOPLE)]


def test_pieces_say_the_same_as_one_transaction(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    assert brings(shop) == Taken(accepted=EVENTS)
    assert is_whole(shop)
    monkeypatch.setattr(event_filing, "MANY", 1_000)
    assert brings(shop, "b") == Taken(accepted=EVENTS)
    assert bindings(shop, "a") == bindings(shop, "b")
    assert {guide for _, guide in bindings(shop, "a")} == {"Wang", "Zhao"}


def test_the_same_file_again_changes_nothing(shop: Shop):
    brings(shop)
    assert brings(shop) == Taken(duplicates=EVENTS)
    assert is_whole(shop)


def test_an_event_is_the_same_after_it_has_waited():
    odd = EventIn("o", "chat.day", day(1), "Wang", payload={"chats": 0, "messages": 3})
    for each in [
        *the_file(),
        odd,
        replace(the_file()[0], type="referral.invited", payload={"inviter_customer_id": "c9"}),
    ]:
        assert event_filing.unpacked(event_filing.packed(each)) == each


def test_a_fault_in_the_last_row_leaves_nothing(shop: Shop):
    before = shop.counts()
    with pytest.raises(AnyRefused):
        event_filing.file_events(
            [*the_file(), replace(the_file()[0], event_id="last", guide_code="nobody")],
            actor=COMMAND_LINE,
            now=shop.network.now,
        )
    assert shop.counts() == before


def test_what_ends_before_the_file_is_accepted_leaves_nothing(shop: Shop):
    before = shop.counts()
    with pytest.raises(KilledHere):
        brings(shop, progress=killed_after(0))
    assert shop.counts() == before and shop.network.count(accepted_tables.accepted_number) == 0


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_once_accepted_the_file_comes_to_its_end_whoever_finds_it(shop: Shop, pieces: int):
    with pytest.raises(KilledHere):
        brings(shop, progress=killed_after(pieces))
    assert 0 < shop.network.count(event) < EVENTS
    assert accepted_files.finish_left(60.0) == 1
    assert is_whole(shop)


def test_the_same_file_twice_at_once_is_one(shop: Shop):
    found = at_once(lambda: brings(shop), lambda: brings(shop))
    assert sorted((each.accepted, each.duplicates) for each in found) == [(0, EVENTS), (EVENTS, 0)]
    assert is_whole(shop)


def test_events_with_an_id_of_the_file_come_again_later(shop: Shop):
    late = the_file()[14]
    other = replace(late, guide_code=None, type="customer.registered")
    with pytest.raises(KilledHere):
        brings(shop, progress=killed_after(1))
    for each in (late, other):
        with pytest.raises(Busy):
            shop.hears(each)
    assert shop.hears(shop.event("contact.confirmed", day(3), "Wang", "somebody")).accepted == 1
    accepted_files.finish_left(60.0)
    assert shop.hears(late).duplicates == 1
    assert [each.code for each in shop.hears(other).refused] == ["event_id_reused"]


def test_what_comes_between_check_and_acceptance_is_seen(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    accept, came = accepted_files.accept, []

    def late(*given, **more) -> bool:
        if not came:
            came.append(shop.hears(the_file()[9]).accepted)
        return accept(*given, **more)

    monkeypatch.setattr(accepted_files, "accept", late)
    assert brings(shop) == Taken(accepted=EVENTS - 1, duplicates=1)
    assert is_whole(shop)
