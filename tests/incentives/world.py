"""A chain with four guides, and short ways to make facts happen and to look at what they earned.
Times are brand-zone (Shanghai)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

import db
from incentives import booking, plan_versions, rewards
from ledger.accounts import account
from ledger.journals import transfer
from stores.base.actors import COMMAND_LINE
from stores.customers.event_intake import EventIn, record_events
from stores.figures import revenue
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.orders.inputs import LineIn, OrderIn, RefundIn
from stores.orders.refunding import record_refunds
from stores.orders.states import record_state
from stores.orders.writing import record_orders
from tests.network import Network

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> dt.datetime:
    """`06-28`, `06-28 10:30` of 2025, or with a year."""
    day, _, clock = text.partition(" ")
    day = day if len(day) == 10 else f"2025-{day}"
    return (
        dt.datetime.fromisoformat(f"{day}T{clock or '12:00'}:00")
        .replace(tzinfo=ZONE)
        .astimezone(dt.UTC)
    )


def rate_plan(
    bands: Sequence[tuple[int | None, int]] = ((None, 300),),
    *,
    plan_code: str = "default",
    per: str = "order",
    mode: str = "marginal",
    payer: tuple[int, int] = (10_000, 0),
    components: list[dict[str, Any]] | None = None,
    assigned: dict[str, Any] | None = None,
    **sales: Any,
) -> dict[str, Any]:
    body = {
        "code": "sales",
        "kind": "rate",
        "basis": "net_sales",
        "per": per,
        "tiers": {
            "mode": mode,
            "bound": "lower",
            "bands": [{"up_to_minor": top, "rate_bp": rate} for top, rate in bands],
        },
        **sales,
    }
    return {
        "plan_code": plan_code,
        "name": {"zh": "试", "en": "Try"},
        "valid_from": "2000-01-01",
        "valid_to": None,
        "assigned_to": assigned or {"all": True},
        "payer": {"dealer_bp": payer[0], "hq_bp": payer[1]},
        "components": [body, *(components or [])],
    }


E4_BANDS = [(2_000_000, 300), (5_000_000, 400), (None, 500)]


class World:
    """G1 and G4 work at S1, G2 at S2 (both dealer D1), G3 at S3 (dealer D2)."""

    def __init__(self, network: Network):
        self.network = network
        for code, owner in (("S1", "D1"), ("S2", "D1"), ("S3", "D2")):
            network.open_store(code, owner)
        network.load(
            "guides",
            *(
                {"guide_code": g, "name": g, "store_code": s}
                for g, s in (("G1", "S1"), ("G2", "S2"), ("G3", "S3"), ("G4", "S1"))
            ),
        )
        with db.read() as connection:
            self.guides = {
                r.guide_code: r.id
                for r in connection.execute(select(guide.c.guide_code, guide.c.id))
            }
            self.dealers = {
                r.dealer_code: r.id
                for r in connection.execute(select(dealer.c.dealer_code, dealer.c.id))
            }
        self.events: Counter[str] = Counter()

    # -- facts

    def sells(
        self,
        order_no: str,
        when: str,
        *amounts: int,
        guide: str | None = "G1",
        customer: str = "buyer",
        store: str = "S1",
        **more: Any,
    ) -> None:
        lines = tuple(LineIn(n, 1, amount) for n, amount in enumerate(amounts, 1))
        record_orders(
            [
                OrderIn(
                    order_no,
                    customer,
                    at(when),
                    "CNY",
                    lines,
                    guide_code=guide,
                    store_code=store,
                    **more,
                )
            ],
            actor="test",
            now=at(when),
        )

    def sells_lines(
        self,
        order_no: str,
        when: str,
        *lines: LineIn,
        guide: str = "G1",
        customer: str = "buyer",
        store: str = "S1",
        **more: Any,
    ) -> None:
        record_orders(
            [
                OrderIn(
                    order_no,
                    customer,
                    at(when),
                    "CNY",
                    lines,
                    guide_code=guide,
                    store_code=store,
                    **more,
                )
            ],
            actor="test",
            now=at(when),
        )

    def refunds(self, order_no: str, when: str, amount: int, line_no: int | None = None) -> None:
        self.events["refund"] += 1
        record_refunds(
            [RefundIn(f"R{self.events['refund']}", order_no, at(when), ((line_no, amount),))],
            actor="test",
            now=at(when),
        )

    def state(self, order_no: str, state: str, when: str) -> None:
        record_state(order_no, state, at(when), actor="test", now=at(when))

    def event(
        self,
        kind: str,
        when: str,
        guide: str | None,
        customer: str,
        source: str | None = "qr",
        event_id: str | None = None,
        **payload: Any,
    ) -> str:
        self.events["event"] += 1
        event_id = event_id or f"e{self.events['event']:04}"
        taken = record_events(
            [EventIn(event_id, kind, at(when), guide, customer, source=source, payload=payload)],
            actor="test",
            now=at(when),
        )
        assert not taken.refused, taken.refused
        return event_id

    def adds(
        self,
        when: str,
        guide: str,
        customer: str,
        source: str | None = "qr",
        event_id: str | None = None,
    ) -> str:
        return self.event("contact.confirmed", when, guide, customer, source, event_id)

    def publishes(self, body: dict[str, Any], when: str = "01-01") -> int:
        return plan_versions.publish(body, actor=COMMAND_LINE, now=at(when))

    # -- what came of it

    def books(self, when: str) -> booking.Booked:
        return booking.book_due(at(when))

    def lines(self, guide: str, period: str, when: str) -> list[dict[str, Any]]:
        with db.read() as connection:
            return rewards.lines(connection, self.guides[guide], period, at(when))

    def reasons(self, guide: str, period: str, when: str) -> list[tuple[str, int]]:
        return [(line["reason"], line["amount_minor"]) for line in self.lines(guide, period, when)]

    def earned(self, guide: str, period: str, when: str) -> int:
        return sum(line["amount_minor"] for line in self.lines(guide, period, when))

    def balance(self, guide: str) -> tuple[int, int]:
        """pending, vested"""
        with db.read() as connection:
            found = rewards.balance(connection, self.guides[guide])
        return found["pending_minor"], found["vested_minor"]

    def cost(self, code: str, first: str = "2025-01-01", last: str = "2026-12-31") -> int:
        """Rewards in the dealer's revenue."""
        with db.read() as connection:
            return int(
                revenue.of(
                    connection,
                    dt.date.fromisoformat(first),
                    dt.date.fromisoformat(last),
                    "day",
                    dealer_id=self.dealers[code],
                )["totals"]["rewards_minor"]
            )

    def account(self, owner: str, purpose: str) -> int:
        """Credits less debits of all accounts of this owner and purpose."""
        with db.read() as connection:
            ids = set(
                connection.execute(
                    select(account.c.id).where(
                        account.c.owner == owner, account.c.purpose == purpose
                    )
                ).scalars()
            )
            rows = connection.execute(
                select(
                    transfer.c.debit_account_id,
                    transfer.c.credit_account_id,
                    transfer.c.amount_minor,
                )
            ).all()
        return sum(
            r.amount_minor * ((r.credit_account_id in ids) - (r.debit_account_id in ids))
            for r in rows
        )
