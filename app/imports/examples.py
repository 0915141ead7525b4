"""The rows of the files to begin with, one table for each kind of import (CONTRACT 2)."""

from __future__ import annotations

from typing import Any

from stores.customers.event_shapes import TYPES
from stores.geo.coordinates import CRS_NAMES
from stores.geo.territories import KINDS as AREA_KINDS
from stores.imports.columns import METRICS
from stores.network.bundles import KINDS as OFFER_KINDS
from stores.network.guides import ROLES
from stores.network.stores import STATUSES

EXAMPLES: dict[str, dict[str, str]] = {
    "branches": {"branch_code": "EAST", "name": "华东分公司", "parent_code": ""},
    "dealers": {
        "dealer_code": "D001",
        "name": "上海晨光贸易",
        "branch_code": "EAST",
        "platform_fee_bp": "500",
        "channel_fee_bp": "0",
        "collection_mode": "store_collects",
        "express_rule": "keep",
        "express_split_bp": "0",
    },
    "stores": {
        "store_code": "S001",
        "name": "南京东路店",
        "dealer_code": "D001",
        "branch_code": "EAST",
        "latitude": "31.2397",
        "longitude": "121.4900",
        "crs": "gcj02",
        "country": "CN",
        "region_code": "310101",
        "address": "上海市黄浦区南京东路 1 号",
        "status": "active",
        "cloud_shop": "on",
        "opened_on": "2025-03-01",
        "closed_on": "",
        "paused_until": "",
        "contract_from": "2025-03-01",
        "priority": "0",
        "daily_capacity": "",
        "service_radius_m": "5000",
        "hours": "mon-fri 09:00-21:00;sat 10:00-22:00;sun 10:00-22:00",
        "timezone": "",
        "successor_store_code": "",
        "cloud_shop_url": "pages/shop/index?id=S001",
    },
    "guides": {
        "guide_code": "G001",
        "name": "李梅",
        "store_code": "S001",
        "wecom_userid": "limei",
        "own_customer_id": "",
        "hired_on": "2025-03-01",
        "left_on": "",
        "role": "guide",
        "customers": "",
    },
    "offers": {
        "store_code": "S001",
        "kind": "promotion",
        "reference": "NEW-YEAR-2025",
        "switch": "on",
        "valid_from": "2025-12-20",
        "valid_to": "2026-01-03",
    },
    "terms": {
        "store_code": "S001",
        "terms_from": "2026-01-01",
        "platform_fee_bp": "400",
        "channel_fee_bp": "",
        "collection_mode": "",
    },
    "customers": {
        "customer_id": "C0001",
        "unionid": "oUnion0001",
        "openid": "oOpen0001",
        "external_userid": "wmExternal0001",
        "phone": "13800000000",
        "employee": "no",
        "join": "",
    },
    "orders": {
        "order_no": "O20251101001",
        "customer_id": "C0001",
        "paid_at": "2025-11-01 10:20:30",
        "amount": "128.00",
        "currency": "",
        "kind": "order",
        "original_order_no": "",
        "latitude": "31.2397",
        "longitude": "121.4900",
        "crs": "gcj02",
        "region_code": "310101",
        "store_code": "S001",
        "fulfilment_store_code": "",
        "guide_code": "G001",
        "channel": "",
        "category": "tea",
        "sku": "TEA-001",
        "quantity": "2",
        "line_no": "1",
    },
    "events": {
        "event_id": "E20251101001",
        "type": "contact.confirmed",
        "occurred_at": "2025-11-01 10:00:00",
        "guide_code": "G001",
        "customer_id": "C0001",
        "external_userid": "wmExternal0001",
        "source": "qr",
        "payload": "",
    },
    "targets": {
        "period": "2025-11",
        "level": "guide",
        "code": "G001",
        "metric": "adds",
        "target": "60",
    },
}
AREAS_EXAMPLE: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {
                "area_code": "A001",
                "kind": "territory",
                "dealer_code": "D001",
                "valid_from": "2025-03-01",
                "crs": "gcj02",
                "region_codes": ["310101"],
            },
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [
                        [121.47, 31.22],
                        [121.51, 31.22],
                        [121.51, 31.25],
                        [121.47, 31.25],
                        [121.47, 31.22],
                    ]
                ],
            },
        }
    ],
}
CHOICES = {  # where the example alone would not say what else there is
    ("stores", "crs"): " ".join(CRS_NAMES),
    ("stores", "status"): " ".join(STATUSES),
    ("stores", "cloud_shop"): "on off",
    ("orders", "crs"): " ".join(CRS_NAMES),
    ("dealers", "collection_mode"): "store_collects hq_collects",
    ("dealers", "express_rule"): "keep transfer split refuse",
    ("terms", "collection_mode"): "store_collects hq_collects",
    ("guides", "role"): " ".join(ROLES),
    ("guides", "customers"): "follow stay",
    ("customers", "employee"): "yes no",
    ("customers", "join"): "yes no",
    ("orders", "kind"): "order refund",
    ("events", "type"): " ".join(TYPES),
    ("events", "payload"): "{...}",
    ("targets", "level"): "guide store dealer branch",
    ("offers", "kind"): " ".join(OFFER_KINDS),
    ("offers", "switch"): "on off",
    ("targets", "metric"): " ".join(METRICS),
    ("areas", "kind"): " ".join(AREA_KINDS),
    ("areas", "crs"): " ".join(CRS_NAMES),
}
