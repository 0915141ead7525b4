"""Times are read strictly, in the brand's zone when they name none (N3)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.base import brand
from stores.base.possible_times import looks_missing, why_impossible
from stores.base.times import InvalidTime, day_start, parse_day, parse_instant, parse_month

SHANGHAI, CHICAGO, CAIRO = (
    ZoneInfo("Asia/Shanghai"),
    ZoneInfo("America/Chicago"),
    ZoneInfo("Africa/Cairo"),
)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-03-01", "2025-02-28T16:00:00"),
        ("2025-03-01T10:00", "2025-03-01T02:00:00"),
        ("2025-03-01 10:00:30", "2025-03-01T02:00:30"),
        ("2025-03-01T10:00:00Z", "2025-03-01T10:00:00"),
        ("2025-03-01T10:00:00+08:00", "2025-03-01T02:00:00"),
        ("2025-03-01T10:00:00-0530", "2025-03-01T15:30:00"),
        ("2025-03-01 10:00:00+00", "2025-03-01T10:00:00"),
        ("2025-03-01T10:00:00.25Z", "2025-03-01T10:00:00.250000"),
        ("2025-03-01T10:00:00.123456789Z", "2025-03-01T10:00:00.123456"),
        ("2024-02-29", "2024-02-28T16:00:00"),
        ("1970-01-01", "1969-12-31T16:00:00"),
        ("2100-12-31T23:59:59-14:00", "2101-01-01T13:59:59"),
    ],
)
def test_a_time_is_read_as_a_utc_moment(text, moment):
    assert parse_instant(text, SHANGHAI) == dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
    assert parse_instant(text, SHANGHAI).tzinfo is dt.UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "yesterday",
        "2025",
        "2025-03",
        "20250301",
        "2025-3-1",
        "2025-02-29",
        "2025-13-01",
        "2025-00-10",
        "2025-01-00",
        "1969-12-31",
        "2101-01-01",
        "0000-01-01",
        "9999-12-31",
        "2025-03-01T",
        "2025-03-01T10",
        "2025-03-01T1:00",
        "2025-03-01T24:00",
        "2025-03-01T10:60",
        "2025-03-01T10:00:60Z",
        "2025-03-01T10:00:00.Z",
        "2025-03-01T10:00:00,5Z",
        "2025-03-01T10:00:00.1234567890Z",
        "2025-03-01T10:00:00z",
        "2025-03-01t10:00:00Z",
        "2025-03-01T10:00:00 Z",
        "2025-03-01  10:00",
        "2025-03-01T10:00:00+15:00",
        "2025-03-01T10:00:00+08:60",
        "2025-03-01T10:00:00+8",
        "2025-03-01Z",
        " 2025-03-01",
        "2025-03-01\n",
        "2025-03-01T10:00:00Z ",
        "２０２５-03-01",
        "2025-W09-6",
        "2025-060",
        "2025-03-01T10:00:00 Asia/Shanghai",
        "1740787200",
        "+2025-03-01",
    ],
)
def test_everything_else_is_no_time(text):
    with pytest.raises(InvalidTime):
        parse_instant(text, SHANGHAI)


def test_of_an_ambiguous_local_time_the_first_occurrence_counts():
    assert parse_instant("2025-11-02T01:30", CHICAGO) == dt.datetime(
        2025, 11, 2, 6, 30, tzinfo=dt.UTC
    )


def test_a_local_time_that_the_clocks_skipped_is_a_fault():
    with pytest.raises(InvalidTime, match="America/Chicago"):
        parse_instant("2025-03-09T02:30", CHICAGO)
    assert parse_instant("2025-03-09T02:30-06:00", CHICAGO) == dt.datetime(
        2025, 3, 9, 8, 30, tzinfo=dt.UTC
    )


def test_a_day_whose_midnight_is_skipped_begins_when_the_clocks_jump():
    assert (
        parse_instant("2025-04-25", CAIRO)
        == day_start(dt.date(2025, 4, 25), CAIRO)
        == dt.datetime(2025, 4, 24, 22, tzinfo=dt.UTC)
    )


@pytest.mark.parametrize(
    "text", ["2025-3-01", "2025-02-30", "1969-01-01", "2025-03-01T00:00", "x", ""]
)
def test_a_day_is_read_strictly(text):
    with pytest.raises(InvalidTime):
        parse_day(text)


@pytest.mark.parametrize(
    "text", ["2025-13", "2025-00", "2025-1", "2025", "2025-03-01", "202503", ""]
)
def test_a_month_is_read_strictly(text):
    assert parse_month("2025-03") == "2025-03"
    with pytest.raises(InvalidTime):
        parse_month(text)


@pytest.mark.parametrize(
    "zone", [SHANGHAI, CHICAGO, CAIRO, ZoneInfo("Pacific/Apia"), ZoneInfo("America/Sao_Paulo")]
)
@given(
    moment=st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2099, 1, 1), timezones=st.just(dt.UTC))
)
def test_each_moment_lies_in_exactly_its_business_day(zone, moment):
    brand.configure(brand.Brand(zone, "CNY", 2))
    start, end = brand.day_bounds(brand.business_day(moment))
    assert start <= moment < end


@given(
    moment=st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2099, 1, 1), timezones=st.timezones())
)
def test_what_python_writes_is_read_back(moment):
    moment = moment.astimezone(dt.UTC)
    assert parse_instant(moment.isoformat(), SHANGHAI) == moment


NOW = dt.datetime(2026, 11, 30, 22, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text",
    [
        "1970-01-01",
        "1970-01-01T00:00:00Z",
        "1970-01-01 08:00",
        "1969-12-31T19:00:00",
        "1970/1/1",
        "1/1/1970",
        "1.1.1970 00:00",
        "19700101",
        "1970年1月1日",
        "Jan 1, 1970",
        "31-Dec-1969",
        "1899-12-30",
        "1899-12-31",
        "1899-12-29T15:54:17Z",
        "30.12.1899",
        "12/30/1899 00:00",
        "1900-01-00",
        "1/0/1900",
        "0/1/1900",
        "1/0/00",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0",
        "00:00:00",
    ],
)
def test_what_programs_write_for_no_date_is_told(text):
    assert looks_missing(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-30",
        "2000-01-01",
        "2000-01-01T00:00:00Z",
        "1970-01-02",
        "1971-01-01",
        "1900-01-01",
        "1899-12-01",
        "12/31/2069",
        "",
        "x",
        "1 January",
        "2026-01-00",
        "19700102",
        "1970-01-01" + " " * 40,
    ],
)
def test_a_date_that_may_be_meant_is_not(text):
    assert not looks_missing(text)


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-12-01T22:00:00Z", None),
        ("2026-12-01T22:00:01Z", "ahead"),
        ("2099-12-31", "ahead"),
        ("2000-01-01", None),
        ("1999-12-31T15:59:59Z", "before 2000-01-01"),
        ("1970-01-01", "missing"),
        ("1970-01-01T00:00:00Z", "missing"),
        ("2010-05-05", None),
    ],
)
def test_a_fact_lies_between_2000_and_a_day_after_its_receipt_n5(at, why):
    said = why_impossible(parse_instant(at, SHANGHAI), NOW, SHANGHAI)
    assert said is None if why is None else why in (said or "")


@given(st.text(max_size=60))
def test_no_text_hurts_the_question_whether_it_is_a_date(text):
    assert looks_missing(text) in (True, False)
