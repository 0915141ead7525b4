"""A worker whose clock ran ahead books vesting of days to come; nobody books on it, it is taken
back by itself, and verify names it."""

from __future__ import annotations

import datetime as dt

import time_machine

import db
from app.services import schedule as jobs
from incentives import verification
from ledger import clocks
from ledger.intakes import open_intake, seal
from ledger.journals import journal, transfer
from ledger.seals import seal_now
from tests.incentives.world import at

TRUE = at("06-02")
AHEAD = at("08-20")
MINUTE = dt.timedelta(minutes=1)


def works(now: dt.datetime) -> dict[str, int]:
    """A worker's turn: it seals, then books."""
    jobs._seal(now)
    return jobs._book(now)


def faults(now: dt.datetime) -> tuple[str, ...]:
    with time_machine.travel(now, tick=False), db.read() as connection:
        return verification.nothing_is_booked_ahead(connection).faults


def sold(world) -> None:
    world.sells("A", "06-01", 10_000)
    world.adds("06-01", "G1", "friend")
    world.state("A", "received", "06-01")


def test_what_was_vested_too_early_is_named_taken_back_and_vested_again_in_its_time(world):
    sold(world)
    works(TRUE)
    due = world.balance("G1")
    assert due[1] == 0 and faults(TRUE) == ()
    works(AHEAD)
    assert world.balance("G1") == (0, sum(due))
    assert any("guide G1" in fault and "has not come" in fault for fault in faults(TRUE + MINUTE))
    before = world.network.rows(transfer, "id")
    works(TRUE + MINUTE)
    assert world.balance("G1") == due and faults(TRUE + MINUTE) == ()
    assert world.network.rows(transfer, "id")[: len(before)] == before  # reversed, not rewritten
    works(AHEAD)
    assert world.balance("G1") == (0, sum(due)) and faults(AHEAD) == ()


def test_a_second_turn_takes_back_nothing_more(world):
    sold(world)
    works(AHEAD)
    works(TRUE)
    before = world.network.count(transfer)
    for n in range(3):
        works(TRUE + n * MINUTE)
    assert world.network.count(transfer) == before


def test_nothing_new_is_booked_while_something_lies_ahead_of_the_clock(world):
    with db.transaction() as connection:
        open_intake(connection, "orders", "test", AHEAD)
    seal_now(AHEAD)
    sold(world)
    before = world.network.count(journal)
    assert works(TRUE) == {"months": 0, "journals": 0, "transfers": 0}
    assert works(TRUE + 9 * MINUTE)["journals"] == 0 and world.network.count(journal) == before
    with db.read() as connection:
        assert clocks.doubted(connection, TRUE + 9 * MINUTE) == AHEAD
        assert world.network.count(clocks.clock_doubt) == 1


def test_a_doubt_ends_when_the_other_clock_is_silent_for_ten_minutes(world):
    with db.transaction() as connection:
        open_intake(connection, "orders", "test", AHEAD)
    seal_now(AHEAD)
    sold(world)
    works(TRUE)
    assert works(TRUE + 11 * MINUTE)["journals"] > 0
    with db.read() as connection:
        assert clocks.doubted(connection, TRUE + 11 * MINUTE) is None


def test_a_doubt_begins_anew_when_something_later_comes(world):
    for ahead in (AHEAD, AHEAD + MINUTE):
        with db.transaction() as connection:
            open_intake(connection, "orders", "test", ahead)
        seal_now(ahead)
        assert clocks.in_doubt(TRUE + (11 * MINUTE if ahead > AHEAD else MINUTE)) == ahead
    assert clocks.in_doubt(TRUE + 15 * MINUTE) is not None


def test_a_doubt_ends_when_the_clock_shows_the_moment(world):
    with db.transaction() as connection:
        open_intake(connection, "orders", "test", TRUE + MINUTE)
    seal_now(TRUE + MINUTE)
    assert clocks.in_doubt(TRUE) == TRUE + MINUTE
    assert clocks.in_doubt(TRUE + MINUTE) is None


def test_clocks_of_machines_that_are_kept_right_differ_by_less_than_a_doubt(world):
    with db.transaction() as connection:
        open_intake(connection, "orders", "test", TRUE)
    seal_now(TRUE)
    assert clocks.in_doubt(TRUE - dt.timedelta(seconds=5)) is None
    assert world.network.count(seal) == 1
