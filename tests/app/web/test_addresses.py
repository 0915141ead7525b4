"""Every kind of code and number x every odd character x every call and page that has it in its
address: refused at the intake, or reached."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import url_for

import db
from app.accounts import api_keys
from app.api.calls import APIS
from app.web.problems import PREFIX
from ledger import schema
from stores.base import addressable
from stores.base.actors import COMMAND_LINE
from stores.imports.check import check
from stores.imports.columns import COLUMNS
from stores.imports.faults import FaultList
from stores.imports.sheets import Sheet
from tests.app.conftest import House, on_both_engines
from tests.app.web.odd_codes import NUMBERED, REFUSED, SERVED, UNWRITABLE
from tests.network import CONTEXT, SOMEWHERE, Network
from tests.servers import served

NOW = "2026-03-18T06:00:00Z"


@pytest.fixture
def key(house: House) -> str:
    network = Network()
    network.begin()
    network.open_store("S1", "D1", branch_code="B2")
    network.load("guides", {"guide_code": "G1", "name": "Mei", "store_code": "S1"})
    return api_keys.create_key("all", "admin", by=COMMAND_LINE)


class Caller:
    def __init__(self, house: House, key: str):
        self.house, self.client, self.key = house, house.stranger(), key
        self.put_of = {kind: f"/{kind}/" for kind in NUMBERED}

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return self.client.open(
            PREFIX + path,
            method=method,
            headers={"Authorization": f"Bearer {self.key}"},
            json=body if method != "GET" else None,
        )

    def brings_in(self, kind: str, code: str) -> Any:
        """The answer to the call that brings a code in."""
        line = {"line_no": 1, "quantity": 1, "amount_minor": 500}
        order = {
            "order_no": code,
            "customer_id": "c1",
            "paid_at": NOW,
            "currency": "CNY",
            "lines": [line],
        }
        if kind == "orders":
            return self.api("POST", "/orders", order)
        if kind == "customers":
            return self.api(
                "POST",
                "/orders",
                {
                    **order,
                    "order_no": f"of {len(code)} {ord(code[0]) if code else 0} {hash(code)}",
                    "customer_id": code,
                },
            )
        if kind == "entering":
            return self.api("POST", "/entries", {"customer": {"customer_id": code}})
        if kind == "events":
            event = {
                "event_id": code,
                "type": "contact.confirmed",
                "occurred_at": NOW,
                "guide_code": "G1",
                "customer_id": "c2",
            }
            taken = self.api("POST", "/events", {"events": [event]})
            return taken if not taken.json.get("refused") else None
        return self.api("PUT", f"/{kind}/{quote(code, safe='')}", NUMBERED[kind])


@pytest.fixture
def caller(house: House, key: str) -> Caller:
    return Caller(house, key)


def calls_with(kind: str) -> Iterator[tuple[str, str]]:
    """(method, rule) of the calls that name one of a kind, those that end it last."""
    rules = [
        (call.method, call.rule)
        for api in APIS
        for call in api.calls
        if call.path_names and call.rule.split("/")[1] == kind
    ]
    yield from sorted(rules, key=lambda each: each[0] == "DELETE")


BODY = {
    "/offers": {"offers": []},
    "/states": {"state": "received", "at": "2026-03-18T07:00:00Z"},
    "/deeds": {"kind": "switched", "store_code": "S1"},
    "/refunds": {
        "refunded_at": "2026-03-18T08:00:00Z",
        "lines": [{"line_no": 1, "amount_minor": 1}],
    },
}
QUERY = {
    "/revenue": "?from=2026-03-01&to=2026-03-18",
    "/rewards": "?period=2026-03",
    "/kpis": "?period=2026-03",
}


@pytest.mark.parametrize("kind", [*NUMBERED, "orders", "customers"])
@on_both_engines
def test_what_was_taken_is_reached_by_every_call(caller, kind):
    lost = []
    for number, code in enumerate(SERVED):
        assert caller.brings_in(kind, code).status_code in (200, 201), code
        for method, rule in calls_with(kind):
            tail = rule.partition(">")[2]
            body = {
                **BODY.get(tail, NUMBERED.get(kind, {})),
                **({"refund_no": f"{code}-{number}"} if tail == "/refunds" else {}),
            }
            path = f"/{kind}/{quote(code, safe='')}{tail}{QUERY.get(tail, '')}"
            answer = caller.api(method, path, body)
            own = (
                None
                if answer.status_code >= 300
                else answer.json.get(
                    {"orders": "order_no", "customers": "customer_id"}.get(
                        kind, f"{kind[:-1]}_code"
                    ),
                    code,
                )
            )
            if answer.status_code not in (200, 201) or own != code and kind != "branches":
                lost.append((method, path, answer.status_code, own))
    assert lost == []


@pytest.mark.parametrize("kind", [*NUMBERED, "orders", "customers", "entering", "events"])
def test_what_no_address_carries_is_refused_at_the_door(caller, kind):
    for code in (*REFUSED, *UNWRITABLE):
        answer = caller.brings_in(kind, code)
        assert answer is None or answer.status_code in (308, 400, 401, 404, 405, 422), (
            code,
            answer.status_code,
            answer.text,
        )
        if answer is not None and kind in ("orders", "customers", "entering"):
            assert answer.status_code == 400
            assert answer.json["errors"][0]["field"].endswith(("order_no", "customer_id"))
    with db.read() as connection:
        for table, column in (
            ("customer", "customer_id"),
            ("sales_order", "order_no"),
            ("event", "event_id"),
            ("store", "store_code"),
            ("guide", "guide_code"),
        ):
            rows = connection.execute(schema.metadata.tables[table].select()).all()
            assert not {getattr(row, column) for row in rows} & {*REFUSED, *UNWRITABLE}


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("branches", "branch_code"),
        ("dealers", "dealer_code"),
        ("stores", "store_code"),
        ("guides", "guide_code"),
        ("customers", "customer_id"),
        ("orders", "order_no"),
        ("orders", "customer_id"),
        ("events", "event_id"),
        ("events", "customer_id"),
        ("guides", "own_customer_id"),
    ],
)
def test_files_refuse_and_take_the_same(kind, column):
    usual = {
        **{name: str(value) for name, value in NUMBERED.get(kind, {}).items()},
        **SOMEWHERE,
        "branch_code": "B",
        "dealer_code": "D",
        "store_code": "S",
        "name": "x",
        "guide_code": "G",
        "customer_id": "c",
        "order_no": "O",
        "paid_at": NOW,
        "amount": "1.00",
        "event_id": "E",
        "type": "customer.registered",
        "occurred_at": NOW,
    }
    names = [each.name for each in COLUMNS[kind] if each.name in usual or each.name == column]
    for code in (*SERVED, *REFUSED):
        row = {name: usual.get(name, "") for name in names} | {column: code}
        checked = check(kind, Sheet(tuple(names), [(2, row)], FaultList(), "utf-8"), CONTEXT)
        named = [each.column for each in checked.faults.kept]
        assert named == ([column] if code in REFUSED else []), (code, checked.faults.kept)


PAGES = {
    "orders": ("hq.order",),
    "stores": (
        "hq.store",
        "hq.edit_store",
        "hq.store_offers",
        "hq.close_store",
        "hq.edit_terms",
        "maps.store",
    ),
    "dealers": ("hq.dealer", "hq.edit_dealer"),
    "guides": ("hq.guide", "hq.edit_guide"),
    "branches": ("hq.branch", "hq.edit_branch"),
    "areas": ("hq.area", "hq.edit_area"),
}


@pytest.mark.parametrize("kind", PAGES)
@on_both_engines
def test_what_was_taken_is_reached_by_every_page_and_link(caller, kind):
    caller.house.user("petra", "hq_admin")
    client, lost = caller.house.signed_in("petra"), []
    for code in SERVED:
        assert caller.brings_in(kind, code).status_code in (200, 201)
        for endpoint in PAGES[kind]:
            with caller.house.app.test_request_context():
                link = url_for(endpoint, **{"order_no" if kind == "orders" else "code": code})
            assert re.fullmatch(r"[/\w.~%\-]+", link), (
                link
            )  # nothing that a browser would read as more than a path
            answer = client.get(link)
            if answer.status_code != 200:
                lost.append((link, answer.status_code))
    listed = client.get(f"/hq/{kind}?from=2026-03-01&to=2026-03-31")
    assert listed.status_code == 200
    for link in re.findall(rf'href="(/hq/{kind}/[^"?#]+)"', listed.text):
        assert client.get(link.replace("&amp;", "&").replace("&#39;", "'")).status_code == 200, link
    assert lost == []


def test_every_page_with_a_code_in_its_address_takes_part(house):
    """The pages of guides and dealers are reached by the same converter; those of headquarters
    stand for them."""
    coded = {
        rule.endpoint
        for rule in house.app.url_map.iter_rules()
        if "GET" in rule.methods
        and rule.endpoint.startswith(("hq.", "maps."))
        and {"code", "order_no"} & rule.arguments
    }
    assert coded == {endpoint for endpoints in PAGES.values() for endpoint in endpoints}


def test_the_words_that_no_code_may_end_in_are_those_of_the_addresses(house):
    """Derived from the routes, so that a new address behind a code is refused as a code's end from
    its first day."""
    behind, instead = set(), set()
    rules = list(house.app.url_map.iter_rules())
    coded = {
        rule.rule.partition("<")[0]
        for rule in rules
        if re.search(r"<(?!int:)[^>]*(code|order_no|event_id|customer_id|entry_id)>$", rule.rule)
    }
    for rule in rules:
        found = re.fullmatch(
            r".*<(?!int:)(?:code|order_no|event_id|customer_id|entry_id)>/(.+)", rule.rule
        )
        if found:
            behind.add(found[1])
        for front in coded:
            rest = rule.rule.removeprefix(front)
            if rest != rule.rule and "<" not in rest:
                instead.add(rest)
    assert (behind, instead) == (set(addressable.BEHIND), set(addressable.INSTEAD))


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("server", ["waitress", "granian", "gunicorn"])
def test_real_servers_hand_the_whole_code_on(network: Network, server: str, tmp_path: Path):
    """WSGI servers decode %2F before the product sees the path."""
    network.open_store("S1", "D1")
    key, at = (
        api_keys.create_key("till", "admin", by=COMMAND_LINE),
        dt.datetime(2026, 3, 18, 6, tzinfo=dt.UTC).isoformat(),
    )
    with served(server, db.database().url, tmp_path) as running:
        for number, code in enumerate(SERVED):
            path, line = (
                f"{PREFIX}/orders/{quote(code, safe='')}",
                {"line_no": 1, "quantity": 1, "amount_minor": 500},
            )
            body = {
                "order_no": code,
                "customer_id": code,
                "paid_at": at,
                "currency": "CNY",
                "lines": [line],
            }
            assert running.call("POST", f"{PREFIX}/orders", body, key)[0] == 201, code
            assert running.call("GET", path, None, key)[1]["order_no"] == code
            back = {
                "refund_no": f"R{number}",
                "refunded_at": at,
                "lines": [{"line_no": 1, "amount_minor": 1}],
            }
            assert running.call("POST", f"{path}/refunds", back, key)[1]["order_no"] == code
            assert (
                running.call("POST", f"{path}/states", {"state": "shipped", "at": at}, key)[1][
                    "order_no"
                ]
                == code
            )
            assert (
                running.call("DELETE", f"{PREFIX}/customers/{quote(code, safe='')}", None, key)[0]
                == 200
            )
