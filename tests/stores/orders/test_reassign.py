"""Re-assigning a customer base: who goes where and who stays (A11, A12, B3), in chunks that a kill
does not double, and equal to the fold."""

from __future__ import annotations

import datetime as dt

import pytest

from ledger.faults import InvalidInput
from stores.customer_deeds.reassign_plan import Plan, parse
from stores.customers.bindings import BindingFact
from stores.customers.course import timeline
from stores.network.binding_rules import Closing, Rules
from tests.stores.customers.test_bindings import WANG, A, B, C, adds, buys, deletes, held, moves_to
from tests.stores.customers.test_bindings import day as fold_day

HOUR = dt.timedelta(hours=1)


def moves(
    n: float, old: int = A, new: int = B, forced: bool = False, undone: float | None = None
) -> BindingFact:
    return BindingFact(
        fold_day(n),
        "reassigned",
        7,
        "000000000007",
        store_id=new,
        from_store_id=old,
        forced=forced,
        undone_at=fold_day(undone) if undone else None,
    )


def test_a_reassigned_home_keeps_its_clocks_a11():
    homes = [b for b in timeline([buys(0, A), moves(40)], Rules()) if b.kind == "home"]
    assert [(b.store_id, b.started_at, b.ended_at, b.reason, b.end_reason) for b in homes] == [
        (A, fold_day(0), fold_day(40), "first_order", "reassigned"),
        (B, fold_day(40), fold_day(365), "reassigned", "validity_over"),
    ]
    assert homes[0].protected_until == homes[1].protected_until == fold_day(30)


def test_a_protected_home_stays_unless_the_deed_says_otherwise_b3():
    assert held(buys(0, A), moves(20), at=21) == (A, None)
    assert held(buys(0, A), moves(20, forced=True), at=21) == (B, None)
    assert held(buys(0, A), buys(35, A), moves(40), at=41) == (A, None), (
        "a late order shows that he was protected"
    )


def test_who_lives_elsewhere_by_then_is_not_moved():
    assert held(buys(0, C), moves(40), at=41) == (C, None)
    assert held(adds(0, WANG), moves_to(31, 2), moves(40), at=41) == (B, 2)
    assert held(adds(0, WANG), deletes(2, WANG), moves(40), at=41) == (None, None)


def test_whom_a_closing_released_is_given_a_home_again_a11():
    alone = Rules(closings={A: (Closing(1, A, None, fold_day(5)),)})
    assert held(buys(0, A), moves(10, forced=True), at=11, rules=alone) == (B, None)
    assert held(buys(0, A), buys(8, C), moves(10, forced=True), at=11, rules=alone) == (C, None)


def test_undone_it_comes_back_unless_somebody_changed_it():
    assert held(buys(0, A), moves(40, undone=41), at=40.5) == (B, None)
    assert held(buys(0, A), moves(40, undone=41), at=42) == (A, None)
    closed = Rules(closings={B: (Closing(1, B, C, fold_day(40.5)),)})
    assert held(buys(0, A), moves(40, undone=41), at=42, rules=closed) == (C, None)


def test_a_move_to_a_store_that_closed_goes_to_its_successor_a11():
    assert held(
        buys(0, A), moves(40), at=41, rules=Rules(closings={B: (Closing(1, B, C, fold_day(39)),)})
    ) == (C, None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"causes": ["closed"]}, "reason"),
        ({"reason": "x"}, "causes"),
        ({"reason": "x", "causes": ["moon"]}, "causes"),
        ({"reason": "x", "from_store_codes": ["S1"], "target": "store"}, "to_store_code"),
        ({"reason": "x", "causes": ["closed"], "more": 1}, "more"),
        ({"reason": "x", "causes": ["first_order", "closed"]}, "causes"),
        ({"reason": "x", "causes": ["closed"], "bound_from": "soon"}, "bound_from"),
    ],
)
def test_a_plan_says_what_is_wrong_with_it(body, field):
    with pytest.raises(InvalidInput) as told:
        parse(body)
    assert field in {fault.field for fault in told.value.errors}


def test_a_plan_is_read_as_it_was_written():
    plan = Plan(
        "moved",
        ("S1",),
        causes=("closed",),
        bound_before=dt.date(2025, 5, 1),
        include_protected=True,
    )
    assert parse(plan.body()) == plan
