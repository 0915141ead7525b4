"""Every component once on one page, in all its states, for those who build pages and for the
tests."""

from __future__ import annotations

from typing import Any

from flask import flash
from flask_babel import gettext as _

from app.hq.home import blueprint
from app.hq.settings import sample_facts, sample_figures
from app.hq.settings.sample_facts import AT, SAMPLE_NAME, TODAY
from app.ui import table_answers, tables
from app.ui.doors import Doors
from app.ui.shown_days import Span
from app.web.permissions import needs
from app.web.qr import drawn
from stores.base.ordering import Order

SAMPLE_LINK = "https://example.org/s/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@blueprint.get("/samples", strict_slashes=False)
@needs("hq:read")
def samples() -> Any:
    for meaning in ("good", "wait", "wrong"):
        flash(_("Saved"), meaning)
    table, rows = (
        table_answers.asked("samples", sample_figures.COLUMNS, "-sales"),
        sample_figures.rows(),
    )
    cards = tables.Table(
        "sample-cards",
        sample_figures.COLUMNS,
        sample_figures.COLUMNS[:6],
        Order("code"),
        None,
        rows=rows,
        total={"sales": 109_450},
    )
    return table_answers.answer(
        table,
        table_answers.ranked(rows),
        "hq/samples.html",
        total={"sales": 109_450, "orders": 12_345_678},
        now=AT,
        today=TODAY,
        moment_shown=AT,
        sample_name=SAMPLE_NAME,
        cards=cards,
        span=Span(TODAY.replace(day=1), TODAY),
        card_qr=drawn(SAMPLE_LINK),
        doors=Doors(None, None, frozenset(["O-1"])),
        **sample_figures.everything(),
        **sample_facts.everything(),
    )
