"""New codes that a person takes for others, in the file or stored already: `17` beside `0017` would
be a second store, a second person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, select

from ledger.pieces import pieces
from stores.facts.customers import customer, customer_identity
from stores.facts.events import event_key
from stores.facts.orders import order_key
from stores.facts.refunds import refund_key
from stores.geo.territories import area
from stores.imports.faults import FaultList
from stores.imports.lookalikes import skeleton, variants
from stores.network.branches import branch
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.stores import store


@dataclass(frozen=True, slots=True)
class _Place:
    """A column of a file that makes something new, and where that is stored. `small`: all of it can
    be read. `where`: which rows of the file, None for all; `identity`: the kind of an identity."""

    name: str
    column: Column[Any]
    small: bool = False
    identity: str | None = None
    where: Callable[[Any], bool] | None = None


_PERSON, _FRIEND = (
    _Place("customer_id", customer.c.customer_id),
    _Place("external_userid", customer_identity.c.value, identity="external_userid"),
)
PLACES: dict[str, tuple[_Place, ...]] = {
    "branches": (_Place("branch_code", branch.c.branch_code, small=True),),
    "dealers": (_Place("dealer_code", dealer.c.dealer_code, small=True),),
    "stores": (_Place("store_code", store.c.store_code, small=True),),
    "guides": (
        _Place("guide_code", guide.c.guide_code, small=True),
        _Place("wecom_userid", guide.c.wecom_userid, small=True),
    ),
    "areas": (_Place("area_code", area.c.area_code, small=True),),
    "customers": (
        _PERSON,
        _FRIEND,
        *(_Place(name, customer_identity.c.value, identity=name) for name in ("unionid", "openid")),
    ),
    "orders": (
        _Place("order_no", order_key.c.order_no, where=lambda row: row.get("kind") != "refund"),
        _Place("order_no", refund_key.c.refund_no, where=lambda row: row.get("kind") == "refund"),
        _PERSON,
    ),
    "events": (_Place("event_id", event_key.c.event_id), _PERSON, _FRIEND),
}


def warnings_of(connection: Connection, kind: str, rows: Sequence[Any]) -> FaultList:
    """One for each new code of these rows that looks like another one of the rows or like a stored
    one."""
    warnings = FaultList()
    for place in PLACES.get(kind, ()):
        lines: dict[str, int] = {}
        for row in rows:
            if place.where is None or place.where(row):
                value = row.area_code if kind == "areas" else row.get(place.name)
                if value is not None:
                    lines.setdefault(value, row.line)
        _compare(connection, place, lines, warnings)
    return warnings


def _compare(
    connection: Connection, place: _Place, lines: Mapping[str, int], warnings: FaultList
) -> None:
    families: dict[str, list[str]] = {}
    for value in lines:
        families.setdefault(skeleton(value), []).append(value)
    stored = (
        _all_alike(connection, place, families)
        if place.small
        else _looked_up(connection, place, lines)
    )
    twins = [value for family in families.values() if len(family) > 1 for value in family]
    known = set(_existing(connection, place, {*stored, *twins}))
    for value in sorted({*stored, *twins} - known, key=lambda each: lines[each]):
        first = min(families[skeleton(value)], key=lambda each: lines[each])
        if value in stored:
            warnings.say(lines[value], place.name, value, "looks_like", code=stored[value])
        elif first != value:
            warnings.say(
                lines[value], place.name, value, "looks_like_line", code=first, line=lines[first]
            )


def _all_alike(
    connection: Connection, place: _Place, families: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Of the codes of the file those that look like a stored one, with that one."""
    found: dict[str, str] = {}
    for code in connection.execute(select(place.column).where(place.column.is_not(None))).scalars():
        for value in families.get(skeleton(code), ()):
            if value != code:
                found.setdefault(value, code)
    return found


def _looked_up(connection: Connection, place: _Place, lines: Mapping[str, int]) -> dict[str, str]:
    wanted: dict[str, list[str]] = {}
    for value in lines:
        for variant in variants(value):
            wanted.setdefault(variant, []).append(value)
    return {value: code for code in _existing(connection, place, wanted) for value in wanted[code]}


def _existing(connection: Connection, place: _Place, codes: Iterable[str]) -> list[str]:
    found: list[str] = []
    for some in pieces(codes):
        query = select(place.column).where(place.column.in_(some))
        found += connection.execute(
            query
            if place.identity is None
            else query.where(customer_identity.c.kind == place.identity)
        ).scalars()
    return found
