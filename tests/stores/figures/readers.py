"""The readers of figures: headquarters, branches, dealers, stores; and the days they look at."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager

from sqlalchemy import event as sql_event

import db
from stores.base.actors import Actor
from stores.network.scope import find_scope

FIRST, LAST = dt.date(2025, 2, 20), dt.date(2025, 4, 10)
TODAY = dt.date(2025, 4, 10)
HQ = Actor("test", frozenset({"*"}))
SCOPES = [
    ("all", None),
    ("branch", "B1"),
    ("branch", "B2"),
    ("dealer", "D1"),
    ("dealer", "D2"),
    ("store", "S1"),
    ("guide", "Wang"),
]


def actor(kind, code):
    with db.read() as connection:
        return Actor(
            "test", frozenset({"*"}), kind, find_scope(connection, kind, code) if code else None
        )


@contextmanager
def counted():
    found = []

    def note(connection, cursor, statement, *rest):
        found.append(statement)

    sql_event.listen(db.database().engine, "before_cursor_execute", note)
    yield found
    sql_event.remove(db.database().engine, "before_cursor_execute", note)
