"""Filters that somebody keeps under a name: the address of a list as he asked for it (PORTALS
1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, redirect, request
from flask_login import current_user
from sqlalchemy import (
    Column,
    ForeignKey,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)

import db
from app.web.permissions import OWN_ACCOUNT, needs
from ledger import schema
from ledger.faults import InvalidInput, NotFound

saved_view = Table(
    "saved_view",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("user_id", schema.BigId, ForeignKey("app_user.id"), nullable=False),
    Column("path", schema.Code(64), nullable=False),
    Column("name", String(48), nullable=False),
    Column("query", String(1000), nullable=False),
    Column("saved_at", schema.Instant, nullable=False),
    UniqueConstraint("user_id", "path", "name"),
)
MOST = 20  # of one person on one page
LISTS = ("/hq/", "/dealer/", "/guide/")
blueprint = Blueprint("saved_views", __name__, url_prefix="/views")


def of_reader(path: str) -> Sequence[Row[Any]]:
    """The reader's own views of this list: (id, name, query)."""
    v = saved_view.c
    with db.read() as connection:
        return connection.execute(
            select(v.id, v.name, v.query)
            .where(v.user_id == current_user.id, v.path == path)
            .order_by(v.name)
            .limit(MOST)
        ).all()


def save(user_id: int, path: str, name: str, query: str, now: dt.datetime) -> None:
    """Keep a view; a name that is there already is given the new filter. Raises InvalidInput."""
    if not path.startswith(LISTS) or len(path) > 64 or not path.isprintable():
        raise InvalidInput("Only lists of a portal can be kept as a view.")
    if not 1 <= len(name) <= 48 or not name.isprintable():
        raise InvalidInput("A view has a name of 1 to 48 visible characters.")
    kept = urlencode(
        [pair for pair in parse_qsl(query) if pair[0] not in ("cursor", "lang", "export")]
    )
    if len(kept) > 1000:
        raise InvalidInput("This filter is too long to be kept.")
    v = saved_view.c
    mine = (v.user_id == user_id, v.path == path)
    with db.transaction() as connection:
        if connection.execute(
            update(saved_view).where(*mine, v.name == name).values(query=kept, saved_at=now)
        ).rowcount:
            return
        if (
            connection.execute(
                select(func.count()).select_from(saved_view).where(*mine)
            ).scalar_one()
            >= MOST
        ):
            raise InvalidInput(f"You keep {MOST} views of this list already; delete one first.")
        connection.execute(
            insert(saved_view).values(
                user_id=user_id, path=path, name=name, query=kept, saved_at=now
            )
        )


@blueprint.post("")
@needs(OWN_ACCOUNT)
def keep() -> Any:
    path, query = request.form.get("path", ""), request.form.get("query", "")
    save(
        current_user.id, path, request.form.get("name", "").strip(), query, dt.datetime.now(dt.UTC)
    )
    return redirect(f"{path}?{urlencode(parse_qsl(query))}", 303)


@blueprint.post("/<int:view_id>/delete")
@needs(OWN_ACCOUNT)
def drop(view_id: int) -> Any:
    v = saved_view.c
    with db.transaction() as connection:
        path = connection.execute(
            delete(saved_view)
            .where(v.id == view_id, v.user_id == current_user.id)
            .returning(v.path)
        ).scalar()
    if path is None:
        raise NotFound("There is no such view.")
    return redirect(path, 303)
