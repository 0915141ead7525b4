"""The OpenAPI document as plain rows for the page /docs: areas, calls, fields, examples. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_DEEPEST = 5
_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One field or parameter: its dotted name, type in words, limits in words, whether it must be
    given."""

    name: str
    type: str
    limits: str
    required: bool
    description: str
    place: str = "body"


@dataclass(frozen=True, slots=True)
class CallPage:
    name: str
    method: str
    path: str
    summary: str
    details: str
    permission: str
    limited_keys: tuple[str, ...]
    parameters: tuple[Row, ...]
    body: tuple[Row, ...]
    answers: tuple[tuple[str, str, tuple[Row, ...]], ...]
    refusals: tuple[str, ...]
    curl: str


def areas(document: dict[str, Any]) -> dict[str, list[CallPage]]:
    """The calls by area, in the order of their declaration."""
    found: dict[str, list[CallPage]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found[operation["tags"][0]].append(
                _call(method.upper(), path, operation, document["components"]["schemas"])
            )
    return found


def _call(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> CallPage:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    parameters = [
        _row(
            one["name"],
            one["schema"],
            one["required"],
            schemas,
            one.get("description", ""),
            one["in"],
        )
        for one in operation["parameters"]
    ]
    good = [
        (status, answer)
        for status, answer in operation["responses"].items()
        if "$ref" not in answer
    ]
    return CallPage(
        operation["operationId"],
        method,
        path,
        operation["summary"],
        operation.get("description", ""),
        operation["x-permission"],
        tuple(operation["x-limited-keys"]),
        tuple(parameters),
        tuple(fields(body.get("schema", {}), schemas)),
        tuple(
            (
                status,
                answer["description"],
                tuple(fields(answer["content"]["application/json"].get("schema", {}), schemas)),
            )
            for status, answer in good
        ),
        tuple(status for status, answer in operation["responses"].items() if "$ref" in answer),
        _curl(method, path, body, operation, schemas),
    )


def fields(
    schema: dict[str, Any], schemas: dict[str, Any], prefix: str = "", depth: int = 0
) -> Iterator[Row]:
    """The fields of an object, nested ones under dotted names (`lines[].amount_minor`)."""
    schema, repeated = _plain(schema, schemas)
    if repeated and prefix:
        prefix = prefix[:-1] + "[]."
    needed = schema.get("required", [])
    for name, part in schema.get("properties", {}).items():
        yield _row(prefix + name, part, name in needed, schemas)
        if depth < _DEEPEST:
            yield from fields(part, schemas, f"{prefix}{name}.", depth + 1)


def _plain(schema: dict[str, Any], schemas: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """(the schema behind references, null choices and lists, whether a list was on the way)."""
    repeated = False
    while True:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = next((one for one in schema["anyOf"] if one.get("type") != "null"), {})
        elif schema.get("type") == "array":
            schema, repeated = schema.get("items", {}), True
        else:
            return schema, repeated


def _row(
    name: str,
    part: dict[str, Any],
    required: bool,
    schemas: dict[str, Any],
    description: str = "",
    place: str = "body",
) -> Row:
    plain, repeated = _plain(part, schemas)
    words = _WORDS.get(plain.get("type", ""), "any value")
    if "enum" in plain or "const" in plain:
        words = " | ".join(str(value) for value in plain.get("enum", [plain.get("const")]))
    nullable = any(one.get("type") == "null" for one in part.get("anyOf", ()))
    described = (
        description
        or part.get("description")
        or (plain.get("description", "") if "properties" not in plain else "")
    )
    limits = ", ".join(filter(None, (_limits(_list(part)) if repeated else "", _limits(plain))))
    kind = f"list of {words}" + ("s" if words == "object" else "") if repeated else words
    return Row(
        name,
        kind + (" or null" if nullable and required else ""),
        limits,
        required,
        described,
        place,
    )


def _list(part: dict[str, Any]) -> dict[str, Any]:
    return next((one for one in (part, *part.get("anyOf", ())) if one.get("type") == "array"), {})


def _limits(schema: dict[str, Any]) -> str:
    parts = []
    for low, high, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
    ):
        if high in schema:
            least, most = _number(schema.get(low, 0)), _number(schema[high])
            parts.append(f"{least}{unit}" if least == most else f"{least} to {most}{unit}")
        elif low in schema:
            parts.append(f"from {_number(schema[low])}{unit}")
    return ", ".join(parts)


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else str(value)


def _curl(
    method: str, path: str, body: dict[str, Any], operation: dict[str, Any], schemas: dict[str, Any]
) -> str:
    query = "&".join(
        f"{one['name']}={_sample(one['schema'], schemas)}"
        for one in operation["parameters"]
        if one["in"] == "query" and one["required"]
    )
    lines = [
        f"curl -X {method} 'http://127.0.0.1:8000{path}{'?' + query if query else ''}'",
        "  -H 'Authorization: Bearer KEY'",
    ]
    if body:
        example = body.get("example") or _sample(body["schema"], schemas)
        lines += [
            "  -H 'Content-Type: application/json'",
            f"  -d '{json.dumps(example, ensure_ascii=False)}'",
        ]
    return " \\\n".join(lines)


def _sample(schema: dict[str, Any], schemas: dict[str, Any], depth: int = 0) -> Any:
    """A value for a curl line: the required fields only."""
    plain, repeated = _plain(schema, schemas)
    if "properties" in plain:
        needed = plain.get("required", [])
        value: Any = {
            name: _sample(part, schemas, depth + 1)
            for name, part in plain["properties"].items()
            if name in needed and depth < _DEEPEST
        }
    else:
        given = plain.get("examples") or plain.get("enum") or [plain.get("const")]
        text = "CNY" if plain.get("maxLength") == 3 else "A1"
        usual: dict[str, Any] = {
            "string": text,
            "integer": 1,
            "number": 1.0,
            "boolean": True,
            "object": {},
        }
        value = given[0] if given[0] is not None else usual.get(plain.get("type", ""))
    return [value] if repeated else value
