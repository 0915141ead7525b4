"""Headers, errors and health: what every answer has in common."""

from __future__ import annotations

import logging

import pytest

import config
import db
from app import create_app
from app.jobs import health
from app.web import permissions
from app.web.problems import status_of
from ledger.faults import Conflict, Fault, FieldFault, InvalidInput, Malformed, NotAllowed, NotFound
from tests.app.conftest import settings_of

SIGN_IN_FILES = ("css/base.css", "css/parts.css", "css/forms.css", "icons.svg", "mark.svg")


class NoStoreInReach(InvalidInput):
    code = "no_store_in_reach"


FAULTS = [
    (Malformed, 400),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (InvalidInput, 422),
    (NoStoreInReach, 422),
    (Fault, 422),
]


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/",
        "/hq",
        "/nowhere",
        "/favicon.ico",
        "/static/css/base.css",
        "/healthz",
        "/metrics",
        "/api/v1/nowhere",
        "/static/",
        "/docs",
        "/openapi.json",
    ],
)
def test_every_answer_carries_the_safe_headers(house, path):
    got = house.stranger().get(path, buffered=True).headers
    rules = dict(part.strip().split(" ", 1) for part in got["Content-Security-Policy"].split(";"))
    assert {
        rules.get(name, rules["default-src"])
        for name in ("script-src", "style-src", "img-src", "object-src")
    } <= {"'self'", "'none'", "'self' data:"}
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert (
        got["X-Content-Type-Options"],
        got["Referrer-Policy"],
        got["Cross-Origin-Opener-Policy"],
    ) == ("nosniff", "same-origin", "same-origin")
    assert "geolocation=()" in got["Permissions-Policy"]
    assert "Strict-Transport-Security" not in got


def test_pages_of_a_person_are_not_stored_and_static_files_are(house):
    house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    assert client.get("/hq/").headers["Cache-Control"] == "no-store"
    assert client.get("/sign-in?lang=en").headers["Cache-Control"] == "no-store"
    for path in ("/docs", "/openapi.json", "/healthz", "/api/v1/orders/1"):
        assert "Cookie" not in client.get(path).headers.get("Vary", "")
    assert (
        "max-age=86400"
        in client.get("/static/css/base.css", buffered=True).headers["Cache-Control"]
    )


def test_cookies_are_closed_to_scripts_and_other_sites(house):
    cookies = house.stranger().get("/sign-in?lang=en").headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    assert all(
        "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie
        for cookie in cookies
    )


def test_an_https_site_says_so(house, tmp_path):
    app = create_app(
        settings_of(
            db.database().url,
            tmp_path,
            APP_ENV="production",
            SECRET_KEY="k" * 64,
            PUBLIC_BASE_URL="https://shop.example.com",
            TRUSTED_PROXIES="1",
        )
    )
    answer = app.test_client().get(
        "/sign-in", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    )
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/hq/", "/account", "/account/password"])
def test_pages_hold_no_inline_style_or_script_and_ask_no_other_host(house, path):
    house.user("petra", "hq_admin")
    page = (house.stranger() if path == "/sign-in" else house.signed_in("petra")).get(path).text
    assert " style=" not in page
    assert "<style" not in page
    assert " onclick" not in page
    assert "<script>" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_the_page_of_a_guide_is_small(house):
    house.user("mei", "guide", 1)
    client = house.signed_in("mei")
    page = client.get("/guide/")
    assert "tabler" not in page.text
    assert "htmx" not in page.text
    assert (
        len(page.data)
        + sum(len(client.get(f"/static/{name}", buffered=True).data) for name in SIGN_IN_FILES)
        < 30_000
    )


@pytest.mark.parametrize(("kind", "status"), FAULTS)
def test_a_fault_of_the_domain_has_one_status(kind, status):
    assert status_of(kind("why")) == status


@pytest.mark.parametrize(("kind", "status"), FAULTS)
def test_a_fault_is_a_problem_document_for_programs_and_a_page_for_people(
    own_app, house, kind, status
):
    def fails():
        raise kind(
            "What, why and what to do.", errors=[FieldFault("lines.0.amount_minor", "below 0")]
        )

    for path in ("/api/v1/fails", "/fails"):
        house.app._got_first_request = False
        house.app.add_url_rule(path, path, permissions.public(fails))
    told = house.stranger().get("/api/v1/fails")
    assert told.status_code == status
    assert told.content_type == "application/problem+json"
    assert told.json == {
        "type": f"urn:doorstep:problem:{kind.code}",
        "title": told.json["title"],
        "status": status,
        "code": kind.code,
        "detail": "What, why and what to do.",
        "errors": [{"field": "lines.0.amount_minor", "reason": "below 0"}],
    }
    page = house.stranger().get("/fails")
    assert page.status_code == status
    assert "<h1>" in page.text


def test_unknown_addresses_and_methods_are_told_in_kind(house):
    client = house.stranger()
    assert (
        client.get("/api/v1/nowhere").status_code,
        client.get("/api/v1/nowhere").json["code"],
    ) == (404, "not_found")
    assert client.post("/healthz").status_code == 405
    assert "GET" in client.post("/healthz").headers["Allow"]
    assert client.get("/nowhere").status_code == 404
    assert "<h1>" in client.get("/nowhere").text
    assert client.get("/guide/%00").status_code == 404
    assert client.get("/..%2f..%2fetc/passwd").status_code == 404
    assert client.get("/static/../wsgi.py").status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/breaks", "/breaks"])
def test_the_unexpected_is_logged_once_and_told_without_its_inside(own_app, house, path, caplog):
    def breaks():
        raise RuntimeError("a secret inside")

    house.app._got_first_request = False
    house.app.add_url_rule(path, path, permissions.public(breaks))
    answer = house.stranger().get(path)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert [record.levelno for record in caplog.records if record.exc_info] == [logging.ERROR]


def test_an_error_page_asks_the_database_for_nothing(house):
    house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    db.configure("sqlite:////nowhere/at/all.db")
    assert client.get("/hq/").status_code == 503
    assert client.get("/nowhere").status_code == 404
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").data == b"ok\n"


def test_readiness_names_what_is_missing(house):
    assert house.stranger().get("/readyz").json == {
        "ready": True,
        "checks": dict.fromkeys(health.CHECKS, "ok"),
    }
    with db.transaction() as connection:
        connection.exec_driver_sql("DROP TRIGGER ao_audit_log_update")
    answer = house.stranger().get("/readyz")
    assert answer.status_code == 503
    assert "ao_audit_log_update" in answer.json["checks"]["triggers"]


def test_a_database_without_migrations_is_not_ready(house):
    with db.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    answer = house.stranger().get("/readyz")
    assert answer.status_code == 503
    assert "flask db upgrade" in answer.json["checks"]["migrations"]


def test_a_database_of_another_currency_stops_the_start(house, tmp_path):
    """M26: amounts would change their meaning."""
    with pytest.raises(config.ConfigurationError, match="CNY"):
        create_app(settings_of(db.database().url, tmp_path, BRAND_CURRENCY="USD"))


def test_an_unreachable_database_does_not_stop_the_start(house, tmp_path):
    app = create_app(settings_of("postgresql://nobody@127.0.0.1:1/none", tmp_path))
    assert app.test_client().get("/healthz").status_code == 200
    assert app.test_client().get("/readyz").json["checks"] == {"database": "OperationalError"}


def test_metrics_are_open_unless_a_token_is_set(house, tmp_path):
    assert b"doorstep_requests_total" in house.stranger().get("/metrics").data
    guarded = create_app(
        settings_of(db.database().url, tmp_path, METRICS_TOKEN="t" * 20)
    ).test_client()
    assert guarded.get("/metrics").status_code == 401
    assert (
        guarded.get("/metrics", headers={"Authorization": "Bearer " + "t" * 20}).status_code == 200
    )
