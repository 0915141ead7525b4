"""Promotions and ranges of one store on a page: the whole list as rows of a form, saved whole or
not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

import db
from app.hq.home import blueprint
from app.imports.kinds import context
from app.ui import fault_words
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.canonical import canonical
from ledger.faults import NotFound
from stores.imports.check import check
from stores.imports.columns import COLUMNS
from stores.imports.faults import FaultList, ImportFault
from stores.imports.outcomes import Refused
from stores.imports.sheets import Sheet
from stores.lists import directory
from stores.network import offers
from stores.registers import offers as register
from stores.registers import proposals

NAMES = tuple(column.name for column in COLUMNS["offers"] if column.name != "store_code")
MORE = 5  # empty rows at the end
LARGEST = 2 * register.MOST
Cells = dict[str, str]


@blueprint.route("/stores/<code>/offers", methods=["GET", "POST"])
@needs("network:write")
def store_offers(code: str) -> Any:
    actor, (_now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        store = directory.find_store(connection, actor, code, today)
        if store is None:
            raise NotFound(f"There is no store {code!r}.")
        present = [_cells(row) for row in offers.of_store(connection, store.id, today)]
    if request.method == "GET":
        return _page(store, present, _mark(present))
    given = _given()
    if request.form.get("seen") != _mark(present):
        return _page(store, given, _mark(present), stale=True, present=present), 409
    if request.form.get("step") == "more":
        return _page(store, given, _mark(present))
    if repeated := _repeated(given):
        return _page(store, given, _mark(present), told=repeated), 422
    rows = [
        (line, {"store_code": code, **cells})
        for line, cells in enumerate(given)
        if cells["reference"]
    ]
    checked = check("offers", Sheet(("store_code", *NAMES), rows, FaultList(), "form"), context())
    faults: Sequence[ImportFault] = checked.faults.in_order()
    if not faults:
        try:
            outcome = register.replace_all(
                code, checked.rows, actor=actor, now=dt.datetime.now(dt.UTC)
            )
            flash(
                _("Saved. Visitors get it from now on.")
                if outcome.effective
                else _("Nothing differs from what is stored."),
                "good",
            )
            return redirect(url_for("hq.store", code=code), 303)
        except Refused as refused:
            faults = refused.faults.in_order()
    return _page(store, given, _mark(present), faults=faults), 422


def _repeated(given: Sequence[Cells]) -> dict[int, dict[str, str]]:
    """Rows that say again what a row before them says, by their place."""
    keys = [(row["kind"], row["reference"]) for row in given]
    return {
        n: {"reference": _("stands in the list already")}
        for n, key in enumerate(keys)
        if key in keys[:n]
    }


def _cells(row: Any) -> Cells:
    return {
        "kind": row.kind,
        "reference": row.reference,
        "switch": "on" if row.switched_on else "off",
        "valid_from": row.valid_from.isoformat() if row.valid_from else "",
        "valid_to": row.valid_to.isoformat() if row.valid_to else "",
    }


def _given() -> list[Cells]:
    """The rows of the form; one whose id was emptied is gone."""
    columns = [[text.strip() for text in request.form.getlist(name)[:LARGEST]] for name in NAMES]
    rows = [dict(zip(NAMES, row, strict=True)) for row in zip(*columns, strict=False)]
    return [row for row in rows if row["reference"]]


def _mark(present: Sequence[Cells]) -> str:
    return proposals.mark({f"{n}": canonical(row) for n, row in enumerate(present)})


def _page(
    store: Any,
    rows: Sequence[Cells],
    seen: str,
    *,
    faults: Sequence[ImportFault] = (),
    told: dict[int, dict[str, str]] | None = None,
    stale: bool = False,
    present: Sequence[Cells] = (),
) -> str:
    found = told or {}
    for fault in faults:
        found.setdefault(fault.line, {})[fault.column] = fault_words.words(fault)
    empty = {"kind": "promotion", "reference": "", "switch": "on", "valid_from": "", "valid_to": ""}
    return render_template(
        "hq/store_offers.html",
        store=store,
        rows=[*rows, *([empty] * MORE)],
        seen=seen,
        faults=found,
        stale=stale,
        present=present,
        most=register.MOST,
    )
