"""Printed codes of a dealer's stores: choose stores and places, print the cards, see what they
bring (D4 of the stories)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, redirect, render_template, request, url_for

import db
from app.dealer.home import blueprint
from app.ui import shown_days
from app.ui.labels import PLACES
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from app.web.qr import drawn
from ledger.faults import NotFound
from stores.lists import code_scans, directory
from stores.lists.directory import StoreFilter
from stores.routing import store_codes

ON_A_PAGE = {"6": 6, "8": 8}
MOST_CARDS = 96  # on one sheet; more go on the next


@dataclass(frozen=True, slots=True)
class Scans:
    """What one code brought: `days` entries a day, in the order of the days shown."""

    store_code: str
    store_name: str
    channel_code: str | None
    by_guide: bool
    days: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.days)


@blueprint.get("/codes", strict_slashes=False)
@needs("dealer:read")
def codes() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.Span(today - dt.timedelta(days=6), today)
    with db.read() as connection:
        rows = directory.store_rows(connection, actor, StoreFilter(today), limit=2000)
        own = sorted(
            {*store_codes.USUAL, *store_codes.names_in_use(connection, actor, today)},
            key=_known_first,
        )
        made = store_codes.of_stores(connection, actor, today, now)
        scans = _scans(code_scans.by_code(connection, actor, span.first, span.last), span.days)
        return render_template(
            "dealer/codes.html",
            now=now,
            span=span,
            stores=rows,
            places=own,
            made=len(made),
            revoked=[each for each in made if each.revoked],
            scans=scans,
            by_day=[sum(row.days[n] for row in scans) for n in range(len(span.days))],
            usual=("door", "counter"),
        )


def _known_first(name: str) -> tuple[bool, int, str]:
    return name not in PLACES, list(PLACES).index(name) if name in PLACES else 0, name


def _scans(rows: Sequence[Any], days: Sequence[dt.date]) -> list[Scans]:
    """By code, most entries first."""
    found: dict[tuple[str, str, str | None, bool], dict[dt.date, int]] = defaultdict(dict)
    for r in rows:
        kept = found[
            r.store_code, r.store_name, None if r.by_guide else r.channel_code, bool(r.by_guide)
        ]
        kept[r.day] = kept.get(r.day, 0) + r.entries
    made = [Scans(*key, tuple(by_day.get(day, 0) for day in days)) for key, by_day in found.items()]
    return sorted(
        made, key=lambda row: (-row.total, row.store_code, row.channel_code or "", row.by_guide)
    )


@blueprint.post("/codes")
@needs("entry_param:own")
def make_codes() -> Any:
    """Register what is new of the places chosen, then show the sheet to print."""
    actor, (now, today) = current_actor(), now_and_today()
    names = [
        *request.form.getlist("place"),
        *([own] if (own := request.form.get("own_place", "").strip()) else []),
    ]
    chosen = request.form.getlist("store")
    if request.form.get("every_store"):
        with db.read() as connection:
            chosen = [
                row.store_code
                for row in directory.store_rows(connection, actor, StoreFilter(today), limit=2000)
            ]
    store_codes.register(chosen, names, actor=actor, now=now)
    size = request.form.get("size", "")
    return redirect(
        url_for(
            "dealer.code_sheet",
            store=[] if request.form.get("every_store") else chosen,
            place=names,
            size=size if size in ON_A_PAGE else "6",
        ),
        303,
    )


@blueprint.get("/codes/sheet", strict_slashes=False)
@needs("entry_param:own")
def code_sheet() -> str:
    """Cards on A4, `size` of them a page; `part` counts sheets from 1."""
    actor, (now, today) = current_actor(), now_and_today()
    size = ON_A_PAGE.get(request.args.get("size", ""), 6)
    stores, places = request.args.getlist("store"), request.args.getlist("place")
    with db.read() as connection:
        found = store_codes.of_stores(connection, actor, today, now, stores, places)
    if set(stores) - {each.store_code for each in found}:
        raise NotFound("One of these stores has no such code.")
    good = [each for each in found if not each.revoked]
    parts = max(1, -(-len(good) // MOST_CARDS))
    part = min(max(1, request.args.get("part", 1, type=int)), parts)
    base = current_app.extensions["doorstep"].public_base_url
    shown = good[(part - 1) * MOST_CARDS : part * MOST_CARDS]
    cards = [(each, f"{base}/s/{each.param}", drawn(f"{base}/s/{each.param}")) for each in shown]
    pages = [cards[start : start + size] for start in range(0, len(cards), size)]
    return render_template(
        "dealer/code_sheet.html",
        now=now,
        pages=pages,
        size=size,
        number=len(good),
        part=part,
        parts=parts,
        revoked=len(found) - len(good),
    )
