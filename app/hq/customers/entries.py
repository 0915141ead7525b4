"""Decisions: the list behind the figures, and the page that says why."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, render_template, request, url_for
from flask_babel import lazy_gettext as _l

import db
from app.accounts.language import language
from app.hq.home import _sentence, blueprint
from app.hq.routing.route_visitor import candidates
from app.pages import maps as map_pages
from app.ui import charts, doors, labels, maps, paging, shown_days, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import NotFound
from stores.lists import customer_figures, entry_lists
from stores.lists.entry_lists import EntryFilter
from stores.network import sight
from stores.routing import entry_reading, explanations, ladders
from stores.routing.ladders import Ladder

LOCATED = {"yes": True, "no": False}
MEANINGS = {"PICKER": "wait", "DEFAULT": "wait"}


def entry_filter(span: shown_days.Span) -> EntryFilter:
    """What the query string asks for."""
    asked = {
        name: (request.args.get(name) or "").strip() or None
        for name in ("rung", "store", "dealer", "reason", "touchpoint", "channel")
    }
    return EntryFilter(
        span.first,
        span.last,
        asked["rung"],
        asked["store"],
        asked["dealer"],
        LOCATED.get(request.args.get("located", "")),
        asked["reason"],
        asked["touchpoint"],
        asked["channel"],
    )


def columns() -> tuple[Column, ...]:
    """Distances in classes only, no coordinates (A16)."""

    def door(page: str, code: str) -> Any:
        return lambda row: (
            url_for(f"hq.{page}", code=getattr(row, code)) if getattr(row, code) else None
        )

    return (
        Column("time", _l("Time"), "moment", value=lambda row: row.occurred_at, sort="occurred_at"),
        Column(
            "customer",
            _l("Customer"),
            "masked",
            value=lambda row: row.customer_text,
            door=lambda row: url_for("hq.customer", number=row.customer_id),
        ),
        Column(
            "store",
            _l("Led to"),
            "chip",
            value=lambda row: (row.store_code, row.store_name),
            sort="store",
            door=door("store", "store_code"),
        ),
        Column(
            "dealer",
            _l("Dealer"),
            "chip",
            value=lambda row: (row.dealer_code, row.dealer_name),
            door=door("dealer", "dealer_code"),
        ),
        Column(
            "guide",
            _l("Guide"),
            "chip",
            value=lambda row: (row.guide_code, row.guide_name),
            door=door("guide", "guide_code"),
            shown=False,
        ),
        Column("rung", _l("Rule"), "tag", words=labels.RUNGS, meanings=MEANINGS),
        Column(
            "why",
            _l("Why"),
            value=_sentence,
            door=lambda row: url_for("hq.entry", entry_id=row.entry_id),
        ),
        Column("reason", _l("Reason code"), "code", shown=False),
        Column(
            "located",
            _l("Location"),
            "words",
            value=lambda row: str(row.located),
            words=labels.LOCATED,
            shown=False,
        ),
        Column(
            "distance",
            _l("Distance class"),
            value=lambda row: explanations.distance_words(row.distance_class_km, language()),
            shown=False,
        ),
        Column("touchpoint", _l("Touchpoint"), "words", words=labels.TOUCHPOINTS, shown=False),
        Column("channel", _l("Channel"), "code", value=lambda row: row.channel_code, shown=False),
        Column(
            "entry",
            _l("Entry"),
            "code",
            value=lambda row: row.entry_id,
            door=lambda row: url_for("hq.entry", entry_id=row.entry_id),
            shown=False,
        ),
    )


@blueprint.get("/entries", strict_slashes=False)
@needs("hq:read")
def entries() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    wanted = entry_filter(span)
    table = table_answers.asked("entries", columns(), "-occurred_at")
    with db.read() as connection:
        by_rung = entry_lists.by_rung(connection, actor, wanted) if table.export is None else {}
        totals = {
            "entries": sum(n for n, _ in by_rung.values()),
            "located": sum(located for _, located in by_rung.values()),
            "picker": by_rung.get("PICKER", (0, 0))[0],
            "default_store": by_rung.get("DEFAULT", (0, 0))[0],
        }
        shares = charts.bars(
            [
                (labels.RUNGS[code], by_rung[code][0], paging.same_filter(rung=code))
                for code in explanations.RUNG_NAMES
                if code in by_rung
            ]
        )
        return table_answers.answer(
            table,
            lambda order: entry_lists.rows(connection, actor, wanted, order),
            "hq/entries.html",
            now=now,
            span=span,
            wanted=wanted,
            totals=totals,
            shares=shares,
            rungs=list(explanations.RUNG_NAMES),
            reasons=[
                (code, explanations.reason_words(code, language()))
                for code in explanations.reasons()
            ],
        )


@blueprint.get("/entries/<entry_id>", strict_slashes=False)
@needs("hq:read")
def entry(entry_id: str) -> str:
    """Why the visitor was led there: distances in classes only, never a point or metres (A16)."""
    actor, (_now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        row, seen = entry_reading.find(connection, entry_id, actor), sight.of(actor, today)
        if row is None:
            raise NotFound(f"There is no entry {entry_id!r}.")
        kept = entry_reading.kept_trace(connection, row.entry_id)
        ladder = ladders.of_entry(connection, row, kept, seen) if kept is not None else None
        may_open = doors.of(connection, actor, today, _named(ladder))
        said = {
            tongue: explanations.sentence(
                row.rung, row.reason, row.store_name, row.distance_class_km, tongue
            )
            for tongue in ("zh", "en")
        }
        notes = (
            [
                explanations.word(explanations.NOTES, note, language())
                for note in kept.trace.get("notes", [])
            ]
            if kept is not None
            else []
        )
        return render_template(
            "hq/entry.html",
            row=row,
            said=said,
            notes=notes,
            ladder=ladder,
            may_open=may_open,
            replay=entry_reading.replay(connection, row, seen),
            what_ifs=explanations.what_if_words(
                entry_reading.what_would_change(connection, row, seen), language()
            ),
            after=customer_figures.orders_after(
                connection, actor, row.customer_id, row.occurred_at
            ),
            hours=customer_figures.AFTER_HOURS,
            tie=explanations.tie_of(row.reason),
        )


@blueprint.get("/entries/<entry_id>/stores.json")
@needs("hq:read")
def entry_map(entry_id: str) -> Response:
    """The stores that were weighed, in their order; never where the visitor was (A16)."""
    actor, (_now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        row = entry_reading.find(connection, entry_id, actor)
        kept = entry_reading.kept_trace(connection, row.entry_id) if row is not None else None
        if row is None or kept is None:
            raise NotFound(f"There is no entry {entry_id!r} with its candidates.")
        ladder = ladders.of_entry(connection, row, kept, sight.of(actor, today))
        may_open = doors.of(connection, actor, today, _named(ladder))
        return jsonify(
            maps.collection(
                candidates(ladder, row.store_id is not None, may_open), door=map_pages.door()
            )
        )


def _named(ladder: Ladder | None) -> list[str]:
    """The stores of a ladder, also those of rungs that passed."""
    return (
        []
        if ladder is None
        else [
            each.store_code
            for found in (*(rung.weighed for rung in ladder.rungs), ladder.alternatives)
            for each in found
            if each.store_code
        ]
    )
