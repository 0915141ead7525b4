"""Opening hours (N3, CONTRACT 2)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.network.hours import HoursFault, is_open, parse_hours


def at(day: str, time: str) -> dt.datetime:
    """A wall-clock time in the week of Monday 3 March 2025."""
    number = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(day)
    return dt.datetime.combine(dt.date(2025, 3, 3 + number), dt.time.fromisoformat(time))


@pytest.mark.parametrize(
    ("hours", "day", "time", "open_"),
    [
        ("09:00-21:00", "mon", "09:00", True),
        ("09:00-21:00", "sun", "20:59", True),
        ("09:00-21:00", "sun", "21:00", False),
        ("09:00-21:00", "wed", "08:59", False),
        ("9:00-21:00", "wed", "09:00", True),
        ("09:00 - 21:00", "wed", "10:00", True),
        ("09:00-12:00;14:00-21:00", "tue", "13:00", False),
        ("09:00-12:00;14:00-21:00", "tue", "14:00", True),
        ("mon-fri 09:00-18:00;sat 10:00-16:00", "sat", "09:30", False),
        ("mon-fri 09:00-18:00;sat 10:00-16:00", "sat", "10:00", True),
        ("mon-fri 09:00-18:00;sat 10:00-16:00", "sun", "12:00", False),
        ("Mon-Fri 09:00-12:00;14:00-18:00", "fri", "15:00", True),
        ("sat-mon 09:00-18:00", "sun", "12:00", True),
        ("sat-mon 09:00-18:00", "tue", "12:00", False),
        ("mon,wed 09:00-18:00", "wed", "12:00", True),
        ("18:00-02:00", "mon", "01:59", True),
        ("18:00-02:00", "mon", "02:00", False),
        ("sun 18:00-02:00", "mon", "01:00", True),
        ("sun 18:00-02:00", "sun", "01:00", False),
        ("fri 22:00-06:00", "sat", "05:59", True),
        ("00:00-24:00", "thu", "23:59", True),
        ("22:00-24:00", "thu", "23:59", True),
        ("09:00-12:00；14:00-21:00", "tue", "13:00", False),
    ],
)
def test_a_store_is_open_within_its_hours(hours, day, time, open_):
    assert is_open(parse_hours(hours), at(day, time)) is open_


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("09:00–21:00", "09:00-21:00"),
        ("９：００～２１：００", "09:00-21:00"),
        ("09:00 to 21:00", "09:00-21:00"),
        ("9.00-21.00", "09:00-21:00"),
        ("9-21:00", "09:00-21:00"),
        ("9am-5pm", "09:00-17:00"),
        ("9 a.m. – 5:30 p.m.", "09:00-17:30"),
        ("9-5pm", "09:00-17:00"),
        ("1-5pm", "13:00-17:00"),
        ("12am-12pm", "00:00-12:00"),
        ("上午9:00-下午6:00", "09:00-18:00"),
        ("9点至21点半", "09:00-21:30"),
        ("每天 9:00-21:00", "09:00-21:00"),
        ("09:00-12:00;14:00-21:00;", "09:00-12:00;14:00-21:00"),
        ("24/7", "00:00-24:00"),
        ("24小时营业", "00:00-24:00"),
        ("24 hours", "00:00-24:00"),
        ("全天", "00:00-24:00"),
        ("Mo-Su 00:00-24:00", "00:00-24:00"),
        ("周一至周五 9:00-18:00", "mon-fri 09:00-18:00"),
        ("周一-五 9:00-18:00", "mon-fri 09:00-18:00"),
        ("星期一到星期五 9:00-18:00", "mon-fri 09:00-18:00"),
        ("工作日 9:00-18:00；周末 10:00-17:00", "mon-fri 09:00-18:00;sat,sun 10:00-17:00"),
        ("周一、三、五 9:00-18:00", "mon,wed,fri 09:00-18:00"),
        ("周一、周三 9:00-18:00", "mon,wed 09:00-18:00"),
        ("Monday - Friday: 9 AM - 6 PM", "mon-fri 09:00-18:00"),
        ("Monday: 9 AM–6 PM; Tuesday: 9 AM–6 PM; Wednesday: Closed", "mon,tue 09:00-18:00"),
        ("Mo-Fr 08:00-18:00; Su off; PH off", "mon-fri 08:00-18:00"),
        ("Mo-Su,PH 09:00-18:00", "09:00-18:00"),
        (
            "Mo-Fr 08:00-12:00,13:00-17:00, Sa 09:00-12:00",
            "mon-fri 08:00-12:00;13:00-17:00;sat 09:00-12:00",
        ),
        ("Mo,We,Fr 09:00-18:00", "mon,wed,fri 09:00-18:00"),
        ("09:00-21:00; Su off", "mon-sat 09:00-21:00"),
        ("mon-sat 09:00-21:00;sun closed", "mon-sat 09:00-21:00"),
        ("sun closed", "mon-sat 00:00-24:00"),
        ("周日休息", "mon-sat 00:00-24:00"),
        ("Mo-Su 10:00-20:00; Su 11:00-18:00", "mon-sat 10:00-20:00;sun 11:00-18:00"),
    ],
)
def test_hours_as_people_write_them_are_the_same_hours(written, plain):
    assert parse_hours(written) == parse_hours(plain)


def test_unknown_hours_count_as_open():
    assert is_open(None, at("sun", "03:00"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no hours given"),
        (" ; ", "no hours given"),
        ("9-21", "no span"),
        ("09:00", "no span"),
        ("09:00-21:60", "no time of day"),
        ("09:00-24:01", "no time of day"),
        ("24:00-02:00", "begins at 24:00"),
        ("09:00-09:00", "begins and ends"),
        ("munday 09:00-18:00", "no weekday"),
        ("mon-fry 09:00-18:00", "no weekday"),
        ("mon,mon 09:00-18:00", "twice"),
        ("mon", "no span"),
        ("09:00-13:00;12:00-18:00", "overlap on mon at 12:00"),
        ("18:00-10:00;09:00-12:00", "overlap"),
        ("sun 20:00-05:00;mon 04:00-09:00", "overlap"),
        ("24 horas", "no span"),
        ("closed", "which days"),
        ("mon-sun off", "never open"),
        ("PH off", "no hours given"),
        ("sunrise-sunset", "no weekday"),
        ("sun off 09:00", "no span"),
        ("9:30am-17:61", "no time of day"),
        ("13am-2pm;1pm-2pm", "overlap"),
        ("09:00-21:00" * 60, "at most 500"),
    ],
)
def test_what_is_no_hours_is_refused_in_words(text, said):
    with pytest.raises(HoursFault, match=said):
        parse_hours(text)


@given(st.text(alphabet="0123456789:-;, monfritusap/周一至五、.休息", max_size=40))
def test_any_text_is_hours_or_refused(text):
    assert all(start < end for start, end in spans_of(text))


def spans_of(text: str) -> tuple[tuple[int, int], ...]:
    try:
        return parse_hours(text).spans
    except HoursFault:
        return ()
