"""Changing something of the network: a form with the cells of the import, a review of old and new
with what follows from it, then saving."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import db
from app.hq.home import blueprint
from app.hq.network import consequences
from app.hq.network.network_forms import FORMS
from app.imports.kinds import context
from app.ui import fault_words
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import Conflict, NotFound
from stores.imports.outcomes import Refused
from stores.registers import proposals
from stores.registers.proposals import Proposal

KEYS = proposals.CODE
PAGES = {
    "stores": "hq.store",
    "dealers": "hq.dealer",
    "guides": "hq.guide",
    "branches": "hq.branch",
    "areas": "hq.area",
    "terms": "hq.store",
}
LISTS = {"terms": "hq.stores"}
NEW = {"stores": _l("New store"), "branches": _l("New branch"), "areas": _l("New area")}


@blueprint.route("/new/store", methods=["GET", "POST"])
@needs("network:write")
def new_store() -> Any:
    return _form("stores", None)


@blueprint.route("/stores/<code>/edit", methods=["GET", "POST"])
@needs("network:write")
def edit_store(code: str) -> Any:
    return _form("stores", code)


@blueprint.route("/dealers/<code>/edit", methods=["GET", "POST"])
@needs("network:write")
def edit_dealer(code: str) -> Any:
    return _form("dealers", code)


@blueprint.route("/guides/<code>/edit", methods=["GET", "POST"])
@needs("network:write")
def edit_guide(code: str) -> Any:
    return _form("guides", code)


@blueprint.route("/new/branch", methods=["GET", "POST"])
@needs("network:write")
def new_branch() -> Any:
    return _form("branches", None)


@blueprint.route("/branches/<code>/edit", methods=["GET", "POST"])
@needs("network:write")
def edit_branch(code: str) -> Any:
    return _form("branches", code)


@blueprint.route("/new/area", methods=["GET", "POST"])
@needs("network:write")
def new_area() -> Any:
    return _form("areas", None)


@blueprint.route("/areas/<code>/edit", methods=["GET", "POST"])
@needs("network:write")
def edit_area(code: str) -> Any:
    return _form("areas", code)


@blueprint.route("/stores/<code>/terms", methods=["GET", "POST"])
@needs("network:write")
def edit_terms(code: str) -> Any:
    return _form("terms", code)


def _form(kind: str, code: str | None) -> Any:
    """GET: the form. POST with `step` review: old and new beside each other; with `step` save:
    saved, if nobody was quicker."""
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        present = proposals.cells(connection, kind, actor, today, code) if code else None
        if code and present is None:
            raise NotFound(f"There is no {kind.removesuffix('s')} {code!r}.")
    given = {
        name: request.form[name]
        for name in proposals.NAMES[kind]
        if name in request.form and not (code and name == KEYS[kind])
    }
    seen = request.form.get("seen", proposals.mark(present))
    if request.method == "GET":
        return _page(kind, code, present, present or _usual(kind), seen)
    proposal = proposals.propose(kind, present, given, context(), actor, now)
    taken = (
        code is None and not proposal.faults and _exists(kind, proposal.after[KEYS[kind]], today)
    )
    faults = {fault.column: fault_words.words(fault) for fault in proposal.faults}
    if taken:
        faults[KEYS[kind]] = _("This code exists already; change it on its own page.")
    if seen != proposals.mark(present):
        return _page(
            kind, code, present, proposal.after, proposals.mark(present), stale=True, faults=faults
        ), 409
    if faults or request.form.get("step") == "form":
        return _page(
            kind, code, present, proposal.after, seen, faults=faults
        ), 422 if faults else 200
    if not proposal.differences:
        return _page(kind, code, present, proposal.after, seen, nothing=True)
    if request.form.get("step") == "save":
        try:
            proposals.save(
                proposal,
                seen if code else proposals.mark(None),
                actor=actor,
                now=dt.datetime.now(dt.UTC),
                today=today,
            )
        except Conflict:
            return _page(
                kind,
                code,
                _again(kind, code, today),
                proposal.after,
                proposals.mark(_again(kind, code, today)),
                stale=True,
            ), 409
        except Refused as refusal:
            return _page(
                kind,
                code,
                present,
                proposal.after,
                seen,
                faults={f.column: fault_words.words(f) for f in refusal.faults.kept},
            ), 422
        flash(
            _("Saved. Visitors are led by it from now on.") if kind == "stores" else _("Saved."),
            "good",
        )
        return redirect(url_for(PAGES[kind], code=proposal.after[KEYS[kind]]), 303)
    return _review(kind, code, proposal, seen)


def _usual(kind: str) -> dict[str, str]:
    """What a new one begins with."""
    return (
        {"status": "active", "cloud_shop": "on", "crs": "gcj02", "country": "CN", "priority": "0"}
        if kind == "stores"
        else {"crs": "wgs84"}
        if kind == "areas"
        else {}
    )


def _exists(kind: str, code: str, today: dt.date) -> bool:
    with db.read() as connection:
        return proposals.cells(connection, kind, current_actor(), today, code) is not None


def _again(kind: str, code: str | None, today: dt.date) -> dict[str, str] | None:
    with db.read() as connection:
        return proposals.cells(connection, kind, current_actor(), today, code) if code else None


def _page(
    kind: str,
    code: str | None,
    present: Mapping[str, str] | None,
    values: Mapping[str, str],
    seen: str,
    *,
    faults: Mapping[str, str] | None = None,
    stale: bool = False,
    nothing: bool = False,
) -> str:
    changed = [
        (name, values.get(name, ""), now)
        for name, now in (present or {}).items()
        if stale and now != values.get(name, "")
    ]
    return render_template(
        "hq/edit.html",
        kind=kind,
        code=code,
        present=present or {},
        values=values,
        seen=seen,
        faults=faults or {},
        stale=stale,
        nothing=nothing,
        changed=changed,
        groups=FORMS[kind],
        key=KEYS[kind],
        back=_back(kind, code),
        known={each.name for _, several in FORMS[kind] for each in several},
        new_title=NEW.get(kind),
        of=_of(kind, present),
    )


def _review(kind: str, code: str | None, proposal: Proposal, seen: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        follows = consequences.of(connection, actor, proposal, now, today)
    return render_template(
        "hq/review.html",
        kind=kind,
        code=code,
        proposal=proposal,
        seen=seen,
        follows=follows,
        back=_back(kind, code),
        of=_of(kind, proposal.before) or proposal.after[KEYS[kind]],
        warnings=[(each.column, fault_words.words(each)) for each in proposal.warnings],
    )


def _back(kind: str, code: str | None) -> str:
    return url_for(PAGES[kind], code=code) if code else url_for(LISTS.get(kind, f"hq.{kind}"))


def _of(kind: str, present: Mapping[str, str] | None) -> str:
    """What the page calls what it changes."""
    return (present or {}).get("name") or (present or {}).get(KEYS[kind], "")
