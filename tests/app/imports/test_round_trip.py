"""Every list as a file in the import's own form: brought in again it changes nothing, edited only
the edits change."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

import db
from app.imports.kinds import KINDS
from app.ui import exports
from incentives.targets import target
from ledger.audit import audit_log
from stores.base.actors import COMMAND_LINE
from stores.imports.outcomes import Refused
from stores.imports.protection import bare, protected
from stores.imports.workbooks import read_rows
from stores.network import network as networks
from stores.network.stores import store
from tests.app.conftest import on_both_engines
from tests.app.pages.conftest import bare_chain, chain  # noqa: F401 - fixtures
from tests.network import NOON, Network

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


@pytest.fixture(autouse=True)
def day() -> Iterator[None]:
    """Noon of 1 June 2025 in Shanghai."""
    with time_machine.travel(NOON, tick=False):
        yield


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


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_unedited_file_of_every_kind_changes_nothing(network: Network, tmp_path, form):
    fill(network, tmp_path)
    kinds = [*exports.KINDS, "areas"]
    assert set(kinds) == set(KINDS)
    for kind in kinds:
        own = form if form in exports.formats(kind) else "geojson"
        first = exported(kind, own)
        outcome = bring(tmp_path, kind, first, own)
        assert (kind, outcome.new, outcome.changed) == (kind, 0, 0)
        assert outcome.unchanged > 0, kind
        assert own == "xlsx" or exported(kind, own) == first, kind


def rewritten(content: bytes, form: str, change: dict[str, tuple[str, str]]) -> bytes:
    """The file with one cell of some rows changed: key -> (column, text)."""
    rows = (
        [cells for _, cells in read_rows(content)]
        if form == "xlsx"
        else list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    )
    for row in rows[1:]:
        if row[0] in change:
            column, text = change[row[0]]
            row[rows[0].index(column)] = text
    out = io.StringIO(newline="")
    csv.writer(out).writerows(
        [[protected(cell) for cell in row] for row in rows] if form == "xlsx" else rows
    )
    return out.getvalue().encode()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_only_what_was_edited_changes(network: Network, tmp_path, form):
    fill(network, tmp_path)
    before = {row.store_code: dict(row._mapping) for row in network.rows(store)}
    outcome = bring(
        tmp_path,
        "stores",
        rewritten(
            exported("stores", form), form, {"S3": ("name", "Edited"), "0001": ("priority", "7")}
        ),
        "csv",
    )
    assert (outcome.new, outcome.changed, outcome.unchanged) == (0, 2, len(before) - 2)
    after = {row.store_code: dict(row._mapping) for row in network.rows(store)}
    changed = {
        (code, name)
        for code, row in after.items()
        for name, value in row.items()
        if value != before[code][name]
    }
    assert changed == {
        ("S3", "name"),
        ("S3", "folded"),
        ("0001", "priority"),
    }  # what a name is found by follows it
    assert (
        bring(
            tmp_path,
            "targets",
            rewritten(exported("targets", form), form, {"2025-06": ("target", "1")}),
            "csv",
        ).changed
        == 3
    )
    assert network.count(target) == 6


def test_an_edited_order_is_still_refused(network: Network, tmp_path):
    fill(network, tmp_path)
    with pytest.raises(Refused, match="known with another content"):
        bring(tmp_path, "orders", exported("orders", "csv").replace(b"10.01", b"10.02"), "csv")
    with pytest.raises(Refused, match="never changed"):
        bring(
            tmp_path,
            "events",
            exported("events", "csv").replace(b'""chats"": 3', b'""chats"": 4'),
            "csv",
        )


def test_source_coordinates_keep_their_numbers_and_their_system(network: Network, tmp_path):
    fill(network, tmp_path)
    rows = {
        row["store_code"]: row
        for row in csv.DictReader(io.StringIO(exported("stores", "csv").decode("utf-8-sig")))
    }
    assert (rows["S0"]["latitude"], rows["S0"]["longitude"], rows["S0"]["crs"]) == (
        "31.23040000000001",
        "121.0",
        "gcj02",
    )
    assert (rows["0001"]["latitude"], rows["0001"]["priority"]) == ("-33.8688", "-5")


def test_a_telephone_number_stays_in_the_house(network: Network, tmp_path):
    fill(network, tmp_path)
    assert b"13800138000" not in exported("customers", "csv")
    assert b"phone" not in exported("customers", "csv").splitlines()[0]


@pytest.mark.parametrize(
    "text", [*HOSTILE, "", "-5", "+8613800138000", "'-5", "=", "'", "''=", "\t=x"]
)
def test_the_mark_against_formulas_comes_off_exactly(text):
    assert bare(protected(text)) == text
    assert text[:1] not in ("=", "@") or protected(text)[0] == "'"


def test_days_limit_what_is_written_of_facts(network: Network, tmp_path):
    fill(network, tmp_path)
    out = io.BytesIO()
    with db.read() as connection:
        count = exports.write(
            "orders",
            "csv",
            out,
            connection,
            actor=COMMAND_LINE,
            today=TODAY,
            first=dt.date(2025, 5, 3),
            last=dt.date(2025, 5, 3),
        )
    assert (count, b"R1" in out.getvalue(), b"0100,0c" in out.getvalue()) == (2, True, False)


@on_both_engines
def test_a_page_gives_the_file_and_the_audit_log_says_so(bare_chain):  # noqa: F811
    client = bare_chain.client("petra")
    answer = client.get("/hq/exports/stores.csv", buffered=True)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.data.decode("utf-8-sig").startswith("store_code,name,dealer_code")
    assert (
        client.get("/hq/exports/areas.geojson", buffered=True).get_json()["type"]
        == "FeatureCollection"
    )
    assert client.get("/hq/exports/stores.geojson").status_code == 404
    assert client.get("/hq/exports/colours.csv").status_code == 404
    assert "/hq/exports/stores.xlsx" in client.get("/hq/stores").text
    assert "/hq/exports/events.xlsx" in client.get("/hq/imports?kind=events").text
    said = [row for row in Network().rows(audit_log) if row.action == "export"]
    assert [(row.object_kind, row.object_id, row.detail["format"]) for row in said] == [
        ("own_form", "stores", "csv"),
        ("own_form", "areas", "geojson"),
    ]


def test_who_may_not_import_gets_no_such_file(bare_chain):  # noqa: F811
    bare_chain.house.user("Felix", "hq_finance")
    client = bare_chain.client("Felix")
    assert client.get("/hq/exports/stores.csv").status_code == 403
    assert "/hq/exports/" not in client.get("/hq/stores").text


def test_the_command_line_writes_it_in_one_step(house, tmp_path):
    run = house.app.test_cli_runner().invoke
    file = tmp_path / "dealers.csv"
    done = run(args=["export", "dealers", str(file)])
    assert done.output.strip() == "dealers: 2 rows"
    assert (
        run(args=["import", "dealers", str(file)]).output.strip().splitlines()[-1]
        == "nothing changed"
    )
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".dealers")] == []
    assert (
        "written as .xlsx or .csv"
        in run(args=["export", "dealers", str(tmp_path / "dealers.pdf")]).output
    )
    assert (
        "have no days" in run(args=["export", "dealers", str(file), "--from", "2025-01-01"]).output
    )
