"""Signed entry parameters: 32 characters, any change is refused, they live as long as A18 says."""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.base import brand
from stores.facts.decision import EntryParam, State
from stores.facts.entry_params import LENGTH, SignedParam, read, sign
from stores.facts.visits import Arrival, SourcePoint, entry_param_of, visit_of
from stores.network.policy import Policy
from stores.network.records import ChannelRecord
from stores.routing.decide import decide
from tests.stores.routing.chain import NOON, TODAY, chain, days, guide, north

KEY, OLD, FOREIGN = b"k" * 32, b"o" * 32, b"f" * 32
ALPHABET = string.ascii_letters + string.digits + "-_"
NUMBER = st.integers(0, 2**32 - 1)
SHOPS = chain(
    north(100, "S1"),
    north(200, "S2"),
    guides=[guide("G1", 1)],
    channels={
        5: ChannelRecord(5, "poster", TODAY - days(10), TODAY, False),
        6: ChannelRecord(6, "gone", None, None, True),
    },
)


@pytest.fixture(autouse=True)
def _brand() -> Iterator[None]:
    before = brand._brand
    brand.configure(brand.Brand(ZoneInfo("Asia/Shanghai"), "CNY", 2))
    yield
    brand._brand = before


@given(NUMBER, NUMBER, NUMBER, st.integers(0, 2**32 - 1).filter(lambda m: m < 4_000_000_000 // 60))
def test_what_is_signed_is_read_again(store_id, guide_id, channel_id, minute):
    param = SignedParam(
        store_id, guide_id, channel_id, dt.datetime.fromtimestamp(minute * 60, dt.UTC)
    )
    text = sign(param, KEY)
    assert len(text) == LENGTH == 32
    assert set(text) <= set(ALPHABET)
    assert read(text, [KEY]) == param


@given(st.integers(0, 31), st.sampled_from(ALPHABET))
def test_any_changed_character_is_refused(place, character):
    text = sign(SignedParam(1, 2, 3, NOON), KEY)
    changed = text[:place] + character + text[place + 1 :]
    assert changed == text or isinstance(read(changed, [KEY]), str)


@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(text):
    assert isinstance(read(text, [KEY]), str)


@pytest.mark.parametrize(
    "text",
    ["", "x", "A" * 31, "A" * 33, "é" * 32, "A" * 31 + "=", "A" * 31 + "\n", "٣" * 32, "+" * 32],
)
def test_other_forms_are_malformed(text):
    assert read(text, [KEY]) == "malformed"


def test_keys_rotate_the_newest_first():
    text = sign(SignedParam(1, 0, 0, NOON), OLD)
    assert isinstance(read(text, [KEY, OLD]), SignedParam)
    assert read(text, [KEY]) == read(text, [FOREIGN]) == "bad_signature"


def test_the_mac_has_at_least_48_bits():
    from stores.facts.entry_params import _MAC_BYTES

    assert _MAC_BYTES * 8 >= 48


def asked(param: SignedParam, at: dt.datetime = NOON, snapshot=SHOPS) -> EntryParam | str:
    return entry_param_of(
        sign(param, KEY), at, at.astimezone(brand.brand().timezone).date(), snapshot, [KEY]
    )


@pytest.mark.parametrize("age, holds", [(0, True), (30, True), (30.01, False)])
def test_a_guides_link_lives_30_days(age, holds):
    """Judged at `occurred_at`, not at the time of reading."""
    found = asked(SignedParam(0, 1, 0, NOON), NOON + days(age))
    assert (found == "expired") != holds


def test_the_life_of_guide_links_is_a_number_of_the_policy():
    short = chain(north(1, "S1"), guides=[guide("G1", 1)], policy=Policy(guide_link_days=1))
    assert asked(SignedParam(0, 1, 0, NOON), NOON + days(2), short) == "expired"


def test_a_printed_code_of_a_store_lives_for_ever():
    assert asked(SignedParam(1, 0, 0, NOON), NOON + days(20_000)) == EntryParam(1, None, None, NOON)


@pytest.mark.parametrize("after, holds", [(0, True), (1, False)])
def test_a_code_lives_as_long_as_its_channel(after, holds):
    assert (asked(SignedParam(1, 0, 5, NOON), NOON + days(after)) == "channel_over") != holds


@pytest.mark.parametrize(
    "param, why",
    [
        (SignedParam(1, 0, 6, NOON), "channel_over"),
        (SignedParam(1, 0, 99, NOON), "channel_over"),
        (SignedParam(0, 9, 0, NOON), "unknown_guide"),
        (SignedParam(9, 0, 0, NOON), "unknown_store"),
        (SignedParam(0, 0, 5, NOON), "names_nothing"),
        (SignedParam(1, 0, 0, NOON + dt.timedelta(minutes=6)), "not_issued_yet"),
    ],
)
def test_a_parameter_that_does_not_hold_says_why(param, why):
    assert asked(param) == why


@pytest.mark.parametrize(
    "text, note",
    [
        ("no such thing", "entry_param_malformed"),
        (sign(SignedParam(2, 0, 0, NOON), FOREIGN), "entry_param_bad_signature"),
        (sign(SignedParam(0, 1, 0, NOON - days(31)), KEY), "entry_param_expired"),
        (sign(SignedParam(2, 0, 6, NOON), KEY), "entry_param_channel_over"),
    ],
)
def test_an_ignored_parameter_is_noted_and_the_visit_goes_on(text, note):
    visit = visit_of(
        Arrival({"openid": "o"}, SourcePoint(31.2304, 121.4737, "wgs84"), entry_param=text),
        NOON,
        SHOPS,
        [KEY],
    )
    decision = decide(visit, State(), SHOPS)
    assert (visit.param, decision.rung, decision.notes) == (None, "NEAREST", (note,))


def test_null_island_is_no_usable_location_in_any_datum():
    """A3, A9."""
    for crs in ("wgs84", "gcj02", "bd09"):
        visit = visit_of(
            Arrival({"openid": "o"}, SourcePoint(0.0, -0.0, crs, 5.0, True)), NOON, SHOPS, [KEY]
        )
        assert (visit.point, visit.accuracy_m, visit.fuzzy, visit.notes) == (
            None,
            None,
            False,
            ("location_unusable",),
        )
