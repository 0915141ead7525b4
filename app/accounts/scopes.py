"""What limits the rows of a user or a key, with its code and name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Select, and_, func, select
from sqlalchemy.sql.elements import ColumnElement

from stores.network.branches import branch
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.stores import store

TABLES = {"branch": branch, "dealer": dealer, "store": store, "guide": guide}


@dataclass(frozen=True, slots=True)
class Scope:
    """`kind`: branch, dealer, store or guide."""

    kind: str
    code: str
    name: str


def scope_of(connection: Connection, kind: str, scope_id: int | None) -> Scope | None:
    """None for somebody who sees the whole chain, and for a scope that is gone."""
    if scope_id is None or kind not in TABLES:
        return None
    of = TABLES[kind].c
    row = connection.execute(select(of[f"{kind}_code"], of.name).where(of.id == scope_id)).first()
    return Scope(kind, *row) if row else None


def joined(query: Select[Any], kind: Column[str], scope_id: Column[int]) -> Select[Any]:
    """A list's query with each row's scope beside it, for `code_and_name`."""
    for name, table in TABLES.items():
        query = query.outerjoin(table, and_(kind == name, table.c.id == scope_id))
    return query


def code_and_name() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The columns `scope_code` and `scope_name` of a query that `joined` widened."""
    return (
        func.coalesce(*(table.c[f"{name}_code"] for name, table in TABLES.items())).label(
            "scope_code"
        ),
        func.coalesce(*(table.c.name for table in TABLES.values())).label("scope_name"),
    )
