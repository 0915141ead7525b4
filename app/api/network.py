"""The network by API: pages, single rows, and PUT with the columns of the imports; the same
services as the imports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, create_model

import db
from app.api import network_shapes as shapes
from app.api.declare import OWN_ROWS, WHOLE_CHAIN, Api
from app.api.pages import Page, page
from app.api.types import Answer
from app.imports.kinds import context
from ledger.faults import FieldFault, InvalidInput, NotFound
from stores.base import versions
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.geo.areas import parse_geometry
from stores.imports.area_file import CheckedAreas, check_features
from stores.imports.check import Checked, check
from stores.imports.columns import COLUMNS
from stores.imports.faults import FaultList
from stores.imports.outcomes import Apply, Refused
from stores.imports.sheets import Sheet
from stores.registers import areas, branches, dealers, guides, lists, lookalikes, stores

api = Api("Network")


@dataclass(frozen=True, slots=True)
class _Register:
    """`kind` as in addresses and imports (stores), `thing` as in codes (store)."""

    kind: str
    thing: str
    row: type[BaseModel]
    apply: Apply
    body: type[BaseModel]


REGISTERS = (
    _Register("branches", "branch", shapes.BranchOut, branches.apply, shapes.BranchIn),
    _Register("dealers", "dealer", shapes.DealerOut, dealers.apply, shapes.DealerIn),
    _Register("stores", "store", shapes.StoreOut, stores.apply, shapes.StoreIn),
    _Register("guides", "guide", shapes.GuideOut, guides.apply, shapes.GuideIn),
    _Register("areas", "area", shapes.AreaOut, areas.apply, shapes.AreaIn),
)


def _declare(register: _Register) -> None:
    kind, thing = register.kind, register.thing
    one, word = register.row, "an area" if thing == "area" else f"a {thing}"
    several = create_model(
        f"{thing.title()}Page",
        __base__=Answer,
        **{kind: (list[one], ...), "next": (str | None, ...)},
    )  # type: ignore[call-overload, valid-type]
    saved = create_model(
        f"{thing.title()}Saved",
        __base__=one,
        network_version=(int, ...),
        warnings=(list[shapes.Warned], ...),
    )

    def list_rows(actor: Actor, query: Page) -> tuple[int, Any]:
        with db.read() as connection:
            found = lists.rows(
                connection,
                kind,
                actor,
                _today(),
                (query.after(kind) or (None,))[0],
                query.limit + 1,
            )
        return 200, page(kind, found, query.limit, lambda row: (row[f"{thing}_code"],))

    def get_row(actor: Actor, code: str) -> tuple[int, Any]:
        with db.read() as connection:
            return 200, _found(lists.one(connection, kind, actor, _today(), code), thing, code)

    def put_row(actor: Actor, code: str, body: BaseModel) -> tuple[int, Any]:
        return put(register, actor, code, body)

    for view, name in (
        (list_rows, f"list_{kind}"),
        (get_row, f"get_{thing}"),
        (put_row, f"put_{thing}"),
    ):
        view.__name__ = name
    api.call(
        "GET",
        f"/{kind}",
        permission="network:read",
        serves=OWN_ROWS,
        query=Page,
        answers={200: several},
        summary=f"List {kind} by code.",
    )(list_rows)
    api.call(
        "GET",
        f"/{kind}/<code>",
        permission="network:read",
        serves=OWN_ROWS,
        answers={200: one},
        summary=f"Read {word}.",
    )(get_row)
    api.call(
        "PUT",
        f"/{kind}/<code>",
        permission="network:write",
        serves=WHOLE_CHAIN,
        body=register.body,
        answers={200: saved, 201: saved},
        summary=f"Create or change {word}.",
        max_bytes=20_000_000 if kind == "areas" else 2_000_000,
        details="Takes the columns of the import. An absent field keeps its value, null clears "
        "it; an area is replaced whole.",
    )(put_row)


def put(register: _Register, actor: Actor, code: str, body: BaseModel) -> tuple[int, Any]:
    """One row through the service of the import. Raises InvalidInput."""
    given = body.model_dump(exclude_unset=True)
    named = given.get(name := f"{register.thing}_code")
    if named is not None and named != code:
        raise InvalidInput(
            f"{name} is {named!r}, the address says {code!r}; leave it out or make them equal.",
            errors=[FieldFault(name, "differs from the address")],
        )
    given[name] = code
    now = dt.datetime.now(dt.UTC)
    checked = _area_row(given) if register.kind == "areas" else _row(register.kind, given)
    rows = _sound(checked)
    with db.read() as connection:
        alike = lookalikes.warnings_of(connection, register.kind, rows)
    outcome = register.apply(rows, actor=actor, now=now)
    told = checked.warnings.with_those_of(alike).with_those_of(outcome.warnings)
    warnings = [{"field": each.column, "reason": each.reason} for each in told.in_order()]
    with db.read() as connection:
        found = _found(
            lists.one(connection, register.kind, actor, business_day(now), code),
            register.thing,
            code,
        )
        return 201 if outcome.new else 200, {
            **found,
            "network_version": versions.current(connection).network,
            "warnings": warnings,
        }


def _row(kind: str, given: Mapping[str, Any]) -> Checked:
    """The fields as the cells of a file of one row, checked by the rules of the import."""
    names = tuple(column.name for column in COLUMNS[kind] if column.name in given)
    cells = {name: _cell(given[name]) for name in names}
    return check(kind, Sheet(names, [(1, cells)], FaultList(), "json"), context())


def _area_row(given: dict[str, Any]) -> CheckedAreas:
    geometry = given.pop("geometry", None)
    feature = {"type": "Feature", "properties": given, "geometry": geometry}
    return check_features([feature], context(), parse_geometry)


def _sound(checked: Checked | CheckedAreas) -> list[Any]:
    if checked.faults:
        raise Refused(checked.faults, checked.warnings)
    return checked.rows[:1]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return str(value).strip()


def _found(row: dict[str, Any] | None, thing: str, code: str) -> dict[str, Any]:
    if row is None:
        raise NotFound(f"There is no {thing} {code!r} that this key may see.")
    return row


def _today() -> dt.date:
    return business_day(dt.datetime.now(dt.UTC))


for _register in REGISTERS:
    _declare(_register)
