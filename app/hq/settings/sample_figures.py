"""Figures of the samples page: lists with every kind of column, charts, revenue, rewards,
targets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.language import language
from app.hq.settings.sample_facts import AT, DAY, SAMPLE_NAME, TODAY
from app.ui import charts, customer_labels, labels, network_labels
from app.ui.tables import Column
from incentives import explanations
from incentives.default_plan import default_plan
from incentives.plan import PerEvent
from incentives.plan_form import parse

COLUMNS = (
    Column(
        "store",
        _l("Store"),
        "chip",
        value=lambda row: (row.code, row.name),
        sort="code",
        door=lambda row: "#network",
    ),
    Column(
        "state",
        _l("State"),
        "tag",
        words=customer_labels.PROTECTION,
        meanings=customer_labels.PROTECTION_MEANINGS,
    ),
    Column("sales", _l("Sales"), "money", sort="sales", door=lambda row: "#money"),
    Column("orders", _l("Orders"), "count", sort="orders"),
    Column("part", _l("Attained"), "percent"),
    Column("reasons", _l("Why it needs help"), "reasons"),
    Column("customer", _l("Customer"), "masked"),
    Column("order_no", _l("Order"), "code"),
    Column("day", _l("Day"), "day"),
    Column("at", _l("Time"), "moment"),
    Column("component", _l("For"), "words", words=labels.COMPONENTS),
    Column("note", _l("Note")),
)
PLAN = {
    "plan_code": "sample",
    "name": {},
    "valid_from": "2026-01-01",
    "components": [
        {
            "code": "sales",
            "kind": "rate",
            "per": "period",
            "caps": {"order_minor": 50_000, "guide_month_minor": 1_000_000},
            "tiers": {
                "mode": "marginal",
                "bound": "lower",
                "bands": [
                    {"up_to_minor": 2_000_000, "rate_bp": 300},
                    {"up_to_minor": 5_000_000, "rate_bp": 400, "amount_minor": 1_000},
                    {"up_to_minor": None, "rate_bp": 500},
                ],
            },
        }
    ],
}


def rows() -> list[Any]:
    """One row with everything, one in which whatever can be missing is."""
    reasons = [
        (
            labels.label(network_labels.HELP_REASONS, "no_guide"),
            "wrong",
            _("Nobody works there as a guide or manager."),
            "#network",
        ),
        (
            labels.label(network_labels.HELP_REASONS, "paused"),
            "wait",
            _("Paused without an end; nobody is led there."),
            None,
        ),
    ]
    full = SimpleNamespace(
        code="S1",
        name=SAMPLE_NAME,
        state="ending",
        sales=123_450,
        orders=12_345_678,
        part=10_250,
        reasons=reasons,
        customer="wx-mei-001",
        order_no="O-20261121-0000001",
        day=TODAY,
        at=AT,
        component="sales",
        note=SAMPLE_NAME,
    )
    bare = SimpleNamespace(
        code="S2",
        name=SAMPLE_NAME,
        state="protected",
        sales=-14_000,
        orders=0,
        part=None,
        reasons=(),
        customer=None,
        order_no=None,
        day=None,
        at=None,
        component=None,
        note=None,
    )
    return [full, bare]


def everything() -> dict[str, Any]:
    days, before = [[TODAY - (n + back) * DAY for n in range(13, -1, -1)] for back in (0, 14)]
    wave = {day: 40 + (n * 37) % 60 for n, day in enumerate((*before, *days))}
    fall = {day: 90_000 - (n * 47_000) % 180_000 for n, day in enumerate((*before, *days))}
    rung = [labels.label(labels.RUNGS, name) for name in ("HOME_PROTECTED", "NEAREST", "PICKER")]
    plain = [
        SimpleNamespace(day=TODAY, orders=12_345_678, sales=123_450),
        SimpleNamespace(day=TODAY, orders=0, sales=-14_000),
    ]
    return {
        "plain": plain,
        "trend": charts.trend(days, wave, before, wave),
        "losses": charts.trend(days, fall, before, fall),
        "funnel": charts.funnel(
            [
                (_("Entries"), 123_456, "#lists"),
                (_("Friend adds"), 4_321, "#lists"),
                (_("Orders"), 987, None),
                (_("Referral"), 0, None),
            ]
        ),
        "bars": charts.bars(
            [(rung[0], 640, "#decisions"), (rung[1], 310, "#decisions"), (rung[2], 0, None)]
        ),
        "takings": charts.bars([("S1", 12_345_600, "#network"), ("S2", 990_000, None)]),
        "spread": charts.distribution([n * n * 700 for n in range(1, 60)]),
        "no_spread": charts.distribution([]),
        "revenue": _revenue(),
        "plan_parts": [
            (part, isinstance(part, PerEvent))
            for body in (default_plan(2), PLAN)
            for part in parse(body).components
        ],
        "reward_view": _rewards(),
        "kpis": _kpis(),
    }


def _revenue() -> dict[str, Any]:
    def row(period: str, gross: int, refunds: int, fees: int, rewards: int) -> dict[str, Any]:
        return {
            "period": period,
            "gross_minor": gross,
            "refunds_minor": refunds,
            "fees_minor": fees,
            "rewards_minor": rewards,
            "net_minor": gross - refunds - fees - rewards,
        }

    return {
        "rows": [row("2026-11-20", 33_900, 0, 1_695, 0), row("2026-11-21", 0, 40_000, -200, 897)],
        "totals": row("", 33_900, 40_000, 1_495, 897),
        "from": "2026-11-20",
        "to": "2026-11-21",
    }


def _rewards() -> Any:
    def line(
        state: str, component: str, amount: int, reason: str, order_no: str | None = None
    ) -> Any:
        words = explanations.reason({"reason": reason, "trace": {}}, language())
        return SimpleNamespace(
            state=state,
            component=component,
            at=AT,
            amount_minor=amount,
            words=words,
            sum="¥299.00 × 3.00 % = ¥8.97" if order_no else "",
            vests=AT + 7 * DAY,
            order_no=order_no,
        )

    found = [
        line("pending", "sales", 897, "sale", "O-1"),
        line("vested", "add", 200, "valid_add"),
        line("clawed_back", "sales", -120, "refunded", "O-2"),
        line("voided", "referral", 0, "no_order_yet"),
    ]
    states = [each.state for each in found]
    return SimpleNamespace(
        lines=found,
        counts={state: states.count(state) for state in states},
        by_state={each.state: each.amount_minor for each in found},
        doors=frozenset(["O-1"]),
        waiting=[(TODAY + DAY, 1, 200), (TODAY + 7 * DAY, 2, 1_234_567)],
    )


def _kpis() -> list[Any]:
    return [
        SimpleNamespace(
            metric=metric, unit=unit, actual=actual, target=target, attainment_bp=attained
        )
        for metric, unit, actual, target, attained in (
            ("adds", "count", 12, 60, 2_000),
            ("net_sales", "minor", 12_345_678, 10_000_000, 12_346),
            ("reply_rate", "bp", None, 9_800, None),
            ("orders", "count", 3, None, None),
        )
    ]
