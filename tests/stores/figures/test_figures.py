"""Figures for maps, rankings, trends and the list of stores that need help: what the facts say, in
the actor's rows only (P6, C2, M16)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

import db
from incentives import work
from ledger.intakes import open_intake
from stores.facts.events import event, event_key
from stores.figures import cube_steps, dealer_figures, figures, funnels, ranking, store_figures
from stores.figures.guide_figures import Distribution, GuideFigures, distribution, guide_figures
from stores.lists import entry_lists, overview
from stores.lists.entry_lists import EntryFilter
from stores.lists.event_lists import AddFilter
from stores.lists.event_lists import total as adds_total
from stores.lists.help_needed import help_reasons
from stores.network.guides import guide
from stores.network.stores import store
from stores.orders import lists
from stores.orders.lists import OrderFilter
from tests.stores.figures.readers import FIRST, HQ, LAST, SCOPES, TODAY, actor, counted
from tests.stores.orders.shop import NOWHERE, Shop, day


@pytest.fixture
def shop(network):
    """A month of three stores; half of it in the cube."""
    shop = Shop(network)
    shop.visits("c1", day(0), near="S1")
    shop.visits("c2", day(0), near="S2", touchpoint="mini")
    shop.visits("c3", day(1), link="Wang")
    shop.visits("c4", day(1))
    shop.sells("c1", day(0.2), (10_000, 5_000), guide_code="Wang")
    shop.sells("c2", day(0.3), (7_000,), order_no="B")
    shop.sells("nobody", day(2), (900,), location=NOWHERE)
    shop.adds("Wang", day(0.5), "c1")
    shop.adds("Zhao", day(0.6), "c2")
    cube_steps.advance()
    shop.takes_back("B", (1, 2_000), at=day(33))
    shop.visits("c1", day(35), near="S1")
    shop.sells("c1", day(35.1), (4_000,))
    shop.sells("c5", day(34), (600,))
    shop.adds("Mei", day(36), "c9")
    shop.hears(shop.event("contact.deleted_by_customer", day(37), "Mei", "c9"))
    shop.hears(
        shop.event("contact.deleted_by_customer", day(38), "Mei", "c8")
    )  # befriended before anybody counted
    return shop


@pytest.mark.parametrize("advanced", [False, True])
@pytest.mark.parametrize(("kind", "code"), SCOPES)
def test_days_sum_to_the_totals_of_the_lists(shop, kind, code, advanced):
    """P6: what a list counts, the trend shows; in the cube or above it."""
    if advanced:
        cube_steps.advance()
    who = actor(kind, code)
    with db.read() as connection:
        days = figures.by_day(connection, who, FIRST, LAST, TODAY)
        total = figures.totals(connection, who, FIRST, LAST, TODAY)
        assert [each.day for each in days] == [FIRST + dt.timedelta(days=n) for n in range(50)]
        assert (
            total.entries
            == sum(e.entries for e in days)
            == entry_lists.totals(connection, who, EntryFilter(FIRST, LAST))["entries"]
        )
        assert (
            total.orders == lists.totals(connection, who, OrderFilter(FIRST, LAST, LAST))["orders"]
        )
        assert total.adds == adds_total(connection, who, AddFilter(FIRST, LAST, TODAY))
        rows = entry_lists.rows(connection, who, EntryFilter(FIRST, LAST))
        assert len(rows) == total.entries
        if kind in ("all", "branch"):
            assert (
                total.sales_minor
                == overview.figures(connection, who, FIRST, LAST, TODAY).sales_minor
            )


def test_figures_of_the_chain_are_those_of_the_facts(shop):
    with db.read() as connection:
        assert figures.totals(connection, HQ, FIRST, LAST, TODAY) == figures.Figures(
            5, 5, 15_000 + 7_000 - 2_000 + 4_000, 3
        )
        assert figures.totals(
            connection, HQ, FIRST, LAST, TODAY, dealer_code="D2"
        ) == figures.Figures(1, 1, 5_000, 1)
        assert figures.totals(connection, HQ, FIRST, LAST, TODAY, branch_code="B2").adds == 2
        assert figures.totals(
            connection, HQ, FIRST, LAST, TODAY, store_code="S1", dealer_code="D2"
        ) == figures.Figures(0, 0, 0, 0)
        assert figures.totals(
            connection, HQ, FIRST, LAST, TODAY, guide_code="Wang"
        ) == figures.Figures(2, 2, 19_000, 1)  # c1 is his
        assert figures.totals(
            connection, HQ, FIRST, LAST, TODAY, store_code="NONE"
        ) == figures.Figures(0, 0, 0, 0)
        assert (
            lists.totals(
                connection, HQ, OrderFilter(FIRST, LAST, LAST, owner_basis="unattributed")
            )["total_minor"]
            == 900 + 600
        )
        assert (
            lists.totals(connection, HQ, OrderFilter(FIRST, LAST, LAST, owner_basis="attributed"))[
                "orders"
            ]
            == 3
        )


@pytest.mark.parametrize(("kind", "code"), SCOPES[:-1])
def test_stores_dealers_and_branches_sum_to_the_whole(shop, kind, code):
    who = actor(kind, code)
    with db.read() as connection:
        stores = store_figures.store_figures(connection, who, FIRST, LAST, TODAY)
        total = figures.totals(connection, who, FIRST, LAST, TODAY)
        led = [
            each
            for each in entry_lists.rows(connection, who, EntryFilter(FIRST, LAST))
            if each.store_code
        ]
        assert (
            sum(s.entries for s in stores),
            sum(s.sales_minor for s in stores),
            sum(s.adds for s in stores),
        ) == (len(led), total.sales_minor, total.adds)
        assert [s.sales_minor for s in stores] == sorted(
            (s.sales_minor for s in stores), reverse=True
        )
        dealers = dealer_figures.dealer_figures(connection, who, FIRST, LAST, TODAY)
        if kind != "store":
            assert (
                sum(d.sales_minor for d in dealers if kind != "dealer" or d.code == code)
                == total.sales_minor
            )
        branches = dealer_figures.branch_figures(
            connection, who, FIRST, LAST, TODAY, sort="code", ascending=True
        )
        if kind == "all":
            assert [(b.code, b.depth, b.stores, b.own_stores, b.parent_code) for b in branches] == [
                ("B1", 0, 3, 1, None),
                ("B2", 1, 2, 2, "B1"),
            ]
            assert branches[0].sales_minor == total.sales_minor


def test_a_dealers_money_is_whole(shop):
    with db.read() as connection:
        omar, olga = dealer_figures.dealer_figures(connection, HQ, FIRST, LAST, TODAY)
    assert (omar.code, omar.stores, omar.entries, omar.orders, omar.sales_minor, omar.adds) == (
        "D1",
        2,
        3,
        2,
        19_000,
        2,
    )
    assert (
        omar.net_minor == 19_000 - omar.fees_minor - omar.rewards_minor
        and omar.fees_minor == 750 + 90 + 200 + 24
    )
    assert (olga.code, olga.stores, olga.sales_minor) == ("D2", 1, 5_000)


def test_lists_sort_by_every_column_both_ways(shop):
    with db.read() as connection:
        for sort in ranking.SORTS:
            up = store_figures.store_figures(
                connection, HQ, FIRST, LAST, TODAY, sort=sort, ascending=True
            )
            assert [getattr(s, sort) for s in up] == sorted(getattr(s, sort) for s in up)
        assert [
            s.code
            for s in store_figures.store_figures(
                connection, HQ, FIRST, LAST, TODAY, sort="name", ascending=True, limit=1
            )
        ] == ["S1"]
        with pytest.raises(ValueError, match="no column"):
            store_figures.store_figures(connection, HQ, FIRST, LAST, TODAY, sort="latitude")


@pytest.mark.parametrize("advanced", [False, True])
def test_the_funnel_goes_from_arrivals_to_first_orders(shop, advanced):
    if advanced:
        cube_steps.advance()
    with db.read() as connection:
        assert funnels.funnel(connection, HQ, FIRST, LAST, TODAY) == funnels.Funnel(5, 3, 4, 5, 4)
        assert funnels.funnel(connection, HQ, dt.date(2025, 4, 1), LAST, TODAY) == funnels.Funnel(
            1, 1, 1, 2, 1
        )
        assert funnels.funnel(
            connection, actor("dealer", "D1"), FIRST, LAST, TODAY
        ) == funnels.Funnel(3, 2, 3, 2, 1)
        assert funnels.funnel(
            connection, HQ, FIRST, LAST, TODAY, store_code="S2"
        ) == funnels.Funnel(1, 1, 1, 1, 1)
        shares = funnels.rung_shares(connection, HQ, FIRST, LAST, TODAY)
        assert sum(s.entries for s in shares) == 5 and {"ENTRY_PARAM", "PICKER"} <= {
            s.rung for s in shares
        }
        assert next(s for s in shares if s.rung == "PICKER").share_bp == 2_000


def test_stores_that_need_help_say_why_with_the_numbers(shop):
    network = shop.network
    network.open_store("S4", "D2", branch_code="B2", status="paused", paused_until="2025-05-01")
    network.open_store("S5", "D2", branch_code="B2", opened_on="2025-04-08")
    with db.read() as connection:
        found = help_reasons(connection, HQ, TODAY)
    by_store = {each.code: {r.code: r.numbers for r in each.reasons} for each in found.rows}
    assert found.stores == 5 and found.counts["paused"] == 1 and found.counts["no_guide"] == 1
    assert by_store["S4"] == {"paused": {"until": dt.date(2025, 5, 1)}}
    assert set(by_store["S5"]) == {"no_guide", "no_entries_7d"}
    assert by_store["S3"]["adds_lost"] == {"adds": 1, "lost": 2}
    assert by_store["S1"]["guides_without_adds_30d"] == {"guides": 2, "without_adds": 2}
    assert by_store["S1"]["sales_down"] == {"sales_minor": 4_000, "before_minor": 15_000}
    assert "no_entries_7d" not in by_store["S1"] and by_store["S2"]["no_entries_7d"] == {
        "last_entry_on": None,
        "entries": 0,
    }
    assert by_store["S1"]["no_code_placed"] == {"entries": 1, "by_code": 0}
    assert [each.severity for each in found.rows] == sorted(
        (each.severity for each in found.rows), reverse=True
    )


def test_help_is_for_the_own_subtree_and_can_be_narrowed(shop):
    with db.read() as connection:
        bea = actor("branch", "B2")
        assert {each.code for each in help_reasons(connection, bea, TODAY).rows} == {"S2", "S3"}
        assert [
            each.code for each in help_reasons(connection, bea, TODAY, reason="adds_lost").rows
        ] == ["S3"]
        assert {
            each.code for each in help_reasons(connection, bea, TODAY, dealer_code="D1").rows
        } == {"S3"}
        assert len(help_reasons(connection, HQ, TODAY, limit=1).rows) == 1
        assert (
            help_reasons(connection, HQ, TODAY, reason="adds_lost").counts
            == help_reasons(connection, HQ, TODAY).counts
        )


@pytest.mark.parametrize("advanced", [False, True])
def test_guides_bring_and_earn(shop, advanced):
    if advanced:
        cube_steps.advance()
    with db.read() as connection:
        march = {g.code: g for g in guide_figures(connection, HQ, "2025-03", TODAY)}
        assert set(march) == {"Wang", "Li", "Zhao", "Mei"}
        assert (
            march["Wang"].adds,
            march["Wang"].entries,
            march["Wang"].orders,
            march["Wang"].credits_minor,
        ) == (1, 1, 1, 15_000)
        april = guide_figures(connection, HQ, "2025-04", TODAY, dealer_code="D1", sort="adds")
        assert [(g.code, g.adds, g.lost) for g in april] == [
            ("Mei", 1, 2),
            ("Li", 0, 0),
            ("Wang", 0, 0),
        ]
        assert {
            g.code for g in guide_figures(connection, actor("store", "S1"), "2025-03", TODAY)
        } == {"Wang", "Li"}
        assert {
            g.code for g in guide_figures(connection, HQ, "2025-03", TODAY, branch_code="B2")
        } == {"Zhao", "Mei"}


def test_rewards_are_told_by_distribution_before_the_average():
    def earned(*sums):
        return [
            GuideFigures(n, "", "", "", "", "", None, 0, 0, 0, 0, 0, s, 0)
            for n, s in enumerate(sums)
        ]

    found = distribution(earned(0, 0, 100, 250, 990))
    assert (
        found.guides,
        found.earning,
        found.total_minor,
        found.median_minor,
        found.p90_minor,
        found.most_minor,
    ) == (5, 3, 1_340, 100, 990, 990)
    assert (
        found.bins[0] == (0, 100, 2)
        and sum(n for *_, n in found.bins) == 5
        and len(found.bins) <= 10
    )
    assert distribution([]) == Distribution(0, 0, 0, 0, 0, 0, ())
    assert distribution(earned(0)).bins == ((0, 1, 1),)


def test_figures_take_few_statements_however_many_stores_there_are(shop):
    for n in range(10, 40):
        shop.network.open_store(f"S{n}", "D1", branch_code="B2")
    bea = actor("branch", "B2")
    for most, ask in (
        (7, lambda c: store_figures.store_figures(c, bea, FIRST, LAST, TODAY)),
        (7, lambda c: dealer_figures.dealer_figures(c, bea, FIRST, LAST, TODAY)),
        (9, lambda c: dealer_figures.branch_figures(c, bea, FIRST, LAST, TODAY)),
        (6, lambda c: figures.by_day(c, bea, FIRST, LAST, TODAY)),
        (8, lambda c: help_reasons(c, bea, TODAY)),
        (5, lambda c: guide_figures(c, bea, "2025-03", TODAY)),
        (8, lambda c: funnels.funnel(c, bea, FIRST, LAST, TODAY)),
        (2, lambda c: funnels.rung_shares(c, bea, FIRST, LAST, TODAY)),
    ):
        with db.read() as connection, counted() as statements:
            ask(connection)
        assert len(statements) <= most, statements


def test_months_that_earned_wait_for_approval(shop):
    with db.read() as connection:
        assert work.waiting(connection, TODAY) == {"months_to_approve": 0, "restatements": 0}


def test_a_guide_who_moves_takes_his_adds_along(shop):
    shop.network.load("guides", {"guide_code": "Zhao", "name": "Zhao", "store_code": "S1"})
    with db.read() as connection:
        assert {
            s.code: s.adds for s in store_figures.store_figures(connection, HQ, FIRST, LAST, TODAY)
        } == {"S1": 2, "S2": 0, "S3": 1}
        assert (
            connection.execute(
                select(store.c.store_code)
                .join(guide, guide.c.store_id == store.c.id)
                .where(guide.c.guide_code == "Zhao")
            ).scalar()
            == "S1"
        )


def test_late_facts_land_on_their_day_whatever_the_mark(shop):
    """A fact told today of last month changes that month at once."""
    cube_steps.advance()
    with db.read() as connection:
        before = figures.by_day(connection, HQ, FIRST, LAST, TODAY)
        wang = connection.execute(
            select(guide.c.id).where(guide.c.guide_code == "Wang")
        ).scalar_one()
    with db.transaction() as connection:
        connection.execute(event_key.insert().values(event_id="late", body_hash="-"))
        connection.execute(
            event.insert().values(
                event_id="late",
                type="contact.confirmed",
                occurred_at=day(-3),
                business_day=dt.date(2025, 2, 26),
                guide_id=wang,
                intake_id=open_intake(connection, "events", "test", day(40)),
                received_at=day(40),
            )
        )
    for _ in range(2):
        with db.read() as connection:
            after = figures.by_day(connection, HQ, FIRST, LAST, TODAY)
        assert [(a.day, a.adds - b.adds) for a, b in zip(after, before, strict=True) if a != b] == [
            (dt.date(2025, 2, 26), 1)
        ]
        cube_steps.advance()
