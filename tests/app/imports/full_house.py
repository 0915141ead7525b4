"""A house with rows of every kind and every odd character, filled by files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import db
from app.imports.kinds import KINDS
from app.ui import exports
from stores.base.actors import COMMAND_LINE
from stores.network import network as networks
from tests.app.pages.conftest import bare_chain, chain  # noqa: F401 - fixtures
from tests.network import Network

TODAY = dt.date(2025, 6, 1)
HOSTILE = (
    '=HYPERLINK("x")',
    "-2+3",
    "@cmd",
    "+1 Shop",
    "'=already",
    "''quoted",
    "a,b;c",
    'says "so"',
    "’s curly",
    "\N{FULLWIDTH EQUALS SIGN}wide",
    "南京路 1 号",
    "0017",
    "1e5",
    "TRUE",
)
SHAPE = {
    "type": "Polygon",
    "coordinates": [[[121.1, 31.1], [121.2, 31.1], [121.2, 31.2], [121.1, 31.1]]],
}
HOLE = {
    "type": "MultiPolygon",
    "coordinates": [
        [
            [[120, 30], [120.5, 30], [120.5, 30.5], [120, 30.5], [120, 30]],
            [[120.1, 30.1], [120.1, 30.2], [120.2, 30.2], [120.1, 30.1]],
        ],
        [[[119, 29], [119.1, 29], [119.1, 29.1], [119, 29]]],
    ],
}


def bring(folder: Path, kind: str, content: bytes, form: str) -> Any:
    file = folder / f"{kind}.{form}"
    file.write_bytes(content)
    networks.forget()
    return KINDS[kind](file, False, COMMAND_LINE, None).outcome


def table(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(
        out, list(dict.fromkeys(name for row in rows for name in row)), restval=""
    )
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def exported(kind: str, form: str) -> bytes:
    out = io.BytesIO()
    with db.read() as connection:
        exports.write(kind, form, out, connection, actor=COMMAND_LINE, today=TODAY)
    return out.getvalue()


def fill(network: Network, folder: Path) -> None:
    """Something of every kind, with what spreadsheets and separators trip over."""
    network.load(
        "branches",
        *(
            {"branch_code": f"X{n}", "name": text, "parent_code": "B2"}
            for n, text in enumerate(HOSTILE)
        ),
    )
    network.load(
        "dealers",
        {
            "dealer_code": "007",
            "name": "=1+1",
            "branch_code": "X0",
            "platform_fee_bp": "0",
            "channel_fee_bp": "10000",
        },
    )
    network.load(
        "stores",
        *(
            {
                "store_code": f"S{n}",
                "name": text,
                "dealer_code": "D1",
                "latitude": "31.23040000000001",
                "longitude": f"121.{n}",
                "crs": crs,
                "address": text,
                "hours": "周一至周五 09:00–21:00",
                "opened_on": "2024-02-29",
                "region_code": "310101",
            }
            for n, (text, crs) in enumerate(
                zip(HOSTILE, ("gcj02", "bd09", "wgs84") * 5, strict=False)
            )
        ),
    )
    network.load(
        "stores",
        {
            "store_code": "0001",
            "name": "Zero",
            "dealer_code": "D2",
            "latitude": "-33.8688",
            "longitude": "-0.5",
            "crs": "wgs84",
            "branch_code": "B2",
            "status": "closed",
            "closed_on": "2025-05-01",
            "successor_store_code": "S1",
            "cloud_shop": "off",
            "contract_from": "2024-01-01",
            "priority": "-5",
            "cloud_shop_url": "pages/shop?id=1&x=2",
        },
    )
    network.load(
        "stores",
        {
            "store_code": "0002",
            "name": "Later",
            "dealer_code": "D2",
            "latitude": "31",
            "longitude": "121",
            "crs": "gcj02",
            "contract_from": "2026-01-01",
            "status": "paused",
            "paused_until": "2025-06-20",
        },
    )
    network.load(
        "stores",
        {
            "store_code": "S1",
            "name": HOSTILE[1],
            "dealer_code": "D2",
            "latitude": "31.5",
            "longitude": "121.5",
            "crs": "gcj02",
            "contract_from": "2025-08-01",
        },
    )
    network.load(
        "terms",
        {
            "store_code": "S2",
            "terms_from": "2025-03-01",
            "platform_fee_bp": "400",
            "channel_fee_bp": "",
            "collection_mode": "hq_collects",
        },
    )
    network.load(
        "guides",
        {
            "guide_code": "0G",
            "name": "@Mei",
            "store_code": "S2",
            "wecom_userid": "-mei",
            "hired_on": "2024-01-01",
            "left_on": "2025-12-31",
        },
        {
            "guide_code": "G2",
            "name": "Lin",
            "store_code": "0001",
            "wecom_userid": "",
            "hired_on": "",
            "left_on": "",
        },
    )
    network.load(
        "offers",
        {
            "store_code": "S2",
            "kind": "promotion",
            "reference": "=P",
            "switch": "off",
            "valid_from": "",
            "valid_to": "2024-01-01",
        },
    )
    network.load(
        "customers",
        {
            "customer_id": "0c",
            "unionid": "u1",
            "openid": "=o1",
            "external_userid": "w1",
            "phone": "13800138000",
            "employee": "yes",
        },
    )
    network.load(
        "customers",
        {"customer_id": "0c", "unionid": "u2", "openid": "", "external_userid": ""},
        {"customer_id": "c2", "unionid": "", "openid": "", "external_userid": ""},
    )
    network.load(
        "targets",
        {
            "period": "2025-06",
            "level": "guide",
            "code": "0G",
            "metric": "net_sales",
            "target": "1234.5",
        },
        {
            "period": "2025-06",
            "level": "branch",
            "code": "X0",
            "metric": "refund_rate",
            "target": "0.25",
        },
        {"period": "2025-06", "level": "store", "code": "0001", "metric": "adds", "target": "0"},
    )
    features = [
        {
            "area_code": "=A",
            "kind": "territory",
            "dealer_code": "007",
            "valid_from": "2025-01-01",
            "valid_to": "2025-12-31",
            "crs": "gcj02",
        },
        {"area_code": "A2", "kind": "service_area", "store_code": "S2"},
        {"area_code": "A3", "kind": "isolated", "store_code": "0001", "postal_codes": ["200001"]},
    ]
    shapes = (SHAPE, HOLE, None)
    bring(
        folder,
        "areas",
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {"type": "Feature", "properties": said, "geometry": shape}
                    for said, shape in zip(features, shapes, strict=True)
                ],
            }
        ).encode(),
        "geojson",
    )
    order = {
        "customer_id": "0c",
        "paid_at": "2025-05-01 10:00:00.25",
        "amount": "10.005",
        "sku": "0012",
        "category": "=tea",
        "quantity": "2",
        "latitude": "31.23",
        "longitude": "121.47",
        "crs": "gcj02",
        "guide_code": "0G",
        "channel": "-web",
        "region_code": "310101",
        "store_code": "S2",
        "fulfilment_store_code": "S3",
    }
    bring(
        folder,
        "orders",
        table(
            [
                {"order_no": "0100", **order},
                {"order_no": "0100", **order, "amount": "5", "sku": ""},
                {
                    "order_no": "0101",
                    **order,
                    "guide_code": "",
                    "store_code": "",
                    "quantity": "0.412",
                },
                {
                    "order_no": "R1",
                    "customer_id": "0c",
                    "paid_at": "2025-05-03",
                    "amount": "3.33",
                    "kind": "refund",
                    "original_order_no": "0100",
                },
            ]
        ),
        "csv",
    )
    bring(
        folder,
        "events",
        table(
            [
                {
                    "event_id": "0e",
                    "type": "contact.confirmed",
                    "occurred_at": "2025-05-01 09:00",
                    "guide_code": "0G",
                    "external_userid": "wNew",
                    "source": "=qr",
                },
                {
                    "event_id": "e2",
                    "type": "chat.day",
                    "occurred_at": "2025-05-01",
                    "guide_code": "0G",
                    "payload": '{"chats": 3, "avg_first_reply_min": 0.33}',
                },
                {
                    "event_id": "e3",
                    "type": "referral.invited",
                    "occurred_at": "2025-05-01",
                    "customer_id": "c2",
                    "payload": '{"inviter_customer_id": "0c"}',
                },
                {
                    "event_id": "e4",
                    "type": "contact.transferred",
                    "occurred_at": "2025-05-02",
                    "guide_code": "0G",
                    "customer_id": "c2",
                    "payload": '{"from_guide_code": "G2", "state": "done"}',
                },
            ]
        ),
        "csv",
    )
