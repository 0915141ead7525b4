"""Guides: where they work, since when, until when."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.base.spans import spans_of
from stores.imports.outcomes import Outcome, Refused
from stores.network.guides import employment, guide
from stores.registers.employment import (
    Job,
    UnsoundEmployment,
    Wanted,
    arrival,
    jobs_after,
)

TODAY = dt.date(2025, 6, 1)
JANUARY, MAY = dt.date(2025, 1, 1), dt.date(2025, 5, 31)


@pytest.fixture
def shops(network):
    network.open_store("S1")
    network.open_store("S2", "D2")
    return network


def hire(network, store="S1", **more):
    return network.load("guides", {"guide_code": "G1", "name": "Mei", "store_code": store, **more})


def jobs(network):
    return [
        (row.store_id, row.valid_from, row.valid_to)
        for row in network.rows(employment, "valid_from", "id")
        if row.version_to is None
    ]


def test_a_new_guide_works_from_the_first_day(shops):
    assert hire(shops, hired_on="2025-01-01") == Outcome(new=1)
    assert [job[1:] for job in jobs(shops)] == [(JANUARY, None)]
    assert shops.rows(guide)[0].role == "guide"


def test_a_move_counts_from_today(shops):
    hire(shops, hired_on="2025-01-01")
    assert hire(shops, "S2", hired_on="2025-01-01") == Outcome(changed=1)
    assert [job[1:] for job in jobs(shops)] == [(JANUARY, TODAY), (TODAY, None)]
    shops.days_pass(5)
    assert hire(shops, "S2", hired_on="2025-01-01") == Outcome(unchanged=1)


def notices(network):
    return [
        [(first, until) for first, until in spans_of(row.notices)]
        for row in network.rows(employment, "valid_from", "id")
        if row.version_to is None
    ]


def test_a_notice_is_given_once_b9(shops):
    """It stands with the last stretch: another last day and a move before it change nothing,
    staying ends it, coming back begins anew."""
    since = {"hired_on": "2025-01-01"}
    hire(shops, **since)
    assert notices(shops) == [[]]
    given = shops.now
    hire(shops, left_on="2025-06-30", **since)
    shops.days_pass(2)
    hire(shops, left_on="2025-07-31", **since)
    assert notices(shops) == [[(given, None)]]
    hire(shops, "S2", left_on="2025-07-31", **since)
    assert notices(shops) == [[], [(given, None)]]
    assert hire(shops, "S2", left_on="2025-07-31", **since) == Outcome(unchanged=1)
    shops.days_pass(1)
    stays = shops.now
    hire(shops, "S2", left_on="", **since)
    assert notices(shops) == [[], [(given, stays)]]
    shops.days_pass(1)
    again = shops.now
    hire(shops, "S2", left_on="2025-07-31", **since)
    shops.days_pass(90)
    hire(shops, "S2", hired_on="2025-09-01", left_on="")
    assert notices(shops) == [[], [(given, stays), (again, None)], []]


def test_the_last_day_still_counts(shops):
    hire(shops, left_on="2025-06-30")
    assert [job[1:] for job in jobs(shops)] == [(None, dt.date(2025, 7, 1))]


def test_the_former_employment_stays_known(shops):
    hire(shops)
    hire(shops, left_on="2025-06-30")
    assert shops.count(employment) == 2


def test_an_unknown_store_is_refused(shops):
    with pytest.raises(Refused, match="NOPE"):
        hire(shops, "NOPE")


def test_one_wecom_account_is_one_guide(shops):
    hire(shops, wecom_userid="mei")
    with pytest.raises(Refused, match="belongs to guide G1"):
        shops.load(
            "guides", {"guide_code": "G2", "name": "Sam", "store_code": "S1", "wecom_userid": "mei"}
        )


def test_userids_may_change_hands_in_one_file(shops):
    hire(shops, wecom_userid="mei")
    row = {"name": "x", "store_code": "S1"}
    outcome = shops.load(
        "guides",
        {"guide_code": "G1", **row, "wecom_userid": "mei2"},
        {"guide_code": "G2", **row, "wecom_userid": "mei"},
    )
    assert outcome == Outcome(new=1, changed=1)


def test_a_corrected_first_day_moves_the_start():
    assert jobs_after([Job(1, "guide", MAY)], Wanted(1, "guide", JANUARY, None, MAY), TODAY) == [
        Job(1, "guide", JANUARY)
    ]


def test_a_first_day_after_a_move_is_refused():
    with pytest.raises(UnsoundEmployment, match="after the move"):
        jobs_after(
            [Job(1, "guide", JANUARY, MAY), Job(2, "guide", MAY)],
            Wanted(2, "guide", TODAY, None, JANUARY),
            TODAY,
        )


def test_two_moves_in_one_day_leave_the_last():
    known = [Job(1, "guide", None, TODAY), Job(2, "guide", TODAY)]
    assert jobs_after(known, Wanted(3, "guide", None, None), TODAY) == [
        Job(1, "guide", None, TODAY),
        Job(3, "guide", TODAY),
    ]


def test_somebody_hired_again_keeps_the_former_stretch():
    known = [Job(1, "guide", JANUARY, MAY)]
    wanted = Wanted(2, "guide", TODAY, None, JANUARY, MAY - dt.timedelta(days=1))
    assert jobs_after(known, wanted, TODAY) == [
        Job(1, "guide", JANUARY, MAY),
        Job(2, "guide", TODAY),
    ]


def test_a_new_role_is_a_new_stretch():
    assert jobs_after([Job(1, "guide")], Wanted(1, "store_manager", None, None), TODAY) == [
        Job(1, "guide", None, TODAY),
        Job(1, "store_manager", TODAY),
    ]


def test_a_last_day_before_the_first_is_refused():
    with pytest.raises(UnsoundEmployment, match="before the first day"):
        jobs_after([Job(1, "guide", TODAY)], Wanted(1, "guide", TODAY, JANUARY, TODAY), TODAY)


# -- whether the customers of a mover follow (B10) -------------------------------------------------


def test_a_leaver_hired_elsewhere_the_next_day_is_a_mover_b10():
    known = [Job(1, "guide", None, TODAY)]
    wanted = Wanted(
        2, "guide", TODAY, None, None, TODAY - dt.timedelta(days=1), customers_follow=False
    )
    assert jobs_after(known, wanted, TODAY)[-1] == Job(2, "guide", TODAY, None, False)
    gap = Wanted(
        2,
        "guide",
        TODAY + dt.timedelta(days=1),
        None,
        None,
        TODAY - dt.timedelta(days=1),
        customers_follow=False,
    )
    assert jobs_after(known, gap, TODAY)[-1].customers_follow is None


def test_a_first_job_knows_nothing_of_customers_b10():
    assert jobs_after([], Wanted(1, "guide", None, None, customers_follow=False), TODAY) == [
        Job(1, "guide")
    ]


def other_dealer(old: int, new: int, _day: dt.date) -> bool:
    return (old == 9) != (new == 9)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from([1, 2, 9]),
            st.sampled_from(["guide", "store_manager"]),
            st.sampled_from([None, True, False]),
        ),
        min_size=1,
    )
)
def test_a_row_that_is_sent_again_changes_nothing_and_another_dealers_store_never_gets_customers_b10(
    rows,
):
    jobs: list[Job] = []
    today = TODAY
    for days, store_id, role, follow in rows:
        today += dt.timedelta(days=days)
        wanted = Wanted(store_id, role, None, None, customers_follow=follow)
        jobs = jobs_after(jobs, wanted, today, other_dealer)
        assert jobs_after(jobs, wanted, today, other_dealer) == jobs
        at = arrival(jobs)
        assert (
            at is None
            or not other_dealer(jobs[at - 1].store_id, jobs[at].store_id, today)
            or jobs[at].customers_follow is False
        )
