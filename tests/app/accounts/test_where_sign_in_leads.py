"""Where signing in leads: never to another site, back to a page of this one; and in which language."""

from __future__ import annotations

import pytest

from app.accounts.next_page import safe_next

EVIL = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/%09/evil.example",
    "/%5cevil.example",
    "%2f%2fevil.example",
    "/%2fevil.example",
    "javascript:alert(1)",
    "https:evil.example",
    "http:///evil.example",
    "evil.example",
    " //evil.example",
    "/%0d%0aSet-Cookie:x=1",
    "/%00",
    "/sign-out",
    "",
    "/" + "a" * 3000,
    "/\u3000/evil.example",
    "@evil.example",
]


@pytest.mark.parametrize("target", EVIL)
def test_signing_in_never_leads_to_another_site(house, target):
    house.user("petra", "hq_admin")
    answer = house.sign_in(house.stranger(), "petra", next_page=target)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/hq/")


@pytest.mark.parametrize(
    "target",
    [
        "/hq",
        "/hq/orders?from=2026-11-01&page=2",
        "/dealer/statements/2026-10#lines",
        "/hq?q=%E4%B8%8A%E6%B5%B7",
    ],
)
def test_signing_in_leads_back_to_a_page_of_this_site(target):
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "path", ["/hq", "/hq/", "/dealer", "/guide", "/account", "/account/password"]
)
def test_a_stranger_is_sent_to_sign_in_and_back(house, path):
    answer = house.stranger().get(path + "?x=1")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?next=")
    assert (
        safe_next(
            answer.headers["Location"].split("next=")[1].replace("%3F", "?").replace("%3D", "=")
        )
        is not None
    )


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(house):
    answer = house.stranger().get("/hq/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")


@pytest.mark.parametrize(
    ("role", "scope_id", "closed"),
    [
        ("dealer", 1, "/hq/"),
        ("guide", 1, "/hq/"),
        ("guide", 1, "/dealer/"),
        ("hq_admin", None, "/dealer/"),
        ("dealer", 1, "/guide/"),
    ],
)
def test_a_page_of_another_role_is_refused(house, role, scope_id, closed):
    house.user("somebody", role, scope_id)
    assert house.signed_in("somebody").get(closed).status_code == 403


def test_the_language_follows_the_wish_then_the_user_then_the_cookie_then_the_browser(house):
    house.user("petra", "hq_admin")
    english = {"Accept-Language": "en-GB,en;q=0.9"}
    client = house.stranger()
    assert 'lang="zh-CN"' in client.get("/sign-in").text
    assert 'lang="en"' in client.get("/sign-in", headers=english).text
    assert 'lang="en"' in client.get("/sign-in?lang=en").text
    assert 'lang="en"' in client.get("/sign-in").text
    assert 'lang="zh-CN"' in client.get("/sign-in?lang=zh", headers=english).text
    house.sign_in(client, "petra")
    client.get("/hq/?lang=en")
    elsewhere = house.signed_in("petra")
    assert "<h1>Today</h1>" in elsewhere.get("/hq/").text
