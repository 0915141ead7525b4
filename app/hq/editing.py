"""Changing a store, a dealer or a guide: a form with the cells of the import, a review of old and new with what follows from it, then saving."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import db
from app import fault_words, labels
from app.clock import now_and_today
from app.hq import consequences
from app.hq.home import blueprint
from app.imports import context
from app.permissions import current_actor, needs
from ledger.faults import Conflict, NotFound
from stores import proposals
from stores.coordinates import CRS_NAMES
from stores.guides import ROLES
from stores.importing.columns import COLUMNS
from stores.proposals import Proposal
from stores.registers.saving import Refused
from stores.stores import STATUSES


@dataclass(frozen=True, slots=True)
class Field:
    """An input of a form. `choices`: (value, words); `hint` says the format."""

    name: str
    kind: str = "text"
    choices: tuple[tuple[str, Any], ...] = ()
    hint: Any = ""

    @property
    def of(self) -> str | None:
        """What the field names by its code: those are offered while one types."""
        return OFFERS.get(self.name)


OFFERS = {"branch_code": "branch", "dealer_code": "dealer", "successor_store_code": "store", "store_code": "store"}
_CRS = {"wgs84": "WGS-84 (GPS)", "gcj02": "GCJ-02 (Amap, Tencent)", "bd09": "BD-09 (Baidu)"}
FORMS: dict[str, tuple[tuple[Any, tuple[Field, ...]], ...]] = {
    "stores": (
        (_l("What it is"), (Field("store_code"), Field("name"), Field("branch_code"), Field("address"), Field("country", hint=_l("two letters, such as CN")),
                            Field("region_code", hint=_l("six digits, such as 310101")))),
        (_l("Where it is"), (Field("latitude"), Field("longitude"), Field("crs", "choice", tuple((name, _CRS[name]) for name in CRS_NAMES)),
                             Field("service_radius_m", "number", hint=_l("metres; empty: none")))),
        (_l("Who holds it"), (Field("dealer_code"), Field("contract_from", "date", hint=_l("of another dealer: the first day, empty: today")))),
        (_l("Service"), (Field("status", "choice", tuple((name, labels.STORE_STATES[name]) for name in STATUSES)), Field("paused_until", "date"),
                         Field("successor_store_code"),
                         Field("cloud_shop", "choice", (("on", _l("on")), ("off", _l("off")))), Field("cloud_shop_url", "url"), Field("priority", "number"),
                         Field("daily_capacity", "number"),
                         Field("hours", hint=_l("such as mon-fri 09:00-18:00;sat 10:00-16:00")),
                         Field("timezone", hint=_l("empty: the brand's")), Field("opened_on", "date"))),
    ),
    "dealers": ((_l("What it is"), (Field("dealer_code"), Field("name"), Field("branch_code"))),
                (_l("Terms, where a contract states none of its own"), (
                    Field("platform_fee_bp", "number", hint=_l("basis points: 500 is 5 %")), Field("channel_fee_bp", "number", hint=_l("basis points: 500 is 5 %")),
                    Field("collection_mode", "choice", tuple(labels.COLLECTION.items())),
                    Field("express_rule", "choice", tuple(labels.EXPRESS_RULES.items())),
                    Field("express_split_bp", "number", hint=_l("basis points: 500 is 5 %"))))),
    "guides": ((_l("Who it is"), (Field("guide_code"), Field("name"), Field("wecom_userid"),
                                   Field("own_customer_id", hint=_l("the number under which this guide buys; guides do not own themselves")))),
               (_l("Work"), (Field("store_code"), Field("role", "choice", tuple((name, labels.ROLES[name]) for name in ROLES)), Field("hired_on", "date"),
                             Field("left_on", "date", hint=_l("the last day at work")),
                             Field("customers", "choice", (("", "–"), *labels.CUSTOMERS_OF_MOVER.items()),
                                   hint=_l("of a move today or in the last 3 days; empty: they follow; to another dealer they never do"))))),
}
KEYS = {"stores": "store_code", "dealers": "dealer_code", "guides": "guide_code"}
PAGES = {"stores": "hq.store", "dealers": "hq.dealer", "guides": "hq.guide"}


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


def _form(kind: str, code: str | None) -> Any:
    """GET: the form. POST with `step` review: old and new beside each other; with `step` save: saved, if nobody was quicker."""
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        present = proposals.cells(connection, kind, actor, today, code) if code else None
        if code and present is None:
            raise NotFound(f"There is no {kind.removesuffix('s')} {code!r}.")
    given = {column.name: request.form[column.name] for column in COLUMNS[kind] if column.name in request.form and not (code and column.name == KEYS[kind])}
    seen = request.form.get("seen", proposals.mark(present))
    if request.method == "GET":
        return _page(kind, code, present, present or _usual(kind), seen)
    proposal = proposals.propose(kind, present, given, context(), actor, now)
    taken = code is None and not proposal.faults and _exists(kind, proposal.after[KEYS[kind]], today)
    faults = {fault.column: fault_words.words(fault) for fault in proposal.faults}
    if taken:
        faults[KEYS[kind]] = _("This code exists already; change it on its own page.")
    if seen != proposals.mark(present):
        return _page(kind, code, present, proposal.after, proposals.mark(present), stale=True, faults=faults), 409
    if faults or request.form.get("step") == "form":
        return _page(kind, code, present, proposal.after, seen, faults=faults), 422 if faults else 200
    if not proposal.differences:
        return _page(kind, code, present, proposal.after, seen, nothing=True)
    if request.form.get("step") == "save":
        try:
            proposals.save(proposal, seen if code else proposals.mark(None), actor=actor, now=dt.datetime.now(dt.UTC), today=today)
        except Conflict:
            return _page(kind, code, _again(kind, code, today), proposal.after, proposals.mark(_again(kind, code, today)), stale=True), 409
        except Refused as refusal:
            return _page(kind, code, present, proposal.after, seen, faults={f.column: fault_words.words(f) for f in refusal.faults.kept}), 422
        flash(_("Saved. Visitors are led by it from now on.") if kind == "stores" else _("Saved."), "good")
        return redirect(url_for(PAGES[kind], code=proposal.after[KEYS[kind]]), 303)
    return _review(kind, code, proposal, seen)


def _usual(kind: str) -> dict[str, str]:
    """What a new one begins with."""
    return {"status": "active", "cloud_shop": "on", "crs": "gcj02", "country": "CN", "priority": "0"} if kind == "stores" else {}


def _exists(kind: str, code: str, today: dt.date) -> bool:
    with db.read() as connection:
        return proposals.cells(connection, kind, current_actor(), today, code) is not None


def _again(kind: str, code: str | None, today: dt.date) -> dict[str, str] | None:
    with db.read() as connection:
        return proposals.cells(connection, kind, current_actor(), today, code) if code else None


def _page(kind: str, code: str | None, present: Mapping[str, str] | None, values: Mapping[str, str], seen: str, *, faults: Mapping[str, str] | None = None,
          stale: bool = False, nothing: bool = False) -> str:
    changed = [(name, values.get(name, ""), now) for name, now in (present or {}).items() if stale and now != values.get(name, "")]
    return render_template("hq/edit.html", kind=kind, code=code, present=present or {}, values=values, seen=seen, faults=faults or {}, stale=stale,
                           nothing=nothing, changed=changed, groups=FORMS[kind], key=KEYS[kind], back=_back(kind, code),
                           known={each.name for _, several in FORMS[kind] for each in several})


def _review(kind: str, code: str | None, proposal: Proposal, seen: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        follows = consequences.of(connection, actor, proposal, now, today)
    return render_template("hq/review.html", kind=kind, code=code, proposal=proposal, seen=seen, follows=follows, back=_back(kind, code),
                           warnings=[(each.column, fault_words.words(each)) for each in proposal.warnings])


def _back(kind: str, code: str | None) -> str:
    return url_for(PAGES[kind], code=code) if code else url_for(f"hq.{kind}")
