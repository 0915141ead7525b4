"""Orders as they were paid: the owner of the sale, its contract and rates are copied onto the order
and frozen (D1)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, Table

from ledger import schema

order_key = schema.append_only(
    Table(
        "order_key",
        schema.metadata,
        Column("order_no", schema.Code(64), primary_key=True),
        Column("body_hash", schema.Code(64), nullable=False),
    )
)
sales_order = schema.append_only(
    Table(
        "sales_order",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column(
            "order_no",
            schema.Code(64),
            ForeignKey("order_key.order_no"),
            nullable=False,
            unique=True,
        ),
        Column("customer_id", BigInteger, ForeignKey("customer.id"), nullable=False),
        Column("paid_at", schema.Instant, nullable=False),
        Column("business_day", Date, nullable=False),
        Column("currency", schema.Code(3), nullable=False),
        Column("total_minor", schema.Minor, nullable=False),
        Column("store_id", BigInteger, ForeignKey("store.id")),
        Column("dealer_id", BigInteger, ForeignKey("dealer.id")),
        Column("contract_id", BigInteger, ForeignKey("dealer_contract.id")),
        Column(
            "owner_basis", schema.Code(16), nullable=False
        ),  # entry, visit, location, named, unattributed
        Column("platform_fee_bp", Integer, nullable=False),
        Column("channel_fee_bp", Integer, nullable=False),
        Column("collection_mode", schema.Code(16), nullable=False),
        Column("platform_fee_minor", schema.Minor, nullable=False),
        Column("channel_fee_minor", schema.Minor, nullable=False),
        Column("entry_id", schema.Code(36)),
        Column("guide_id", BigInteger, ForeignKey("guide.id")),
        Column("guide_basis", schema.Code(16), nullable=False),  # assisted, touch, owner, none
        Column("guide_store_id", BigInteger, ForeignKey("store.id")),
        Column("guide_dealer_id", BigInteger, ForeignKey("dealer.id")),
        Column(
            "link_guide_id", BigInteger, ForeignKey("guide.id")
        ),  # the last signed guide touch, whoever was credited (B2, B4)
        Column("home_store_id", BigInteger, ForeignKey("store.id")),
        Column(
            "fulfilment_store_id", BigInteger
        ),  # of a store; who ships or hands over (A1). NULL: the owner of the sale
        Column("channel", schema.Code(64)),
        Column("delivery", schema.Code(8)),
        Column("freight_minor", schema.Minor, nullable=False),
        Column("region_code", schema.Code(16)),
        Column("postal_code", schema.Code(16)),
        Column("intake_id", BigInteger, ForeignKey("intake.id"), nullable=False),
        Column("received_at", schema.Instant, nullable=False),
    )
)
Index("ix_sales_order_customer", sales_order.c.customer_id, sales_order.c.paid_at)
Index(
    "ix_sales_order_day",
    sales_order.c.business_day,
    sales_order.c.dealer_id,
    sales_order.c.store_id,
)
Index("ix_sales_order_guide_day", sales_order.c.guide_id, sales_order.c.business_day)
order_line = schema.append_only(
    Table(
        "order_line",
        schema.metadata,
        Column(
            "order_id",
            BigInteger,
            ForeignKey("sales_order.id"),
            primary_key=True,
            autoincrement=False,
        ),
        Column("line_no", Integer, primary_key=True, autoincrement=False),
        Column("sku", schema.Code(64)),
        Column("category", schema.Code(64)),
        Column("quantity", BigInteger, nullable=False),
        Column("amount_minor", schema.Minor, nullable=False),
        Column("subsidy_minor", schema.Minor, nullable=False),
        Column("tax_minor", schema.Minor, nullable=False),
        Column("platform_fee_minor", schema.Minor, nullable=False),
        Column("channel_fee_minor", schema.Minor, nullable=False),
        Column(
            "measure", schema.Code(24)
        ),  # of a piece that was weighed or cut, as it was written: its quantity is 1
    )
)
order_state = schema.append_only(
    Table(
        "order_state",
        schema.metadata,
        Column(
            "order_id",
            BigInteger,
            ForeignKey("sales_order.id"),
            primary_key=True,
            autoincrement=False,
        ),
        Column("state", schema.Code(8), primary_key=True),
        Column("at", schema.Instant, nullable=False),
        Column("intake_id", BigInteger, ForeignKey("intake.id"), nullable=False),
    )
)
