"""Performance credits of orders: whose score a sale counts for. They may exceed the order; money
never does (D3, B12)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Table, text

from ledger import schema

order_credit = schema.append_only(
    Table(
        "order_credit",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("order_id", BigInteger, ForeignKey("sales_order.id"), nullable=False),
        Column("refund_id", BigInteger, ForeignKey("refund.id")),
        Column("kind", schema.Code(8), nullable=False),  # shop, home, guide, branch
        Column("store_id", BigInteger),
        Column("guide_id", BigInteger),
        Column("branch_id", BigInteger),
        Column("amount_minor", schema.Minor, nullable=False),  # negative for a refund
        Column("business_day", Date, nullable=False),
    )
)
Index("ix_order_credit_order", order_credit.c.order_id)
Index(
    "ix_order_credit_guide_day",
    order_credit.c.guide_id,
    order_credit.c.business_day,
    sqlite_where=order_credit.c.guide_id.is_not(None),
    postgresql_where=order_credit.c.guide_id.is_not(None),
)
_HOME = text("kind = 'home'")
Index(
    "ix_order_credit_home_day",
    order_credit.c.store_id,
    order_credit.c.business_day,
    sqlite_where=_HOME,
    postgresql_where=_HOME,
)
