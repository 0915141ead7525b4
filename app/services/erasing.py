"""The erasure of a customer with all that the app keeps beside the books: files that name him,
results of jobs, views (P5)."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qsl

from sqlalchemy import Connection, delete, select

from app.imports import forgetting
from app.jobs.job_runs import job_run
from app.ui.saved_views import saved_view
from ledger.pieces import pieces
from stores.base.actors import Actor
from stores.base.identifiers import Identifiers
from stores.privacy import erasure
from stores.privacy.erasure import Erased


def erase(customer_id: str, *, actor: Actor, now: dt.datetime) -> Erased:
    """Raises NotFound, NotAllowed."""
    return erasure.erase_customer(customer_id, actor=actor, now=now, further=_forget)


def _forget(connection: Connection, known_by: Identifiers) -> None:
    """Files go before the commit: an erasure that is killed here is done again and finds them
    gone."""
    forgetting.forget_person(connection, known_by, now=dt.datetime.now(dt.UTC))
    erasure.redact(connection, job_run, ("result", "error"), known_by)
    _forget_views(connection, known_by)


def _forget_views(connection: Connection, known_by: Identifiers) -> None:
    """A filter that names him shows nothing any more."""
    v = saved_view.c
    gone = [
        row.id
        for row in connection.execute(select(v.id, v.name, v.query))
        if known_by.named_in(row.name)
        or any(known_by.named_in(text) for pair in parse_qsl(row.query) for text in pair)
    ]
    for some in pieces(gone, 500):
        connection.execute(delete(saved_view).where(v.id.in_(some)))
