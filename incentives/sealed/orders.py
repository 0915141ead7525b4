"""Orders with their lines, refunds and states, up to a seal (M4)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Column, Connection, exists, select
from sqlalchemy.sql.elements import ColumnElement

from incentives.facts import Line, Order, RefundOf
from incentives.sealed.chunks import chunks
from ledger.intakes import intake_seal
from stores.facts.customers import customer
from stores.facts.orders import order_line, order_state, sales_order
from stores.facts.refunds import refund, refund_line


class SealedOrders:
    """Queries over one connection, all bound to the same watermark."""

    def __init__(self, connection: Connection, seal_no: int | None, merged_by: dt.datetime | None):
        self.connection, self.seal_no, self.merged_by = connection, seal_no, merged_by

    def sealed(self, column: Column[Any]) -> list[ColumnElement[bool]]:
        """A look-up for each row: the list of all intakes up to a seal grows without end."""
        return (
            []
            if self.seal_no is None
            else [
                exists().where(
                    intake_seal.c.intake_id == column, intake_seal.c.seal_no <= self.seal_no
                )
            ]
        )

    def orders_of(
        self, guides: Collection[int], first: dt.date | None, last: dt.date
    ) -> dict[int, list[Order]]:
        o = sales_order.c
        conditions = [
            o.business_day <= last,
            *([o.business_day >= first] if first is not None else []),
            *self.sealed(o.intake_id),
        ]
        rows: list[Any] = []
        for part in chunks(guides):
            rows += self.connection.execute(
                self.order_rows().where(o.guide_id.in_(part), *conditions)
            ).all()
        built = self.built(rows)
        found: dict[int, list[Order]] = defaultdict(list)
        for row in rows:
            found[row.guide_id].append(built[row.id])
        return found

    def order_rows(self) -> Any:
        """A select of orders with what `built` needs of each; the caller narrows it."""
        o = sales_order.c
        return select(
            o.id,
            o.order_no,
            o.customer_id,
            o.guide_id,
            o.paid_at,
            o.business_day,
            o.dealer_id,
            o.store_id,
            o.guide_dealer_id,
            o.freight_minor,
            o.delivery,
            customer.c.employee,
        ).join(customer, customer.c.id == o.customer_id)

    def built(self, rows: list[Any]) -> dict[int, Order]:
        """Rows of `order_rows` as orders, by id."""
        ids = [r.id for r in rows]
        lines, refunds, states = self._lines(ids), self._refunds(ids), self._states(ids)
        return {
            r.id: Order(
                r.id,
                r.order_no,
                r.customer_id,
                r.employee,
                r.paid_at,
                r.business_day,
                r.dealer_id,
                r.store_id,
                r.guide_dealer_id,
                r.freight_minor,
                r.delivery,
                states.get((r.id, "shipped")),
                states.get((r.id, "received")),
                tuple(lines.get(r.id, ())),
                tuple(refunds.get(r.id, ())),
            )
            for r in rows
        }

    def _lines(self, orders: list[int]) -> dict[int, list[Line]]:
        found: dict[int, list[Line]] = defaultdict(list)
        c = order_line.c
        for part in chunks(orders):
            for r in self.connection.execute(
                select(
                    c.order_id,
                    c.line_no,
                    c.sku,
                    c.category,
                    c.amount_minor,
                    c.subsidy_minor,
                    c.tax_minor,
                )
                .where(c.order_id.in_(part))
                .order_by(c.order_id, c.line_no)
            ):
                found[r.order_id].append(
                    Line(r.line_no, r.sku, r.category, r.amount_minor, r.subsidy_minor, r.tax_minor)
                )
        return found

    def _refunds(self, orders: list[int]) -> dict[int, list[RefundOf]]:
        grouped: dict[tuple[int, int], list[Any]] = defaultdict(list)
        for part in chunks(orders):
            query = (
                select(
                    refund.c.order_id,
                    refund.c.id,
                    refund.c.refunded_at,
                    refund.c.business_day,
                    refund_line.c.line_no,
                    refund_line.c.amount_minor,
                )
                .join(refund_line, refund_line.c.refund_id == refund.c.id)
                .where(refund.c.order_id.in_(part), *self.sealed(refund.c.intake_id))
            )
            for r in self.connection.execute(
                query.order_by(refund.c.order_id, refund.c.refunded_at, refund.c.id)
            ):
                grouped[r.order_id, r.id].append(r)
        found: dict[int, list[RefundOf]] = defaultdict(list)
        for (order_id, _), lines in grouped.items():
            found[order_id].append(
                RefundOf(
                    lines[0].refunded_at,
                    lines[0].business_day,
                    tuple((r.line_no, r.amount_minor) for r in lines),
                )
            )
        return found

    def _states(self, orders: list[int]) -> dict[tuple[int, str], dt.datetime]:
        found = {}
        for part in chunks(orders):
            s = order_state.c
            for r in self.connection.execute(
                select(s.order_id, s.state, s.at).where(
                    s.order_id.in_(part), *self.sealed(s.intake_id)
                )
            ):
                found[r.order_id, r.state] = r.at
        return found
