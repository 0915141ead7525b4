"""Whatever a browser sends, no page fails on it: every route, every parameter that its view reads,
on both engines."""

from __future__ import annotations

import contextlib
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import ImmutableMultiDict

import db
from app.ui.saved_views import saved_view
from app.web.control_characters import SEVERAL_LINES
from tests.app.conftest import on_both_engines, token_of
from tests.app.pages.conftest import Chain
from tests.app.pages.every import addresses, forms
from tests.app.pages.every.test_forms import SAMPLES
from tests.app.pages.every.test_sweep import rules

READERS = ("petra", "bea", "omar", "max")
PARTS = 4
ODD = ("9" * 30, "²", "x" * 5000, "-1", "2026-13-99")
asked: dict[str, set[str]] = defaultdict(set)


class Noting(ImmutableMultiDict):  # type: ignore[type-arg]
    """A form or a query that notes which names its view asks for."""

    def _note(self, name: Any) -> None:
        from flask import has_request_context, request

        if isinstance(name, str) and has_request_context() and request.endpoint:
            asked[request.endpoint].add(name)

    def get(self, name: Any, *rest: Any, **more: Any) -> Any:
        self._note(name)
        return super().get(name, *rest, **more)

    def getlist(self, name: Any, *rest: Any, **more: Any) -> Any:
        self._note(name)
        return super().getlist(name, *rest, **more)

    def __getitem__(self, name: Any) -> Any:
        self._note(name)
        return super().__getitem__(name)

    def __contains__(self, name: Any) -> bool:
        self._note(name)
        return super().__contains__(name)


@contextlib.contextmanager
def noting(app: Any) -> Iterator[dict[str, set[str]]]:
    usual = app.request_class
    app.request_class = type("Request", (usual,), {"parameter_storage_class": Noting})
    asked.clear()
    try:
        yield asked
    finally:
        app.request_class = usual


def parameters(chain: Chain, name: str, client: Any) -> list[tuple[str, str]]:
    """(address, parameter) of every page of this reader: what its view asked for, and what its
    forms send."""
    found: dict[tuple[str, str], str] = {}
    with noting(chain.house.app) as noted:
        adapter = chain.house.app.url_map.bind("localhost")
        for path in addresses.of(chain, name):
            page = client.get(path)
            endpoint = str(adapter.match(path.split("?")[0])[0])
            names = noted[endpoint] | {
                each
                for form in forms.read(path, page.text).forms
                if form.method == "get"
                for each in form.names
            }
            for each in names:
                found.setdefault((endpoint, each), path.split("?")[0])
    return sorted((path, each) for (_endpoint, each), path in found.items())


@on_both_engines
@pytest.mark.parametrize("name", READERS)
def test_no_page_takes_a_control_character_in_a_parameter(chain, name):
    client = chain.client(name)
    known = parameters(chain, name, client)
    assert len(known) > 20
    taken = {
        (path, each, value, status)
        for path, each in known
        for value in ("\0", "a\0b", "a\r\nb", "a\nSet-Cookie: b", "\x1b[31m")
        if (status := client.get(path, query_string={each: value}).status_code) != 400
        and not (each in SEVERAL_LINES and "\n" in value)
    }
    assert taken == set()
    assert {
        path
        for path, _each in known
        if client.get(path, query_string={"a\0b": "c"}).status_code != 400
    } == set()


@on_both_engines
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "part"),
    [*(("petra", part) for part in range(PARTS)), ("bea", 0), ("omar", 0), ("max", 0)],
)
def test_odd_values_are_answered_and_never_a_fault_of_ours(chain, name, part):
    client = chain.client(name)
    known = parameters(chain, name, client)
    failed = {
        (path, each, value[:12], status)
        for path, each in (known[part::PARTS] if name == "petra" else known)
        for value in ODD
        if (status := client.get(path, query_string={each: value}).status_code) >= 500
    }
    assert failed == set()


@on_both_engines
def test_no_address_holds_a_control_character(chain):
    client, taken = chain.client("petra"), []
    for method in ("GET", "POST"):
        for rule in rules(chain, method):
            for argument in re.findall("<[^>]+>", rule.rule):
                for part in ("%00", "a%00b", "a%0d%0ab", "%1b"):
                    path = re.sub("<[^>]+>", "1", rule.rule.replace(argument, part))
                    if (status := client.open(path, method=method).status_code) != 404:
                        taken.append((method, path, status))
    assert taken == []


@on_both_engines
def test_no_form_takes_a_control_character_in_a_field(chain):
    """Every route that takes a form, every field that a form of a page sends there, a header, a
    cookie, the name of a file."""
    client, taken = chain.client("petra"), []
    token = token_of(client.get("/account"))
    sent: dict[str, set[str]] = defaultdict(set)
    for path in addresses.of(chain, "petra"):
        for form in forms.read(path, client.get(path).text).forms:
            if form.method == "post" and form.page.split("?")[0] not in SAMPLES:
                sent[form.action.split("?")[0]] |= form.names - {"csrf_token"}
    assert len(sent) > 20
    for path, names in sent.items():
        for each in names or {"x"}:
            for value in ("a\0b", *(() if each in SEVERAL_LINES else ("a\r\nb", "a\u2028b"))):
                if (
                    status := client.post(path, data={"csrf_token": token, each: value}).status_code
                ) != 400:
                    taken.append((path, each, value, status))
    assert taken == []
    file = client.post(
        "/hq/imports",
        data={
            "csrf_token": token,
            "kind": "stores",
            "file": (io.BytesIO(b"store_code\n"), "a\0b.csv"),
        },
    )
    assert file.status_code == 400
    assert client.get("/hq", headers={"User-Agent": "a\0b"}).status_code == 400
    raw = chain.house.app.test_client(
        use_cookies=False
    )  # sends the cookie as it is written here; a client that keeps cookies writes its own
    assert raw.get("/sign-in", headers={"Cookie": 'theme="a\\000b"'}).status_code == 400


@on_both_engines
def test_a_view_with_a_line_break_is_refused_before_anything_is_kept(chain):
    client = chain.client("petra")
    form = {
        "csrf_token": token_of(client.get("/hq/orders")),
        "path": "/hq/orders",
        "name": "mine",
        "query": "status=paid",
    }
    for field in ("path", "name", "query"):
        assert (
            client.post("/views", data={**form, field: f"{form[field]}\r\nX: y"}).status_code == 400
        )
    with db.read() as connection:
        assert connection.execute(select(func.count()).select_from(saved_view)).scalar_one() == 0
    assert client.post("/views", data=form).status_code == 303


def test_a_field_of_several_lines_takes_them(chain):
    client = chain.client("petra")
    page = client.post(
        "/hq/policy/edit",
        data={
            "csrf_token": token_of(client.get("/hq/policy/edit")),
            "region_defaults": "310000 S1\r\n330000 S2\n",
        },
    )
    assert page.status_code in (200, 422)
    assert "310000 S1\n330000 S2" in page.text.replace("\r", "")


def test_a_tab_is_no_harm(chain):
    assert (
        chain.client("petra")
        .get("/hq/route", query_string={"lat": "31.24\t121.48", "crs": "wgs84"})
        .status_code
        == 200
    )
