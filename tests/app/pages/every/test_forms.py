"""Every form and every link of every page leads somewhere: a form with what it shows, as a reader
sends it who changes nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.exceptions import HTTPException

from tests.app.conftest import on_both_engines
from tests.app.pages.conftest import Chain
from tests.app.pages.every import addresses, forms
from tests.app.pages.every.forms import Form

READERS = ("petra", "finn", "bea", "omar", "max", "mei")
SAMPLES = ("/hq/samples", "/hq/samples/phone")  # made-up rows with made-up doors
ENDS = (
    "end_session",
    "end_other_sessions",
    "sign_out",
    "disable_user",
    "reset_password",
    "change_role",
)  # after which this reader may be nobody


def pages(chain: Chain, client: Any, name: str) -> list[Any]:
    return [forms.read(path, client.get(path).text) for path in addresses.of(chain, name)]


def endpoint(chain: Chain, form: Form) -> str:
    """What takes this form; "" where nothing does."""
    try:
        return str(
            chain.house.app.url_map.bind("localhost").match(
                urlsplit(form.action).path, method=form.method.upper()
            )[0]
        )
    except HTTPException:
        return ""


def shape(chain: Chain, address: str) -> tuple[str, tuple[str, ...]]:
    """The view behind an address and the parameters it is given: two links of one shape lead to the
    same kind of place."""
    parts = urlsplit(address)
    try:
        endpoint, values = chain.house.app.url_map.bind("localhost").match(parts.path)
    except HTTPException:
        return parts.path, ()
    return str(endpoint), tuple(
        sorted(
            {name for name, _value in parse_qsl(parts.query)}
            | {f"{name}={value}" for name, value in values.items()}
        )
    )


@on_both_engines
@pytest.mark.parametrize("name", READERS)
def test_every_form_and_every_link_of_every_page_leads_somewhere(chain, name):
    client, lost = chain.client(name), []
    found = [page for page in pages(chain, client, name) if page.page.split("?")[0] not in SAMPLES]
    known = [form for page in found for form in page.forms]
    assert {(form.page, form.action) for form in known if not endpoint(chain, form)} == set()
    asked = {(form.action, tuple(form.fields)): form for form in known if form.method == "get"}
    for form in asked.values():
        status = client.get(
            urlsplit(form.action).path,
            query_string=form.fields,
            follow_redirects=True,
            buffered=True,
        ).status_code
        if status != 200:
            lost.append((form.page, form.action, form.fields, status))
    links = {
        shape(chain, link): (page.page, link)
        for page in found
        for link in sorted(page.links)
        if "export=" not in link and "lang=" not in link
    }
    for page, link in links.values():
        status = client.get(link, follow_redirects=True, buffered=True).status_code
        if status != 200:
            lost.append((page, link, [], status))
    assert lost == []
    assert links


@on_both_engines
@pytest.mark.parametrize("name", READERS)
def test_every_deed_of_every_page_is_taken_or_told_what_is_missing(chain, name):
    """One form of each deed, sent with its token as it stands: done, or refused in words; never
    lost and never a fault of ours."""
    client, lost = chain.client(name), []
    found = [page for page in pages(chain, client, name) if page.page.split("?")[0] not in SAMPLES]
    deeds = {
        endpoint(chain, form): form
        for page in found
        for form in page.forms
        if form.method == "post"
    }
    for deed, form in sorted(deeds.items()):
        if deed.split(".")[-1] in ENDS:
            continue
        answer = client.post(form.action, data=_as_lists(form.fields), buffered=True)
        if answer.status_code not in (200, 204, 303, 409, 422):
            lost.append((form.page, form.action, form.fields, answer.status_code))
        elif (
            answer.status_code == 303
            and client.get(
                answer.headers["Location"], follow_redirects=True, buffered=True
            ).status_code
            != 200
        ):
            lost.append(
                (
                    form.page,
                    form.action,
                    form.fields,
                    f"then {answer.headers['Location']} leads nowhere",
                )
            )
    assert lost == []
    assert deeds


def _as_lists(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found
