"""Entries: the list behind the figures, and the page that says why."""
from __future__ import annotations

from flask import render_template, request

import db
from app import paging, shown_days
from app.clock import now_and_today
from app.hq.home import _sentence, blueprint
from app.language import language
from app.permissions import current_actor, needs
from ledger.faults import NotFound
from stores import entry_lists, entry_reading, explanations
from stores.entry_lists import EntryFilter

LOCATED = {"yes": True, "no": False}


@blueprint.get("/entries", strict_slashes=False)
@needs("hq:read")
def entries() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    wanted = EntryFilter(span.first, span.last, request.args.get("rung") or None, request.args.get("store") or None, request.args.get("dealer") or None,
                         LOCATED.get(request.args.get("located", "")))
    with db.read() as connection:
        found = entry_lists.rows(connection, actor, wanted, paging.after_moment("entries"), paging.PAGE + 1)
        page = paging.listed("entries", [(row, _sentence(row)) for row in found], lambda pair: (pair[0].occurred_at.isoformat(), pair[0].id))
        return render_template("hq/entries.html", now=now, span=span, wanted=wanted, page=page, totals=entry_lists.totals(connection, actor, wanted),
                               rungs=list(explanations.RUNG_NAMES))


@blueprint.get("/entries/<entry_id>", strict_slashes=False)
@needs("hq:read")
def entry(entry_id: str) -> str:
    """Why the visitor was led there: distances in classes only, never a point or metres (A16)."""
    with db.read() as connection:
        row = entry_reading.find(connection, entry_id, current_actor())
        if row is None:
            raise NotFound(f"There is no entry {entry_id!r}.")
        told = {tongue: explanations.of_entry(connection, row, tongue) for tongue in ("zh", "en")}
        trace = entry_reading.trace_of(connection, row.entry_id)
        return render_template("hq/entry.html", row=row, told=told, why=told[language()], kept=bool(trace), replay=entry_reading.replay(connection, row))
