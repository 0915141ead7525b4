"""Friend adds (C1, E8): which count, and why the others do not."""

from __future__ import annotations

import pytest

from incentives.calculate import calculate
from incentives.facts import Place
from tests.incentives.cast import (
    LATER,
    OTHER,
    THIRD,
    G,
    contact,
    facts,
    judged,
    only_adds,
    person,
    told,
    version,
)
from tests.incentives.world import at, rate_plan

MEI = contact("confirmed", "06-10")


@pytest.mark.parametrize(
    "history, expected",
    [
        ((MEI,), [("valid_add", 200)]),
        ((MEI, contact("deleted", "06-13")), [("lost_before_7d", 0)]),
        ((MEI, contact("deleted", "06-17 11:59")), [("lost_before_7d", 0)]),
        ((MEI, contact("deleted", "06-17 12:00")), [("valid_add", 200)]),
        ((MEI, contact("deleted", "06-13", OTHER)), [("valid_add", 200)]),
        ((contact("confirmed", "06-09", OTHER), MEI), [("not_first", 0)]),
        ((contact("confirmed", "06-11", OTHER), MEI), [("valid_add", 200)]),
        (
            (contact("confirmed", "06-01", OTHER), contact("deleted", "06-02", OTHER), MEI),
            [("not_first", 0)],
        ),
        (
            (contact("confirmed", "03-01", OTHER), contact("deleted", "03-12 12:01", OTHER), MEI),
            [("not_first", 0)],
        ),
        (
            (contact("confirmed", "03-01", OTHER), contact("deleted", "03-12", OTHER), MEI),
            [("valid_add", 200)],
        ),
        ((contact("confirmed", "03-01"), contact("deleted", "03-12"), MEI), [("paid_before", 0)]),
        (
            (contact("confirmed", "03-11"), contact("deleted", "03-12"), MEI),
            [("valid_add", 200)],
        ),  # the first was lost, never paid
        ((MEI, contact("confirmed", "06-11")), [("valid_add", 200), ("already_linked", 0)]),
        (
            (MEI, contact("deleted", "06-12"), contact("confirmed", "06-13")),
            [("lost_before_7d", 0), ("not_first", 0)],
        ),
        ((contact("transferred", "06-01", OTHER), MEI), [("not_first", 0)]),
        ((contact("transferred", "06-10"),), []),
    ],
)
def test_the_first_link_of_a_person_counts_once_it_has_lasted_c1(history, expected):
    assert told(judged(facts(people=[person(*history)]), only_adds())) == expected


@pytest.mark.parametrize(
    "source, expected",
    [
        ("qr", "valid_add"),
        ("link", "valid_add"),
        ("card", "valid_add"),
        (None, "valid_add"),
        ("admin_assigned", "source_not_allowed"),
        ("QR", "source_not_allowed"),
    ],
)
def test_only_allowed_sources_count_c1(source, expected):
    assert (
        told(
            judged(
                facts(people=[person(contact("confirmed", "06-10", source=source))]), only_adds()
            )
        )[0][0]
        == expected
    )


def test_an_employee_is_no_customer_c1():
    assert told(judged(facts(people=[person(MEI, employee=True)]), only_adds())) == [
        ("employee", 0)
    ]


def test_an_add_on_a_day_without_employment_earns_nothing_b9():
    assert told(judged(facts(people=[person(MEI)], places={}), only_adds())) == [
        ("not_employed", 0)
    ]


def test_lost_re_added_and_transferred_as_in_e8():
    wang, zhao = contact("confirmed", "06-01", G), contact("confirmed", "06-06", OTHER)
    history = person(
        wang, contact("deleted", "06-04", G), zhao, contact("transferred", "06-07", THIRD)
    )
    assert told(judged(facts(people=[history]), only_adds())) == [("lost_before_7d", 0)]


def test_a_transfer_is_no_loss_for_the_giver():
    history = person(
        MEI, contact("transferred", "06-12", OTHER, giver=G), contact("deleted", "06-13", G)
    )
    assert told(judged(facts(people=[history]), only_adds())) == [("valid_add", 200)]


@pytest.mark.parametrize("giver", [OTHER, None])
def test_a_transfer_ends_the_givers_link_so_that_first_can_come_again(giver):
    """The giver, named or not, is linked no longer; when the taker is deleted nobody is, and the 90
    days run."""
    history = person(
        contact("confirmed", "01-02", OTHER),
        contact("transferred", "01-20", THIRD, giver=giver),
        contact("deleted", "02-01", THIRD),
        MEI,
    )
    assert told(judged(facts(people=[history]), only_adds())) == [("valid_add", 200)]


def test_of_one_second_the_add_comes_before_the_loss():
    history = person(
        contact("confirmed", "06-10", event_id="z"), contact("deleted", "06-10", event_id="a")
    )
    assert told(judged(facts(people=[history]), only_adds())) == [("lost_before_7d", 0)]


def test_days_of_the_plan_replace_the_usual_ones():
    body = only_adds(vests_after_days=3, first_again_days=10, sources=["poster"])
    assert told(
        judged(
            facts(
                people=[
                    person(
                        contact("confirmed", "06-10", source="poster"), contact("deleted", "06-12")
                    )
                ]
            ),
            body,
        )
    ) == [("lost_before_3d", 0)]
    early = (
        contact("confirmed", "05-01", OTHER, source="poster"),
        contact("deleted", "05-31", OTHER),
    )
    assert told(
        judged(facts(people=[person(*early, contact("confirmed", "06-10", source="poster"))]), body)
    ) == [("valid_add", 200)]


def test_fifty_adds_a_day_are_paid_in_the_order_they_happened_c1_m6():
    people = [
        person(
            contact("confirmed", f"06-10 {9 + n // 30:02}:{n % 30:02}", event_id=f"e{99 - n}"),
            customer=n,
        )
        for n in range(60)
    ]
    result = judged(facts(people=people), only_adds())
    assert told(result) == [("valid_add", 200)] * 50 + [("cap_reached", 0)] * 10
    lost = [person(*people[0].contacts, contact("deleted", "06-11"), customer=0), *people[1:]]
    assert (
        told(judged(facts(people=lost), only_adds()))
        == [("lost_before_7d", 0)] + [("valid_add", 200)] * 50 + [("cap_reached", 0)] * 9
    )


def test_the_cap_counts_each_day_of_the_brand_alone():
    people = [
        person(contact("confirmed", when), customer=n)
        for n, when in enumerate(("06-10 23:59", "06-11 00:00"))
    ]
    assert (
        told(judged(facts(people=people), only_adds(caps={"guide_day": 1})))
        == [("valid_add", 200)] * 2
    )


def test_of_one_second_the_smaller_event_id_is_paid_first_c10():
    people = [
        person(contact("confirmed", "06-10", event_id=e), customer=n) for n, e in enumerate("cab")
    ]
    result = judged(facts(people=people), only_adds(caps={"guide_day": 2}))
    assert [(line.line_id, line.amount_minor) for line in result.lines] == [
        ("add:event:a", 200),
        ("add:event:b", 200),
        ("add:event:c", 0),
    ]


def test_only_adds_of_the_guide_and_the_month_make_lines():
    others = (
        person(contact("confirmed", "05-31 23:59"), customer=1),
        person(contact("confirmed", "07-01 00:00"), customer=2),
        person(contact("confirmed", "06-10", OTHER), customer=3),
    )
    assert judged(facts(people=others), only_adds()).lines == ()


def test_the_plan_of_the_day_judges_and_the_newest_version_of_it_c10():
    old, new = only_adds(), only_adds(amount_minor=500) | {"valid_from": "2025-06-10"}
    people = [person(contact("confirmed", "06-09"), customer=1), person(MEI, customer=2)]
    assert told(calculate(facts(people=people), [version(old, 1), version(new, 2)], LATER)) == [
        ("valid_add", 200),
        ("valid_add", 500),
    ]


@pytest.mark.parametrize(
    "assigned, place, expected",
    [
        ({"guides": ["G1"]}, None, 200),
        ({"guides": ["G2"]}, None, 0),
        ({"stores": ["S1"]}, None, 200),
        ({"stores": ["S2"], "dealers": ["D1"]}, None, 200),
        ({"branches": ["B1"]}, None, 200),
        ({"branches": ["B9"]}, None, 0),
        ({"stores": ["S1"]}, Place(11, "S2", 100, "D1"), 0),
    ],
)
def test_a_plan_holds_for_whom_it_is_assigned_to(assigned, place, expected):
    places = None if place is None else {at("06-10").date(): place}
    result = judged(
        facts(people=[person(MEI)], places=places), only_adds() | {"assigned_to": assigned}
    )
    assert sum(line.amount_minor for line in result.lines) == expected


def test_sales_plans_make_no_lines_of_adds():
    assert judged(facts(people=[person(MEI)]), rate_plan()).lines == ()
