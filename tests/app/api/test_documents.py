"""/openapi.json is a valid OpenAPI 3.1 document of the declarations; /docs shows it without scripts
or outside requests."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.app.api import sample

MEI = {"Authorization": "Bearer key-of-mei"}
described = schemathesis.openapi.from_wsgi("/openapi.json", sample.make_app())


@pytest.fixture
def document(client) -> dict[str, Any]:
    return client.get("/openapi.json").get_json()


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        return (
            {value["$ref"]}
            if isinstance(value.get("$ref"), str)
            else set().union(*map(references, value.values()), set())
        )
    return set().union(*map(references, value), set()) if isinstance(value, list) else set()


def test_every_call_stands_in_it_with_its_prefix(document):
    assert {
        (path, method) for path, methods in document["paths"].items() for method in methods
    } == {
        ("/api/v1/parcels", "post"),
        ("/api/v1/parcels", "get"),
        ("/api/v1/parcels/{parcel_code}", "put"),
        ("/api/v1/parcels/{parcel_code}/count", "get"),
        ("/api/v1/parcels/{number}/replay", "post"),
    }


def test_every_reference_leads_somewhere(document):
    for reference in references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_every_schema_is_valid(document):
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
        )


def test_a_good_and_a_bad_body_are_told_apart_by_the_schema_alone(document):
    schema = {"$ref": "#/components/schemas/ParcelIn", "components": document["components"]}
    good = {
        "parcel_code": "上海 1",
        "customer_id": "mei",
        "sent_at": "2025-03-01T10:00:00Z",
        "lines": [{"line_no": 1, "amount_minor": 1}],
    }
    check = jsonschema_rs.validator_for(schema)
    assert check.is_valid(good)
    for bad in (
        {**good, "parcel_code": " x"},
        {**good, "sent_at": "2025-02-30"},
        {**good, "lines": []},
        {**good, "more": 1},
        {},
    ):
        assert not check.is_valid(bad)


def test_parameters_are_named_as_they_are_sent(document):
    found = document["paths"]["/api/v1/parcels/{parcel_code}/count"]["get"]["parameters"]
    assert [(one["name"], one["in"], one["required"]) for one in found] == [
        ("parcel_code", "path", True),
        ("from", "query", True),
        ("to", "query", True),
        ("by", "query", False),
    ]


def test_a_call_names_its_refusals_and_its_permission(document):
    post = document["paths"]["/api/v1/parcels"]["post"]
    assert set(post["responses"]) == {
        "201",
        "400",
        "401",
        "403",
        "404",
        "409",
        "413",
        "415",
        "422",
        "429",
        "503",
    }
    assert post["x-permission"] == "parcel:write"
    assert "404" not in document["paths"]["/api/v1/parcels"]["get"]["responses"]


def test_both_documents_need_no_key(client):
    assert client.get("/openapi.json").status_code == client.get("/docs").status_code == 200


class Page(HTMLParser):
    """Collects what a strict content security policy would refuse, and all ids and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.ids: set[str] = set()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.refused += [tag] if tag in ("script", "style", "iframe", "object", "form") else []
        self.refused += [name for name in given if name == "style" or name.startswith("on")]
        self.ids |= {given["id"]} if "id" in given else set()
        self.addresses |= {given[name] for name in ("href", "src") if name in given}


def test_the_page_has_no_script_no_inline_style_and_asks_nobody_outside(client):
    answer = client.get("/docs")
    page = Page()
    page.feed(answer.text)
    assert page.refused == []
    assert {address for address in page.addresses if not address.startswith(("/", "#"))} == set()
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= page.ids
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    with client.get("/static/api_docs.css") as sheet:
        assert sheet.status_code == 200


def test_the_page_shows_each_call_with_fields_and_an_example(client):
    page = client.get("/docs").text
    assert all(
        name in page
        for name in (
            "create_parcel",
            "lines[].amount_minor",
            "location.crs",
            "parcel:write",
            "Idempotency-Key",
        )
    )
    assert re.search(r"curl -X POST &#39;http://127.0.0.1:8000/api/v1/parcels&#39;", page)


@described.parametrize()
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_generated_requests_meet_declared_answers_only(kept, case):
    response = case.call(headers=MEI)
    checks = (
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    )
    case.validate_response(response, checks=list(checks))


FORMS = {
    "PolicyForm": ({"preset": "franchise", "ambiguity_m": 200}, {"ambiguity_m": -1}),
    "ReassignmentForm": ({"reason": "moved", "causes": ["closed"]}, {"target": "moon"}),
    "ScenarioForm": (
        {
            "name": "a",
            "on": {"population": {"points": 10}},
            "changes": [{"close": {"store_code": "S1"}}],
        },
        {"name": "a", "on": {"population": {"points": 0}}},
    ),
    "PlanForm": (
        {
            "plan_code": "P",
            "valid_from": "2026-01-01",
            "components": [
                {
                    "code": "adds",
                    "kind": "per_event",
                    "metric": "valid_adds",
                    "amount_minor": 100,
                }
            ],
        },
        {"plan_code": "P", "valid_from": "2026-01-01", "components": []},
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_forms_of_files_are_published_and_tell_good_from_bad(document, name):
    """An editor or a form can be built from them: what they refuse the reader refuses too."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    check = jsonschema_rs.validator_for(schema)
    good, bad = FORMS[name]
    assert check.is_valid(good)
    assert not check.is_valid(bad) and not check.is_valid({**good, "nonsense": 1})
