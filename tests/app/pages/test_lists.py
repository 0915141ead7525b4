"""Lists people work in (PORTALS 1): sorted, chosen, kept, paged, and exported as what they show."""

from __future__ import annotations

import csv
import io
import re
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import template_rendered
from python_calamine import CalamineWorkbook

from app.ui import tables
from tests.app.pages.conftest import Chain
from tests.app.pages.every import addresses
from tests.network import Network


class Cells(HTMLParser):
    """The texts of the body cells of a page's first table, and of its foot."""

    def __init__(self) -> None:
        super().__init__()
        self.part, self.rows, self.cell = "", {"tbody": [], "tfoot": []}, None  # type: ignore[var-annotated]
        self.over = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in self.rows and not self.over:
            self.part = tag
        elif tag == "tr" and self.part:
            self.rows[self.part].append([])
        elif tag == "td" and self.part:
            self.cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "td" and self.cell is not None:
            self.rows[self.part][-1].append(" ".join("".join(self.cell).split()))
            self.cell = None
        elif tag == self.part:
            self.part = ""
        self.over = self.over or tag == "table"

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)


@contextmanager
def drawn(app: Any):
    """The Table that a page was drawn from, as a list that fills."""
    found: list[tables.Table] = []

    def note(sender: Any, template: Any, context: dict[str, Any], **more: Any) -> None:
        if isinstance(context.get("table"), tables.Table):
            found.append(context["table"])

    with template_rendered.connected_to(note, app):
        yield found


def as_exported(column: tables.Column, text: str) -> list[str]:
    """A cell as its page writes it, in the form of a file."""
    if text == "–":
        return ["", ""] if column.kind == "chip" else [""]
    if column.kind == "chip":
        name, _, code = text.rpartition(" ")
        return [code, name]
    if column.kind in ("money", "count", "percent", "number"):
        return [re.sub(r"[^\d.\-]", "", text.replace("−", "-"))]
    return [text]


def listed(chain: Chain, name: str) -> list[str]:
    client = chain.client(name)
    return [
        path
        for path in addresses.of(chain, name)
        if not path.startswith("/hq/samples") and "export=csv" in client.get(path).text
    ]  # samples are no facts


@pytest.mark.parametrize("name", ["petra", "bea", "omar", "max", "mei"])
def test_every_export_equals_the_list_it_came_from(chain, name):
    client, faults = chain.client(name), []
    for path in listed(chain, name):
        with drawn(chain.house.app) as found:
            html = client.get(path).text
        table, cells = found[0], Cells()
        cells.feed(html[html.index(f'id="list-{table.name}"') :])
        joint = "&" if "?" in path else "?"
        answer = client.get(f"{path}{joint}export=csv")
        assert answer.status_code == 200, path
        lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert lines[0] == tables_heads(chain, table), path
        shown = [
            [
                part
                for column, text in zip(table.chosen, row, strict=True)
                for part in as_exported(column, text)
            ]
            for row in cells.rows["tbody"]
        ]
        for shown_row, line in zip(shown, lines[1:], strict=False):
            kinds = [
                column.kind
                for column in table.chosen
                for _ in range(2 if column.kind == "chip" else 1)
            ]
            faults += [
                (path, kind, a, b)
                for kind, a, b in zip(kinds, shown_row, line, strict=True)
                if not same(kind, a, b)
            ]
        assert len(lines) - 1 == len(shown) or table.next, path
        sheet = (
            CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{path}{joint}export=xlsx").data))
            .get_sheet_by_index(0)
            .to_python()
        )
        assert len(sheet) - len(lines) in ((0, 1) if table.name == "audit" else (0,)), (
            path
        )  # the first file left a line in the log
        assert [str(head) for head in sheet[0]] == lines[0], path
    assert faults == []


def tables_heads(chain: Chain, table: tables.Table) -> list[str]:
    with chain.house.app.test_request_context():
        return tables.heads(table)


def same(kind: str, shown: str, exported: str) -> bool:
    if kind == "moment":
        return exported.replace("T", " ").startswith(shown)
    if kind == "day":
        return (
            [int(part) for part in re.findall(r"\d+", shown)]
            == [int(part) for part in exported.split("-")]
            if exported
            else shown == ""
        )
    return re.sub(r"\W+", "", shown) == re.sub(
        r"\W+", "", exported
    )  # a page breaks lines where a file has spaces


def test_every_sort_of_every_list_opens_and_orders(chain):
    for name in ("petra", "omar"):
        client = chain.client(name)
        for path in listed(chain, name):
            with drawn(chain.house.app) as found:
                client.get(path)
            path = re.sub(r"([?&])sort=[^&]*&?", r"\1", path).rstrip("?&")
            joint = "&" if "?" in path else "?"
            for column in found[0].columns:
                if column.sort:
                    for sign in ("", "-"):
                        with drawn(chain.house.app) as again:
                            assert (
                                client.get(f"{path}{joint}sort={sign}{column.sort}").status_code
                                == 200
                            ), (path, column.sort)
                        values = [row.sort_value for row in again[0].rows]
                        if not any(
                            isinstance(value, str) for value in values
                        ):  # the engine collates names its own way
                            assert values == sorted(values, reverse=bool(sign)), (path, column.sort)


def test_a_sorted_list_is_paged_without_gap_or_repetition(chain):
    for number in range(120):
        chain.buys(f"P-{number:03}", "wx-any-005", 1, 100 + number % 7)
    client, path, found = chain.client("petra"), f"/hq/orders?day={chain.day(1)}&sort=total", []
    while path:
        page = client.get(path).text
        found += [part.split('"')[0] for part in page.split('href="/hq/orders/')[1:]]
        path = (
            page.split('rel="next"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
            if 'rel="next"' in page
            else ""
        )
    assert sorted(found) == sorted(["O-3", "O-9", *(f"P-{n:03}" for n in range(120))])


def test_columns_are_chosen_and_the_file_has_the_same(chain):
    client = chain.client("petra")
    page = client.get("/hq/orders?col=order_no&col=total&lang=en").text
    head = re.search(r"<thead>(.*?)</thead>", page, re.S)
    assert head is not None
    assert re.sub(r"<[^>]+>", "|", head[1]).replace("↓", "").split("|") == [
        "",
        "",
        "",
        "Order",
        "",
        "",
        "",
        "Amount",
        "",
        "",
        "",
    ] or ("Order" in head[1] and "Amount" in head[1] and "Customer" not in head[1])
    assert (
        client.get("/hq/orders?col=order_no&col=total&export=csv&lang=en")
        .data.decode("utf-8-sig")
        .splitlines()[0]
        == "Order,Amount"
    )


def test_a_view_is_kept_by_its_reader_and_gone_when_deleted(chain):
    client = chain.client("petra")
    page = client.get("/hq/orders?store=S1&sort=-total").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    kept = client.post(
        "/views",
        data={
            "csrf_token": token[1],
            "path": "/hq/orders",
            "query": "store=S1&sort=-total&cursor=x",
            "name": "Big at S1",
        },
    )
    assert kept.status_code == 303
    page = client.get("/hq/orders").text
    assert "Big at S1" in page
    assert "store=S1&amp;sort=-total&#34;".replace("&#34;", '"') in page
    assert "Big at S1" not in chain.client("finn").get("/hq/orders").text
    number = re.search(r'action="/views/(\d+)/delete"', page)
    assert number is not None
    assert chain.client("finn").post(
        f"/views/{number[1]}/delete", data={"csrf_token": token[1]}
    ).status_code in (400, 404)
    assert "Big at S1" in client.get("/hq/orders").text
    assert (
        client.post(f"/views/{number[1]}/delete", data={"csrf_token": token[1]}).status_code == 303
    )
    assert "Big at S1" not in client.get("/hq/orders").text


@pytest.mark.parametrize(
    "data",
    [
        {"path": "/sign-in", "query": "", "name": "x"},
        {"path": "https://elsewhere/", "query": "", "name": "x"},
        {"path": "/hq/orders", "query": "", "name": ""},
        {"path": "/hq/orders", "query": "a=" + "b" * 2000, "name": "x"},
        {"path": "/hq/orders", "query": "", "name": "x" * 49},
    ],
)
def test_a_view_that_makes_no_sense_is_refused(chain, data):
    client = chain.client("petra")
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/hq/orders").text)
    assert token is not None
    assert client.post("/views", data={"csrf_token": token[1], **data}).status_code == 422


@pytest.mark.parametrize("query", ["sort=mood", "export=pdf", "sort=-", "cursor=abc&sort=total"])
def test_what_a_list_does_not_have_is_refused(chain, query):
    assert chain.client("petra").get(f"/hq/orders?{query}").status_code == 400


HOSTILE = ("=1+1", "-2+3", "+4", "@SUM(A1)", "＝1+1", "－2", "＋3", "＠cmd")


def exported(client: Any, path: str) -> list[str]:
    return [
        cell
        for row in csv.reader(io.StringIO(client.get(path).data.decode("utf-8-sig")))
        for cell in row
    ]


def test_a_text_that_looks_like_a_formula_stays_a_text_and_a_number_a_number(chain):
    for number, name in enumerate(HOSTILE):
        Network().open_store(f"H{number}", name=name)
    chain.buys("-O-1", "wx-any-005", 1, 100)
    client = chain.client("petra")
    cells = exported(client, "/hq/stores?export=csv")
    assert {cell for cell in cells if cell.removeprefix("'") in HOSTILE} == {
        f"'{name}" for name in HOSTILE
    }
    assert "'-O-1" in exported(client, "/hq/orders?export=csv")
    assert "-40.00" in exported(
        client, f"/hq/performance?by=store&day={chain.day(2)}&export=csv"
    ), "what was returned that day"


def test_an_export_leaves_an_audit_line(chain):
    import db
    from ledger.audit import audit_log

    chain.client("petra").get("/hq/orders?export=csv")
    with db.read() as connection:
        last = connection.execute(audit_log.select().order_by(audit_log.c.id.desc())).first()
    assert (last.action, last.object_id, last.detail) == (
        "export",
        "orders",
        {"rows": 4, "format": "csv"},
    )
