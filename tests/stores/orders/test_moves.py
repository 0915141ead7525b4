"""B10: a guide moves to another store. Within the dealer his customers follow if the manager
chooses; to another dealer they stay, always."""

from __future__ import annotations

import datetime as dt

import pytest

import db
from ledger.audit import audit_log
from ledger.faults import Conflict, NotAllowed, NotFound
from stores.base.actors import COMMAND_LINE, Actor
from stores.base.brand import day_bounds
from stores.customer_deeds import deeds as customer_deeds
from stores.customer_deeds.deed_effects import Deed
from stores.customers import following
from stores.facts.binding_history import binding
from stores.imports.outcomes import Outcome
from stores.network.guides import employment
from stores.registers import lists, moves
from tests.stores.orders.shop import Shop, day

HOUR = dt.timedelta(hours=1)
SHIFTED = "has no effect: the new store belongs to another dealer, customers stay with the old one"


@pytest.fixture(autouse=True)
def befriended(shop: Shop) -> None:
    """Two customers of Wang's at S1, and one of Li's."""
    shop.adds("Wang", day(60), "c1")
    shop.adds("Wang", day(61), "c2")
    shop.adds("Li", day(60), "c3")


def send(
    shop: Shop, store: str, customers: str | None = None, guide: str = "Wang", **more: str
) -> Outcome:
    return shop.network.load(
        "guides",
        {
            "guide_code": guide,
            "name": guide,
            "store_code": store,
            **({} if customers is None else {"customers": customers}),
            **more,
        },
    )


def now_bound(shop: Shop, who: str = "c1") -> tuple[str | None, str | None]:
    return shop.bound(who, shop.network.now)


def manager(shop: Shop, code: str = "S1", permission: str = "move:decide") -> Actor:
    return Actor("user:9", frozenset({permission}), "store", shop.snapshot().by_code[code].id)


def answers(shop: Shop, follow: bool, who: Actor | None = None) -> int:
    return moves.decide("Wang", follow, actor=who or manager(shop), now=shop.network.now)


def asked(shop: Shop, who: Actor | None = None) -> list[tuple[str, str, int]]:
    with db.read() as connection:
        return [
            (m.guide_code, m.store_code, m.customers)
            for m in moves.undecided(connection, who or manager(shop), shop.network.now)
        ]


def ends(shop: Shop, who: str = "c1") -> list[tuple[str | None, dt.datetime]]:
    number = shop.state(who).customer_id
    return [
        (r.end_reason, r.ended_at)
        for r in shop.network.rows(binding)
        if (r.customer_id, r.kind, r.superseded_at) == (number, "owner", None)
    ]


def rows_of(shop: Shop) -> dict[str, str]:
    """Wang as the import writes him."""
    with db.read() as connection:
        return {
            name: "" if value is None else str(value)
            for name, value in lists.one(
                connection, "guides", COMMAND_LINE, shop.network.today, "Wang"
            ).items()
        }


def test_customers_follow_within_the_dealer_when_nobody_says_otherwise_b10(shop: Shop):
    send(shop, "S3")
    assert now_bound(shop) == ("S1", "Wang")
    send(shop, "S1")
    assert now_bound(shop) == ("S1", "Wang")
    assert send(shop, "S3", "follow") == Outcome(changed=1)
    assert now_bound(shop) == ("S1", "Wang")


def test_customers_stay_with_the_store_when_it_is_decided_b10(shop: Shop):
    assert send(shop, "S3", "stay") == Outcome(changed=1)
    start = day_bounds(shop.network.today)[0]
    assert (shop.bound("c1", start - HOUR), shop.bound("c1", start)) == (
        ("S1", "Wang"),
        ("S1", None),
    )
    assert now_bound(shop, "c2") == ("S1", None) and now_bound(shop, "c3") == ("S1", "Li")
    assert ends(shop) == [("guide_moved_alone", start)]
    shop.adds("Wang", shop.network.now, "new")
    assert now_bound(shop, "new") == ("S3", "Wang"), "who comes later is his"


def test_whoever_stayed_is_given_to_a_colleague_and_does_not_come_back_with_the_guide_b10(
    shop: Shop,
):
    send(shop, "S3", "stay")
    customer_deeds.do(
        Deed("owner_assigned", "c1", guide_code="Li"), actor=COMMAND_LINE, now=shop.network.now
    )
    assert now_bound(shop) == ("S1", "Li")
    shop.network.days_pass(10)
    send(shop, "S1")
    assert (now_bound(shop), now_bound(shop, "c2")) == (("S1", "Li"), ("S1", None))


def test_to_another_dealer_customers_stay_whatever_is_given_b10(shop: Shop):
    outcome = send(shop, "S2", "follow")
    assert (outcome.changed, [(w.column, w.value, w.reason) for w in outcome.warnings.kept]) == (
        1,
        [("customers", "follow", SHIFTED)],
    )
    assert now_bound(shop) == ("S1", None) and ends(shop)[0][0] == "guide_changed_dealer"
    assert rows_of(shop)["customers"] == "stay"
    again = send(shop, "S2", "follow")
    assert (again.effective, len(again.warnings)) == (0, 1)


def test_to_another_dealer_and_back_brings_nobody_b10(shop: Shop):
    send(shop, "S2")
    shop.network.days_pass(5)
    send(shop, "S1", "follow")
    assert now_bound(shop) == ("S1", None)


def test_two_moves_each_with_its_own_answer_b10(shop: Shop):
    """He brings those of S1 to S3, wins one there, and leaves all of them when he goes on."""
    send(shop, "S3", "follow")
    shop.adds("Wang", shop.network.now, "won")
    shop.network.days_pass(30)
    assert now_bound(shop) == ("S1", "Wang")
    send(shop, "S1", "stay")
    assert (now_bound(shop), now_bound(shop, "won")) == (("S1", None), ("S3", None))


def test_a_store_put_right_on_the_day_of_the_move_keeps_the_answer_b10(shop: Shop):
    shop.network.open_store("S4", "D1")
    send(shop, "S3", "stay")
    send(shop, "S4")
    assert now_bound(shop) == ("S1", None)
    send(shop, "S1")
    assert now_bound(shop) == ("S1", "Wang"), "he did not move after all"
    send(shop, "S2")
    assert now_bound(shop) == ("S1", None)
    send(shop, "S4")
    assert now_bound(shop) == ("S1", "Wang"), (
        "what another dealer decided says nothing of the dealer's own store"
    )


def test_headquarters_changes_its_mind_while_the_move_is_open_b10(shop: Shop):
    """Back come also those whom a colleague was given: the same state as when nobody had said
    stay."""
    send(shop, "S3", "stay")
    shop.network.days_pass(2)
    customer_deeds.do(
        Deed("owner_assigned", "c1", guide_code="Li"), actor=COMMAND_LINE, now=shop.network.now
    )
    assert send(shop, "S3", "follow").changed == 1
    assert (now_bound(shop), now_bound(shop, "c2")) == (("S1", "Wang"), ("S1", "Wang"))
    shop.network.days_pass(1)
    send(shop, "S3", "stay")
    assert (now_bound(shop), now_bound(shop, "c2")) == (("S1", "Li"), ("S1", None))
    shop.network.days_pass(1)
    late = send(shop, "S3", "follow")
    assert (late.effective, [w.reason for w in late.warnings.kept]) == (
        0,
        ["has no effect: no move to another store in the last 3 days"],
    )
    assert now_bound(shop, "c2") == ("S1", None)


def test_a_new_role_in_the_new_store_asks_nothing_again_b10(shop: Shop):
    send(shop, "S3", "stay")
    shop.network.days_pass(1)
    send(shop, "S3", role="store_manager")
    assert now_bound(shop) == ("S1", None)
    send(shop, "S3", "follow", role="store_manager")
    assert now_bound(shop) == ("S1", "Wang")


@pytest.mark.parametrize("customers", ["", "follow", "stay"])
def test_what_is_read_says_nothing_changed_when_it_is_sent_again_b10(shop: Shop, customers: str):
    send(shop, "S3", customers)
    for days in (0, 1, 2, 9):
        shop.network.now += dt.timedelta(days=days)
        row, version = rows_of(shop), shop.network.version()
        assert row["customers"] == (customers if days < 9 else "")
        assert shop.network.load("guides", row) == Outcome(unchanged=1)
        assert shop.network.load("guides", {**row, "customers": customers}) == Outcome(unchanged=1)
        assert shop.network.version() == version


def test_stay_without_a_move_is_told_to_have_no_effect_b10(shop: Shop):
    outcome = send(shop, "S1", "stay")
    assert (outcome.effective, len(outcome.warnings)) == (0, 1) and now_bound(shop) == (
        "S1",
        "Wang",
    )
    assert not send(shop, "S1", "follow").warnings


def test_folding_again_writes_nothing_b10(shop: Shop):
    send(shop, "S3", "stay")
    before = shop.network.count(binding)
    following.follow_guides(
        [row.guide_id for row in shop.network.rows(employment)], shop.network.now
    )
    assert shop.network.count(binding) == before


# -- the manager of the store he left --------------------------------------------------------------


def test_the_manager_of_the_old_store_is_asked_for_three_days_b10(shop: Shop):
    assert asked(shop) == []
    send(shop, "S3")
    assert asked(shop) == [("Wang", "S3", 2)]
    assert (
        asked(shop, manager(shop, "S3"))
        == asked(shop, manager(shop, "S2"))
        == asked(shop, COMMAND_LINE)
        == []
    )
    shop.adds("Wang", shop.network.now, "new")
    shop.network.days_pass(3)
    assert asked(shop) == [("Wang", "S3", 2)], "who came since is not asked about"
    shop.network.days_pass(1)
    assert asked(shop) == []
    with pytest.raises(NotFound):
        answers(shop, False)


@pytest.mark.parametrize(("follow", "owner"), [(True, "Wang"), (False, None)])
def test_the_manager_answers_once_and_it_is_noted_b10(shop: Shop, follow: bool, owner: str | None):
    send(shop, "S3")
    shop.network.days_pass(1)
    assert answers(shop, follow) == 2
    assert (now_bound(shop), now_bound(shop, "c3")) == (("S1", owner), ("S1", "Li")) and asked(
        shop
    ) == []
    with pytest.raises(Conflict) as told:
        answers(shop, not follow)
    assert told.value.code == "move_decided"
    noted = [row for row in shop.network.rows(audit_log) if row.action == "decide_move"]
    assert [
        (row.actor, row.object_id, row.detail["follow"], row.detail["customers"]) for row in noted
    ] == [("user:9", "Wang", follow, 2)]
    assert send(shop, "S3") == Outcome(unchanged=1)


def test_a_manager_decides_of_his_own_store_alone_b10(shop: Shop):
    send(shop, "S3")
    for other in ("S2", "S3"):
        with pytest.raises(NotFound):
            answers(shop, False, manager(shop, other))
    with pytest.raises(NotAllowed):
        answers(shop, False, manager(shop, permission="customer:assign"))
    with pytest.raises(NotFound):
        answers(shop, False, COMMAND_LINE)
    assert now_bound(shop) == ("S1", "Wang")


def test_nobody_is_asked_of_a_move_to_another_dealer_or_one_that_headquarters_decided_b10(
    shop: Shop,
):
    send(shop, "S2")
    send(shop, "S3", "follow", guide="Li")
    assert asked(shop) == []
    with pytest.raises(Conflict):
        moves.decide("Li", False, actor=manager(shop), now=shop.network.now)
