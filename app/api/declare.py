"""Declaring calls: permission, input and answers stand beside the view; one wrapper checks them in
one order (CONTRACT 3).

    api = Api("Orders")

    @api.call("POST", "/orders", permission="order:create", serves=WHOLE_CHAIN, body=OrderIn,
              answers={200: OrderOut, 201: OrderOut}, summary="Record a paid order.",
              idempotent=True)
    def create_order(actor, body, key):
        return 201, {...}

`serves` says which keys a call answers by the limit of their rows (P6): WHOLE_CHAIN where the
answer or the deed is the brand's, OWN_ROWS where every row of it is cut to what the actor sees. It
has no default, so that no call forgets.

Order of checks: 401 key, 403 permission and limit, 404 path (`exists`), then size 413, media type
415, body, query and headers 400, rules 422."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask, Response, g, request
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from app.api import body as bodies
from app.api import query as queries
from app.api.idempotency import row_key
from app.web.problems import PREFIX, Refusal, fault_problem, refusal_problem
from ledger.faults import Fault, NotAllowed, NotFound
from stores.base.actors import SCOPES as LIMITS
from stores.base.actors import Actor

NO_KEY = {"WWW-Authenticate": 'Bearer realm="doorstep"'}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ufffd]")
ActorOfKey = Callable[[str], Actor | None]
WHOLE_CHAIN = frozenset({"all"})  # keys without a limit alone
OWN_ROWS = frozenset(
    LIMITS
)  # limited keys as well: they get their rows and nothing that names others


@dataclass(frozen=True, slots=True)
class Call:
    """One declared call. `answers` maps each good status to the model of its body (None: no
    body)."""

    method: str
    rule: str
    view: Callable[..., tuple[int, Any]]
    permission: str
    serves: frozenset[str]
    answers: Mapping[int, type[BaseModel] | None]
    summary: str
    area: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    idempotent: bool = False
    exists: Callable[..., object] | None = None
    max_bytes: int = bodies.USUAL_LIMIT
    details: str = ""
    example: Mapping[str, Any] | None = None
    path_names: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        return self.view.__name__


class Api:
    """The calls of one area, in the order of their declaration."""

    def __init__(self, area: str):
        self.area = area
        self.calls: list[Call] = []

    def call(
        self,
        method: str,
        rule: str,
        *,
        permission: str,
        serves: frozenset[str],
        answers: Mapping[int, type[BaseModel] | None],
        summary: str,
        **options: Any,
    ) -> Callable[[Callable[..., tuple[int, Any]]], Callable[..., tuple[int, Any]]]:
        """Declare the view below as a call; `serves` holds kinds of limit
        (`stores.base.actors.SCOPES`).

        Options: body, query (models), idempotent, exists(actor, **path), max_bytes, details,
        example (a body). The view takes `actor`, the names of the path, and `body`, `query`, `key`
        as far as declared; it returns (status, answer), the answer a dict, a model, ready JSON
        bytes, or None for no body. TypeError where the two disagree."""

        def declare(view: Callable[..., tuple[int, Any]]) -> Callable[..., tuple[int, Any]]:
            names = tuple(re.findall(r"<(?:[^:<>]+:)?(\w+)>", rule))
            call = Call(
                method,
                rule,
                view,
                permission,
                serves,
                answers,
                summary,
                self.area,
                path_names=names,
                **options,
            )
            _check_signature(call)
            self.calls.append(call)
            return view

        return declare


def _check_signature(call: Call) -> None:
    wanted = {"actor", *call.path_names}
    wanted |= {
        name
        for name, given in (("body", call.body), ("query", call.query), ("key", call.idempotent))
        if given
    }
    takes = set(inspect.signature(call.view).parameters)
    if takes != wanted or not call.permission or not call.answers:
        raise TypeError(
            f"{call.method} {call.rule}: {call.name} takes {sorted(takes)}, its declaration gives "
            f"{sorted(wanted)}"
        )
    if not WHOLE_CHAIN <= call.serves <= OWN_ROWS:
        raise TypeError(
            f"{call.method} {call.rule}: serves {sorted(call.serves)}; name kinds of limit, `all` "
            "among them"
        )


def register(app: Flask, apis: Iterable[Api], actor_of_key: ActorOfKey) -> Blueprint:
    """Serve the calls under /api/v1; returns the blueprint `api` (exempt it from CSRF: keys are no
    cookies).

    Every view function carries `.call` and `.permission`, so that a sweep over all routes can read
    what it needs."""
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    for api in apis:
        for call in api.calls:
            blueprint.add_url_rule(
                call.rule,
                endpoint=call.name,
                view_func=_served(call, actor_of_key),
                methods=[call.method],
            )
    app.register_blueprint(blueprint)
    return blueprint


def _served(call: Call, actor_of_key: ActorOfKey) -> Callable[..., Response]:
    run = _checked(call, actor_of_key)

    def view(**path: Any) -> Response:
        try:
            status, answer = run(path)
        except Fault as fault:
            return fault_problem(fault)
        except Refusal as refusal:
            return refusal_problem(refusal)
        return json_answer(status, answer)

    view.__name__, view.__doc__ = call.name, call.summary
    view.call, view.permission = call, call.permission  # type: ignore[attr-defined]
    return view


def json_answer(status: int, answer: Any) -> Response:
    """Dict, model or ready JSON bytes as a response; times leave as UTC with Z."""
    data = (
        b""
        if answer is None
        else answer
        if isinstance(answer, bytes)
        else to_json(answer, inf_nan_mode="null")
    )
    response = Response(data, status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _checked(call: Call, actor_of_key: ActorOfKey) -> Callable[[dict[str, Any]], tuple[int, Any]]:
    """The checks of one call, bound once: nothing is looked up per request that is known now."""
    view, permission, exists, model, query, idempotent = (
        call.view,
        call.permission,
        call.exists,
        call.body,
        call.query,
        call.idempotent,
    )
    serves = call.serves
    parse_body = None if model is None else model.__pydantic_validator__.validate_json
    parse_query = None if query is None else query.__pydantic_validator__.validate_python

    def run(path: dict[str, Any]) -> tuple[int, Any]:
        asked = request._get_current_object()  # type: ignore[attr-defined]
        environ = asked.environ
        actor = _actor(environ.get("HTTP_AUTHORIZATION"), actor_of_key)
        if permission not in actor.permissions and not actor.may(permission):
            raise NotAllowed(
                f"This key lacks the permission {permission!r}; an administrator can issue one "
                "that has it."
            )
        if actor.scope_kind not in serves:
            raise _not_for_this_limit(actor, serves)
        if path:
            _check_path(path)
            if exists is not None and exists(actor, **path) is False:
                raise NotFound("There is nothing under this address that this key may see.")
        given = path
        if parse_body is not None:
            data = bodies.read(asked, call.max_bytes)
            try:
                given["body"] = parse_body(data)
            except ValidationError as error:
                raise bodies.malformed(error) from None
            bodies.refuse_nul(data)
        text = environ.get("QUERY_STRING", "")
        if parse_query is not None:
            try:
                given["query"] = parse_query(queries.parse(text) if text else {})
            except ValidationError as error:
                raise bodies.malformed(error, "query", "malformed_query") from None
        elif text:
            raise queries.malformed("This call takes no query parameters.")
        if idempotent:
            given["key"] = row_key(
                actor.name, call.method, asked.path, environ.get("HTTP_IDEMPOTENCY_KEY")
            )
        return view(actor, **given)

    return run


def _actor(header: str | None, actor_of_key: ActorOfKey) -> Actor:
    scheme, _, key = (header or "").partition(" ")
    actor = (
        actor_of_key(key.strip()) if scheme.lower() == "bearer" and 0 < len(key) <= 300 else None
    )
    if actor is None:
        raise Refusal(
            401, "Send a valid API key as `Authorization: Bearer KEY`.", "unauthenticated", NO_KEY
        )
    g.actor = actor
    return actor


def _not_for_this_limit(actor: Actor, serves: frozenset[str]) -> NotAllowed:
    limited = ", ".join(kind for kind in LIMITS if kind in serves and kind != "all")
    others = f" or one limited to a {limited}" if limited else ""
    return NotAllowed(
        f"This key is limited to the rows of one {actor.scope_kind}, and this call is about the "
        "whole chain; "
        f"use a key without a limit{others}.",
        code="limited_key",
    )


def _check_path(path: dict[str, int | str]) -> None:
    """Names that no row can have (control characters, too long, beyond bigint) are simply not
    found."""
    for value in path.values():
        if value >= 2**63 if isinstance(value, int) else len(value) > 200 or _CONTROL.search(value):
            raise NotFound("There is nothing under this address.")


__all__ = ["OWN_ROWS", "WHOLE_CHAIN", "Api", "Call", "json_answer", "register"]
