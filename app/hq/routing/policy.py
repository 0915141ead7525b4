"""The routing policy in words, its versions, what changed between two of them, and its file (A4, H1
as far as showing goes)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from flask import Response, render_template, request
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

import db
from app.accounts.language import language
from app.hq.home import blueprint
from app.ui import labels
from app.ui.actor_names import actor_names
from app.ui.words import count
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import NotFound
from stores.geo import regions
from stores.network import policies
from stores.network.policy import RUNGS, Policy, parse
from stores.network.scope import seen_codes
from stores.routing import explanations

SHOWN_VERSIONS = 50
PARAMETERS: dict[str, tuple[LazyString, str, str]] = {  # key: (what it is, unit, rule)
    "nearest_limit_m": (_l("How far away the nearest store may be"), "m", "A4"),
    "ambiguity_m": (
        _l("Stores count as equally near when they are less than this farther than the nearest"),
        "m",
        "A6",
    ),
    "fuzzy_accuracy_m": (_l("Accuracy that a fuzzy location counts with"), "m", "A7"),
    "cover_m": (_l("How far a store without area and radius covers"), "m", "A8"),
    "switch_nearer_m": (
        _l("A switch is offered when another store is nearer by at least"),
        "m",
        "A8",
    ),
    "switch_nearer_bp": (_l("... and by at least this part of the way"), "bp", "A8"),
    "refusal_hours": (_l("How long a refused switch is remembered"), "hours", "A8"),
    "switching": (_l("Visitors may choose another store"), "yes", "A10"),
    "manual_hours": (_l("How long a visitor's own choice holds"), "hours", "A4"),
    "home_reach_m": (_l("Farther than this from home counts as travelling"), "m", "A14"),
    "proposal_orders": (
        _l("A new home is proposed after so many orders in one other store"),
        "number",
        "A14",
    ),
    "proposal_days": (_l("... within"), "days", "A14"),
    "cached_param_days": (_l("How long the last code or link is remembered"), "days", "A4"),
    "last_visit_days": (_l("How long the last visit counts"), "days", "A4"),
    "guide_link_days": (_l("How long a guide's link holds"), "days", "A18"),
    "default_store": (_l("Default store of the brand"), "code", "A4"),
    "region_defaults": (_l("Default stores of regions"), "regions", "A4"),
    "duty_guides": (
        _l("Visitors without a guide are given to the guide on duty with fewest today"),
        "yes",
        "A15",
    ),
    "guide_daily_capacity": (
        _l("How many of them a guide is given a day at most"),
        "visitors",
        "M15",
    ),
    "protection_days": (_l("Protection of a binding"), "days", "B3"),
    "validity_days": (_l("Validity of a binding without orders"), "days", "B3"),
    "snatch_policy": (_l("When another guide may take a customer over"), "words", "B4"),
    "touch_days": (_l("How long a guide's link or code is credited with an order"), "days", "B6"),
    "order_owner": (_l("Who owns a sale"), "words", "D1"),
    "order_visit_hours": (_l("A visit owns orders paid within"), "hours", "D1"),
}
CHOICES = {
    "after_protection": _l("after the protection"),
    "never": _l("never"),
    "anytime": _l("at any time"),
    "order_shop": _l("the shop where it was placed"),
    "franchise": _l("Franchise: bindings before the place"),
    "nearest_first": _l("Nearest first: the place before bindings"),
    "link_first": _l("Link first: codes and links before a protected home"),
    "home_locked": _l("Home locked: home before everything, no switching"),
}


def said(name: str, value: Any) -> str:
    """The value of the policy parameter `name` as people read it: 3 km, 7 days, "no limit" where
    None means that."""
    if value is None:
        return gettext("no limit") if name in ("nearest_limit_m", "guide_daily_capacity") else "–"
    unit = PARAMETERS[name][1] if name in PARAMETERS else "words"
    if unit == "m":
        return f"{count(value // 1000)} km" if value and value % 1000 == 0 else f"{count(value)} m"
    if unit == "days":
        return gettext("%(n)s days", n=count(value))
    if unit == "hours":
        return gettext("%(n)s hours", n=count(value))
    if unit == "number":
        return count(value)
    if unit == "visitors":
        return gettext("%(n)s visitors", n=count(value))
    if unit == "bp":
        return f"{value / 100:g} %"
    if unit == "yes":
        return gettext("yes") if value else gettext("no")
    if unit == "regions":
        return gettext("%(n)s regions", n=len(value)) if value else "–"
    return str(CHOICES[value]) if unit == "words" and value in CHOICES else str(value)


def rung_meaning(code: str, policy: Policy) -> str:
    """What a rung asks, with this policy's numbers."""
    numbers = {
        name: said(name, value) if name.endswith("_m") else value
        for name, value in policy.body().items()
    }
    return explanations.word(explanations.RUNG_MEANINGS, code, language()).format(**numbers)


def changes(before: Policy, after: Policy) -> list[tuple[str, str, str]]:
    """(what, before, after) of everything that differs but the note; of the rungs those that came,
    went or changed their place among the others."""
    found = (
        [(gettext("Preset"), said("preset", before.preset), said("preset", after.preset))]
        if before.preset != after.preset
        else []
    )
    stay = kept_in_order(before.rungs, after.rungs)
    for code in RUNGS:
        if code not in stay and (code in before.rungs or code in after.rungs):
            found.append(
                (
                    explanations.word(explanations.RUNG_NAMES, code, language()),
                    _place(code, before),
                    _place(code, after),
                )
            )
    for name, (words, _unit, _rule) in PARAMETERS.items():
        old, new = getattr(before, name), getattr(after, name)
        if name == "region_defaults":
            found += [
                (
                    gettext("Default store of %(region)s", region=regions.full_name(key)),
                    old.get(key, "–"),
                    new.get(key, "–"),
                )
                for key in sorted({*old, *new})
                if old.get(key) != new.get(key)
            ]
        elif old != new:
            found.append((str(words), said(name, old), said(name, new)))
    return found


def kept_in_order(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """The most of them that stand in both in the same order: what is not among them was moved,
    added or taken out."""
    best: dict[int, list[str]] = {}  # by the place in `after`: the longest row that ends there
    for code in before:
        if code in after:
            at = after.index(code)
            best[at] = max(
                (row for place, row in best.items() if place < at), key=len, default=[]
            ) + [code]
    return set(max(best.values(), key=len, default=[]))


def _place(code: str, policy: Policy) -> str:
    return (
        gettext("rule %(n)s", n=policy.rungs.index(code) + 1)
        if code in policy.rungs
        else gettext("off")
    )


@blueprint.get("/policy", strict_slashes=False)
@needs("rules:read")
def policy() -> str:
    now, today = now_and_today()
    with db.read() as connection:
        in_force, versions = (
            int(policies.in_force(connection).version),
            policies.versions(connection, SHOWN_VERSIONS),
        )
        row = _asked(connection, "version", in_force)
        old = _asked(connection, "before", max(1, row.version - 1))
        (shown, named), (earlier, _) = (
            _for_reader(connection, parse(each.body), today) for each in (row, old)
        )
        return render_template(
            "hq/policy.html",
            now=now,
            row=row,
            in_force=in_force,
            versions=versions,
            old=old,
            authors=actor_names({each.actor for each in (row, old, *versions)}),
            rungs=[(code, rung_meaning(code, shown)) for code in shown.rungs],
            off=[code for code in RUNGS if code not in shown.rungs],
            parameters=[
                (words, said(name, getattr(shown, name)), rule, name)
                for name, (words, _unit, rule) in PARAMETERS.items()
            ],
            preset=said("preset", shown.preset),
            defaults=[
                (code, regions.full_name(code), store, store in named)
                for code, store in sorted(shown.region_defaults.items())
            ],
            waiting=policies.waiting(connection),
            may_write=current_actor().may("rules:write"),
            whole=current_actor().scope_kind == "all",
            changes=changes(earlier, shown) if old.version != row.version else [],
        )


@blueprint.get("/policy.json")
@needs("rules:read")
def policy_file() -> Response:
    """As `flask policy show` prints it; it can be published again. It names stores of the whole
    chain, so it is headquarters' alone (P6)."""
    if current_actor().scope_kind != "all":
        raise NotFound("The file of the policy is for headquarters.")
    with db.read() as connection:
        row = _asked(connection, "version", int(policies.in_force(connection).version))
    answer = Response(
        json.dumps(parse(row.body).body(), ensure_ascii=False, indent=2) + "\n",
        content_type="application/json; charset=utf-8",
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="policy-{row.version}.json"'
    return answer


def _for_reader(
    connection: Connection, policy: Policy, today: dt.date
) -> tuple[Policy, Collection[str]]:
    """The policy with other stores of the brand in place of those beyond the reader's rows, and the
    codes that he may open."""
    codes = {*policy.region_defaults.values(), *filter(None, (policy.default_store,))}
    named, other = (
        seen_codes(connection, current_actor(), today, "store", codes),
        str(labels.OTHER_STORE),
    )
    hidden = {code: other for code in codes if code not in named}
    default = policy.default_store and hidden.get(policy.default_store, policy.default_store)
    return replace(
        policy,
        default_store=default,
        region_defaults={
            key: hidden.get(code, code) for key, code in policy.region_defaults.items()
        },
    ), named


def _asked(connection: Connection, name: str, usual: int) -> Any:
    text = request.args.get(name) or str(usual)
    row = (
        policies.version(connection, int(text))
        if text.isascii() and text.isdigit() and len(text) < 16
        else None
    )
    if row is None:
        raise NotFound(f"There is no policy version {text!r}.")
    return row
