"""The OpenAPI 3.1 document, built from the declared calls; `register` serves it at /openapi.json
and as a page at /docs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from flask import Flask, Response, render_template
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from pydantic_core import to_json

from app.api import idempotency
from app.api.declare import Api, Call
from app.api.docs import areas
from app.api.types import CODE_PATTERN
from app.web.problems import PREFIX, PROBLEM_TYPE, REFUSALS
from incentives.plan_form import PlanForm
from stores.base.actors import SCOPES as LIMITS
from stores.customer_deeds.reassign_plan import ReassignmentForm
from stores.network.policy import PolicyForm
from stores.simulation.scenario_form import ScenarioForm

REF = "#/components/schemas/{model}"
PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem document",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what went wrong and what to do"},
        "code": {"type": "string", "description": "a stable snake_case word"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {
                    "field": {"type": "string", "description": "such as lines.0.amount_minor"},
                    "reason": {"type": "string"},
                },
            },
        },
    },
}
UNITS = "Money is whole minor units, distances are metres, times leave as UTC with Z."
ROWS = (
    "A key may be limited to the rows of one branch, dealer, store or guide. `x-limited-keys` "
    "names the limits that a call serves: it answers "
    "their rows alone, what is outside them is a 404, and any other limited key gets a 403."
)
KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "made by: flask api-key create NAME --scope read|write|admin",
}
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_CONVERTER = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")


FORMS: tuple[type[BaseModel], ...] = (PolicyForm, PlanForm, ScenarioForm, ReassignmentForm)


def document(apis: Iterable[Api], title: str = "Doorstep", version: str = "1") -> dict[str, Any]:
    """The whole document; paths stand in it with their prefix."""
    calls = [call for api in apis for call in api.calls]
    references, definitions = _schemas(calls)
    paths: dict[str, dict[str, Any]] = {}
    for call in calls:
        operation = _operation(call, references, definitions)
        paths.setdefault(PREFIX + _CONVERTER.sub(r"{\2}", call.rule), {})[call.method.lower()] = (
            operation
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": f"{UNITS} {ROWS}"},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": [{"name": area} for area in dict.fromkeys(call.area for call in calls)],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": KEY},
            "schemas": {"Problem": PROBLEM, **dict(sorted(definitions.items()))},
            "responses": {_refusal_name(status): _refusal(status) for status in REFUSALS},
        },
    }


def limited_keys(call: Call) -> list[str]:
    """The kinds of limited keys that a call serves, each with its own rows; any other kind gets a
    403."""
    return [kind for kind in LIMITS if kind in call.serves and kind != "all"]


def refusals_of(call: Call) -> list[int]:
    """The statuses a call may refuse with, by what it declares."""
    found = {400, 401, 403, 429, 503}
    if call.path_names or call.body:
        found.add(404)  # a body too may name what the key may not see
    if call.body:
        found |= {409, 413, 415, 422}
    if call.idempotent:
        found.add(409)
    if call.query or call.method != "GET":
        found.add(422)
    return sorted(found)


def _schemas(calls: list[Call]) -> tuple[dict[Any, str], dict[str, Any]]:
    """({(model, mode): name of its component}, components)."""
    wanted: list[tuple[type[BaseModel], Any]] = []
    for call in calls:
        wanted += [(model, "validation") for model in (call.body, call.query) if model]
        wanted += [(model, "serialization") for model in call.answers.values() if model]
    wanted += [(model, "validation") for model in FORMS]  # of files, and of calls that take one
    schemas, top = models_json_schema(list(dict.fromkeys(wanted)), ref_template=REF)
    return {pair: schema["$ref"].rpartition("/")[2] for pair, schema in schemas.items()}, top.get(
        "$defs", {}
    )


def _operation(
    call: Call, references: dict[Any, str], definitions: dict[str, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": call.name,
        "summary": call.summary,
        "tags": [call.area],
        "x-permission": call.permission,
        "x-limited-keys": limited_keys(call),
        "parameters": [*_path_parameters(call), *_query_parameters(call, references, definitions)],
        "responses": {
            str(status): _answer(model, references) for status, model in call.answers.items()
        },
    }
    if call.details:
        operation["description"] = call.details
    if call.idempotent:
        operation["parameters"].append(
            {
                "name": idempotency.HEADER,
                "in": "header",
                "required": False,
                "description": "The same key and body get the first answer again for 30 days; "
                "another body under the same key is a 409.",
                "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 255,
                    "pattern": idempotency.HEADER_PATTERN,
                },
            }
        )
    if call.body:
        content: dict[str, Any] = {"schema": _ref(references[call.body, "validation"])}
        if call.example is not None:
            content["example"] = call.example
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    operation["responses"] |= {
        str(status): {"$ref": f"#/components/responses/{_refusal_name(status)}"}
        for status in refusals_of(call)
    }
    return operation


def _path_parameters(call: Call) -> list[dict[str, Any]]:
    text = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": CODE_PATTERN}
    number = {"type": "integer", "minimum": 1, "maximum": 2**53}
    return [
        {"name": name, "in": "path", "required": True, "schema": number if kind == "int" else text}
        for kind, name in _CONVERTER.findall(call.rule)
    ]


def _query_parameters(
    call: Call, references: dict[Any, str], definitions: dict[str, Any]
) -> list[dict[str, Any]]:
    if call.query is None:
        return []
    schema = definitions[references[call.query, "validation"]]
    needed = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in needed,
            "schema": _without_null(part),
            **({"description": part["description"]} if "description" in part else {}),
        }
        for name, part in schema["properties"].items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter is absent or text; null cannot be written in a query string."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    kept = {
        name: value
        for name, value in schema.items()
        if name not in ("anyOf", "default", "title", "description") or value is None
    }
    if len(choices) == 1:
        kept |= choices[0]
    elif choices:
        kept["anyOf"] = choices
    elif schema.get("default") is not None:
        kept["default"] = schema["default"]
    return {name: value for name, value in kept.items() if value is not None}


def _answer(model: type[BaseModel] | None, references: dict[Any, str]) -> dict[str, Any]:
    if model is None:
        return {"description": "Done.", "content": {"application/json": {}}}
    described = (model.__doc__ or "").strip().partition("\n")[0] or "Done."
    return {
        "description": described,
        "content": {"application/json": {"schema": _ref(references[model, "serialization"])}},
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": REF.format(model=name)}


def _refusal_name(status: int) -> str:
    return f"Problem{status}"


def _refusal(status: int) -> dict[str, Any]:
    refusal: dict[str, Any] = {
        "description": REFUSALS[status],
        "content": {PROBLEM_TYPE: {"schema": _ref("Problem")}},
    }
    if status == 401:
        refusal["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return refusal


def serve(app: Flask, apis: Iterable[Api]) -> None:
    """/openapi.json and /docs, both public; each is built once, when first asked for."""
    declared = list(apis)
    built = cache(lambda: document(declared))

    def openapi_document() -> Response:
        return Response(to_json(built()), content_type="application/json")

    def api_docs() -> Response:
        page = render_template(
            "api/docs.html", document=built(), areas=areas(built()), refusals=REFUSALS
        )
        return Response(
            page, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": CSP}
        )

    _add_public(app, "/openapi.json", openapi_document)
    _add_public(app, "/docs", api_docs)


def _add_public(app: Flask, rule: str, view: Callable[[], Response]) -> None:
    view.permission = "public"  # type: ignore[attr-defined]
    app.add_url_rule(rule, view.__name__, view)
