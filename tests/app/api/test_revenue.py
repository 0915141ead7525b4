"""Revenue by HTTP equals the ledger, by day, month and store (D4, D5)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

import db
from ledger.journals import transfer
from tests.app.api.till import Till

sales = st.lists(
    st.tuples(
        st.sampled_from(["S1", "S2", "S3", None]),
        st.integers(0, 10**6),
        st.integers(0, 90),
        st.lists(st.integers(1, 10**5), max_size=3),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sales)
def test_revenue_by_day_month_and_store_equals_the_ledger_and_each_other_d4(till: Till, history):
    for near, amount, start, parts in history:
        number, left = f"N{next(till.shop._numbers)}", amount
        assert (
            till.sells(
                number, amount, f"2025-{start // 28 + 1:02}-{start % 28 + 1:02}T02:00:00Z", near
            ).status_code
            == 201
        )
        for k, part in enumerate(parts):
            if part <= left:
                assert (
                    till.takes_back(
                        number, f"{number}-{k}", part, f"2025-{5 + k:02}-01T02:00:00Z"
                    ).status_code
                    == 201
                )
                left -= part
    for path in ("dealers/D1", "dealers/D2", "stores/S1", "stores/S2", "stores/S3"):
        by = {each: till.revenue(path, each) for each in ("day", "month", "store")}
        for each in by.values():
            assert each["totals"] == by["day"]["totals"]
            for name, value in each["totals"].items():
                assert value == sum(row[name] for row in each["rows"])
        totals = by["day"]["totals"]
        assert (
            totals["net_minor"]
            == totals["gross_minor"]
            - totals["refunds_minor"]
            - totals["fees_minor"]
            - totals["rewards_minor"]
        )
    dealers = [till.revenue(f"dealers/{d}")["totals"] for d in ("D1", "D2")]
    with db.read() as connection:
        booked = dict(
            connection.execute(
                select(transfer.c.kind, func.sum(transfer.c.amount_minor)).group_by(transfer.c.kind)
            ).all()
        )
    assert sum(t["gross_minor"] for t in dealers) == booked.get("sale", 0)
    assert sum(t["refunds_minor"] for t in dealers) == booked.get("refund", 0)
    assert sum(t["fees_minor"] for t in dealers) == (
        sum(booked.get(k, 0) for k in ("platform_fee", "channel_fee"))
        - sum(booked.get(k, 0) for k in ("platform_fee_return", "channel_fee_return"))
    )


def test_a_full_refund_leaves_no_net_revenue_and_the_days_apart_d5(till: Till):
    till.sells("O")
    till.takes_back("O", "R", 29_900, at="2025-04-05T16:30:00Z")
    found = till.revenue("stores/S1")
    assert [(r["period"], r["net_minor"]) for r in found["rows"]] == [
        ("2025-03-01", 29_900 - 1_495 - 179),
        ("2025-04-06", -(29_900 - 1_495 - 179)),
    ]
    assert found["totals"]["net_minor"] == found["totals"]["fees_minor"] == 0
