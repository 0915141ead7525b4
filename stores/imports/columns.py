"""The columns of every kind of import, as data (CONTRACT 2)."""

from __future__ import annotations

from dataclasses import dataclass

from stores.customers.event_shapes import TYPES
from stores.geo.coordinates import CRS_NAMES
from stores.imports import cells, number_cells, payload_cells, place_cells, time_cells
from stores.imports.cells import Parser
from stores.network.bundles import KINDS as OFFER_KINDS
from stores.network.guides import ROLES
from stores.network.stores import STATUSES

METRICS = (
    "adds",
    "valid_adds",
    "adds_lost_rate",
    "referrals",
    "converted_referrals",
    "net_sales",
    "orders",
    "new_buyers",
    "repeat_buyers",
    "reply_rate",
    "avg_first_reply_min",
    "chats",
    "complaints",
    "tasks_done",
    "training_done",
    "refund_rate",
)  # C18


@dataclass(frozen=True, slots=True)
class Column:
    """`required`: the column must be in the header and no cell of it may be empty."""

    name: str
    parse: Parser
    required: bool = False


def _must(name: str, parse: Parser) -> Column:
    return Column(name, parse, required=True)


_code, _person, _name, _basis_points = (
    cells.code(64),
    cells.code(128),
    cells.words(200),
    number_cells.basis_points,
)
_new_code, _new_person = cells.key(64), cells.key(128)  # of what these files bring in
_latitude, _longitude = number_cells.degrees("latitude", 90), number_cells.degrees("longitude", 180)

BRANCHES = (_must("branch_code", _new_code), _must("name", _name), Column("parent_code", _code))
DEALERS = (
    _must("dealer_code", _new_code),
    _must("name", _name),
    Column("branch_code", _code),
    Column("platform_fee_bp", _basis_points),
    Column("channel_fee_bp", _basis_points),
    Column("collection_mode", cells.choice("store_collects", "hq_collects")),
    Column("express_rule", cells.choice("keep", "transfer", "split", "refuse")),
    Column("express_split_bp", _basis_points),
)
STORES = (
    _must("store_code", _new_code),
    _must("name", _name),
    _must("dealer_code", _code),
    Column("branch_code", _code),
    _must("latitude", _latitude),
    _must("longitude", _longitude),
    _must("crs", cells.choice(*CRS_NAMES)),
    Column("country", place_cells.country),
    Column("region_code", place_cells.region),
    Column("address", cells.words(400)),
    Column("status", cells.choice(*STATUSES)),
    Column("cloud_shop", cells.switch("on", "off")),
    Column("opened_on", time_cells.day),
    Column("closed_on", time_cells.day),
    Column("paused_until", time_cells.day),
    Column("contract_from", time_cells.day),
    Column("priority", number_cells.whole(-1_000_000, 1_000_000)),
    Column("service_radius_m", number_cells.whole(0, 1_000_000)),
    Column("daily_capacity", number_cells.whole(0, 1_000_000)),
    Column("hours", time_cells.hours),
    Column("timezone", time_cells.timezone),
    Column("successor_store_code", _code),
    Column("cloud_shop_url", cells.url),
)
GUIDES = (
    _must("guide_code", _new_code),
    _must("name", _name),
    _must("store_code", _code),
    Column("wecom_userid", _code),
    Column("own_customer_id", _new_person),
    Column("hired_on", time_cells.day),
    Column("left_on", time_cells.day),
    Column("role", cells.choice(*ROLES)),
    Column("customers", cells.choice("follow", "stay")),
)
CUSTOMERS = (
    _must("customer_id", _new_person),
    Column("unionid", _person),
    Column("openid", _person),
    Column("external_userid", _person),
    Column("phone", place_cells.phone),
    Column("employee", cells.switch("yes", "no")),
    Column("join", cells.switch("yes", "no")),
)
ORDERS = (
    _must("order_no", _new_code),
    _must("customer_id", _new_person),
    _must("paid_at", time_cells.instant),
    _must("amount", number_cells.amount),
    Column("currency", number_cells.currency),
    Column("kind", cells.choice("order", "refund", "discount")),
    Column("original_order_no", _code),
    Column("latitude", _latitude),
    Column("longitude", _longitude),
    Column("crs", cells.choice(*CRS_NAMES)),
    Column("region_code", place_cells.region),
    Column("store_code", _code),
    Column("fulfilment_store_code", _code),
    Column("guide_code", _code),
    Column("channel", _code),
    Column("category", cells.words(64)),
    Column("sku", cells.code(64)),
    Column("quantity", number_cells.pieces),
    Column("line_no", number_cells.whole(1, 10**6)),
)
EVENTS = (
    _must("event_id", _new_person),
    _must("type", cells.choice(*TYPES)),
    _must("occurred_at", time_cells.instant),
    Column("guide_code", _code),
    Column("customer_id", _new_person),
    Column("external_userid", _person),
    Column("source", cells.code(32)),
    Column("payload", payload_cells.payload),
)
TARGETS = (
    _must("period", time_cells.month),
    _must("level", cells.choice("guide", "store", "dealer", "branch")),
    _must("code", _code),
    _must("metric", cells.choice(*METRICS)),
    _must("target", number_cells.quantity_text),
)

OFFERS = (
    _must("store_code", _code),
    _must("kind", cells.choice(*OFFER_KINDS)),
    _must("reference", _code),
    Column("switch", cells.switch("on", "off")),
    Column("valid_from", time_cells.day),
    Column("valid_to", time_cells.day),
)

TERMS = (
    _must("store_code", _code),
    Column("terms_from", time_cells.day),
    Column("platform_fee_bp", _basis_points),
    Column("channel_fee_bp", _basis_points),
    Column("collection_mode", cells.choice("store_collects", "hq_collects")),
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "branches": BRANCHES,
    "dealers": DEALERS,
    "stores": STORES,
    "guides": GUIDES,
    "customers": CUSTOMERS,
    "orders": ORDERS,
    "events": EVENTS,
    "targets": TARGETS,
    "offers": OFFERS,
    "terms": TERMS,
}
KEYS: dict[str, tuple[str, ...]] = {
    "branches": ("branch_code",),
    "dealers": ("dealer_code",),
    "stores": ("store_code",),
    "guides": ("guide_code",),
    "customers": ("customer_id",),
    "events": ("event_id",),
    "targets": ("period", "level", "code", "metric"),
    "offers": ("store_code", "kind", "reference"),
    "terms": ("store_code",),
}
