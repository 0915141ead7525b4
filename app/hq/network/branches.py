"""Branches: the tree as a list, and one branch with what hangs under it."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l

import db
from app.hq.home import blueprint
from app.pages import maps as map_pages
from app.ui import shown_days, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import NotFound
from stores.figures import figures, store_figures
from stores.lists import branch_lists
from stores.registers import store_history

COLUMNS = (
    Column(
        "branch",
        _l("Branch"),
        "chip",
        value=lambda row: (row.branch_code, row.name),
        sort="branch",
        door=lambda row: url_for("hq.branch", code=row.branch_code),
    ),
    Column(
        "parent",
        _l("Above it"),
        "chip",
        value=lambda row: (row.parent_code, row.parent_name),
        door=lambda row: url_for("hq.branch", code=row.parent_code) if row.parent_opens else None,
    ),
    Column("depth", _l("Level"), "count", sort="tree"),
    Column(
        "stores",
        _l("Stores not closed"),
        "count",
        sort="stores",
        door=lambda row: url_for("hq.stores", branch=row.branch_code),
    ),
    Column(
        "dealers",
        _l("Dealers looked after"),
        "count",
        sort="dealers",
        door=lambda row: url_for("hq.dealers", branch=row.branch_code),
    ),
)


@blueprint.get("/branches", strict_slashes=False)
@needs("hq:read")
def branches() -> Any:
    actor, (now, _today) = current_actor(), now_and_today()
    words = (request.args.get("q") or "").strip() or None
    table = table_answers.asked("branches", COLUMNS, "tree")
    with db.read() as connection:
        return table_answers.answer(
            table,
            lambda order: branch_lists.branches(connection, actor, words, order),
            "hq/branches.html",
            now=now,
            words=words,
            number=branch_lists.branch_count(connection, actor, words),
        )


@blueprint.get("/branches/<code>", strict_slashes=False)
@needs("hq:read")
def branch(code: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    with db.read() as connection:
        row = branch_lists.find_branch(connection, actor, code)
        if row is None:
            raise NotFound(f"There is no branch {code!r}.")
        stores = store_figures.store_figures(
            connection, actor, span.first, span.last, today, branch_code=code
        )
        colours = map_pages.figures_of(actor)
        colour = request.args.get("figure") if request.args.get("figure") in colours else "sales"
        return render_template(
            "hq/branch.html",
            now=now,
            row=row,
            span=span,
            under=branch_lists.branches_under(connection, actor, row),
            stores=stores,
            most=10,
            totals=figures.totals(
                connection, actor, span.first, span.last, today, branch_code=code
            ),
            colour=colour,
            colour_name=colours[colour].name,
            colours=[
                (
                    url_for("hq.branch", code=code, figure=key, **span.query),
                    each.name,
                    key == colour,
                )
                for key, each in colours.items()
            ],
            changes=store_history.audited(connection, "branches", code),
        )
