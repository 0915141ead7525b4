"""A18: a code that is remembered leads nobody any more once its channel was revoked or is over;
what was decided before stays decided so (A17)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update

import db
from stores.base import versions
from stores.base.actors import COMMAND_LINE
from stores.facts.customers import customer_state
from stores.facts.decision import State
from stores.facts.entry_records import state_record
from stores.network import network as networks
from stores.network.channels import channel
from stores.network.records import ChannelRecord
from stores.routing import explanations
from stores.routing.batch_routing import Router, Row, states_of
from stores.routing.decide import decide
from stores.routing.entering_bulk import PastArrival, record_arrivals
from stores.routing.entry_param_signing import revoke_channel, sign_param
from stores.routing.what_if import what_ifs
from stores.simulation.columns import columns
from stores.simulation.ladder import Ladder
from tests.network import Network
from tests.stores.routing.chain import NOON, TODAY, chain, days, guide, north, outcome, visit
from tests.stores.routing.entrances import (
    NOW,
    arrival,
    enter,
    open_chain,
    replayed,
    state_of,
    stored,
)

DAY = dt.timedelta(days=1)
CHANNELS = {
    5: ChannelRecord(5, "poster", TODAY - days(10), TODAY, False),
    6: ChannelRecord(6, "gone", None, None, True),
    7: ChannelRecord(7, "open", None, None, False),
}
SHOPS = chain(north(100, "S1"), north(3_000, "S2"), guides=[guide("G1", 2)], channels=CHANNELS)


def remembered(channel_id: int | None, **more: int) -> State:
    return State(
        **({"param_store_id": 2} | more), param_channel_id=channel_id, param_at=NOON - days(1)
    )


@pytest.mark.parametrize(
    ("state", "at", "rung"),
    [
        (remembered(None), NOON, "ENTRY_CACHED"),
        (remembered(7), NOON, "ENTRY_CACHED"),
        (remembered(5), NOON, "ENTRY_CACHED"),
        (remembered(5), NOON + days(1), "NEAREST"),
        (remembered(6), NOON, "NEAREST"),
        (remembered(99), NOON, "NEAREST"),
        (remembered(6, param_guide_id=1), NOON, "NEAREST"),
    ],
)
def test_a_remembered_code_counts_as_long_as_its_channel_holds_on_the_day_of_the_visit(
    state, at, rung
):
    """A4 rung 6; without a channel it counts for its seven days."""
    asked = visit(at=at)
    decision = decide(asked, state, SHOPS)
    assert decision.rung == rung
    assert outcome(decision, "ENTRY_CACHED") == (
        "matched" if rung == "ENTRY_CACHED" else "channel_over"
    )
    assert Ladder(SHOPS).decide(columns([(asked, state)])).stores.tolist() == [decision.store_id]


def test_the_word_is_told_in_both_languages():
    assert (
        explanations.word(explanations.OUTCOMES, "channel_over", "en")
        == "the channel is no longer valid"
    )
    assert explanations.word(explanations.OUTCOMES, "channel_over", "zh") == "渠道已失效"


def test_without_the_remembered_code_he_is_led_elsewhere():
    state = remembered(7)
    decision = decide(visit(), state, SHOPS)
    assert ("no_cached_param", 1) in [
        (each.change, each.store_id) for each in what_ifs(visit(), state, SHOPS, decision)
    ]
    assert state_record(state)["param_channel_id"] == 7


# -- on a database ---------------------------------------------------------------------------------


@pytest.fixture
def shops(network: Network) -> Network:
    open_chain(network)
    return network


def poster(store_code: str = "S3") -> str:
    return sign_param(
        store_code=store_code, channel_code="poster", actor=COMMAND_LINE, now=NOW, issued_at=NOW
    )


def revoke() -> None:
    assert revoke_channel("poster", actor=COMMAND_LINE, now=NOW + DAY)


def assigned(at: dt.datetime) -> str:
    """The rung of `flask assign` for c1 without a location."""
    with db.read() as connection:
        snapshot, states = (
            networks.snapshot(versions.current(connection)),
            states_of(connection, ["c1"]),
        )
    return Router(snapshot, at, ()).assign([Row("c1", "", "", "")], states)[0].rung


def test_a_revoked_channels_remembered_code_leads_nobody(shops):
    """A18: by entry and by file; the decisions of before are replayed as they were, also the one
    that remembered the code."""
    first = enter(arrival("c1", entry_param=poster()))
    before = enter(arrival("c1"), NOW + DAY)
    assert (
        stored(first.entry_id).rung,
        stored(before.entry_id).rung,
        stored(before.entry_id).store_code,
    ) == ("ENTRY_PARAM", "ENTRY_CACHED", "S3")
    assert assigned(NOW + DAY) == "ENTRY_CACHED"
    revoke()
    assert assigned(NOW + DAY) == "LAST_VISIT"
    after = enter(arrival("c1"), NOW + 2 * DAY)
    assert (stored(after.entry_id).rung, outcome(after.decision, "ENTRY_CACHED")) == (
        "LAST_VISIT",
        "channel_over",
    )
    assert [replayed(each.entry_id)["same"] for each in (first, before, after)] == [
        True,
        True,
        True,
    ]


def test_a_code_that_is_over_is_replaced_by_the_next_one(shops):
    """The state remembers one code with its own channel, none where it has none."""
    entered = enter(arrival("c1", entry_param=poster()))
    number = stored(entered.entry_id).customer_id
    state = state_of(shops, number)
    assert state.param_channel_id == shops.rows(channel)[0].id
    revoke()
    plain = sign_param(store_code="S4", actor=COMMAND_LINE, now=NOW, issued_at=NOW)
    enter(arrival("c1", entry_param=plain), NOW + 2 * DAY)
    assert state_of(shops, number).param_channel_id is None
    assert stored(enter(arrival("c1"), NOW + 3 * DAY).entry_id).rung == "ENTRY_CACHED"


def test_an_entry_of_before_the_column_counts_as_it_did(shops):
    """Its state names no channel, so a revocation takes nothing from it."""
    enter(arrival("c1", entry_param=poster()))
    with db.transaction() as connection:
        connection.execute(update(customer_state).values(param_channel_id=None))
    revoke()
    assert stored(enter(arrival("c1"), NOW + 2 * DAY).entry_id).rung == "ENTRY_CACHED"


def test_a_channel_revoked_before_the_column_is_over_for_everybody(shops):
    enter(arrival("c1", entry_param=poster()))
    revoke()
    with db.transaction() as connection:
        connection.execute(update(channel).values(revoked_version=None))
    assert outcome(enter(arrival("c1"), NOW + 2 * DAY).decision, "ENTRY_CACHED") == "channel_over"


def test_many_at_once_remember_the_channel_as_one_by_one(shops):
    param = poster()
    ids = [f"00000000-0000-7000-8000-{n:012d}" for n in range(2)]
    record_arrivals(
        [
            PastArrival(ids[0], arrival("c1", entry_param=param), NOW),
            PastArrival(ids[1], arrival("c1"), NOW + DAY),
        ],
        now=NOW + DAY,
    )
    assert [stored(each).rung for each in ids] == ["ENTRY_PARAM", "ENTRY_CACHED"]
    with db.read() as connection:
        assert connection.execute(select(customer_state.c.param_channel_id)).scalars().all() == [
            shops.rows(channel)[0].id
        ]
    revoke()
    later = "00000000-0000-7000-8000-000000000009"
    record_arrivals([PastArrival(later, arrival("c1"), NOW + 2 * DAY)], now=NOW + 2 * DAY)
    assert stored(later).rung == "LAST_VISIT"
