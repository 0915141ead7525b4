"""Simulations in the reader's words: what was asked, where visitors find nothing, which borders a
change would hurt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Connection, Row, select

from app.accounts.language import language
from app.hq.routing import policy as policy_pages
from app.ui import labels, words, work_labels
from stores.geo import regions
from stores.network import policies
from stores.network.dealers import dealer
from stores.network.policy import parse
from stores.network.stores import store

Named = Mapping[tuple[str, str], str]  # (store or dealer, code): its name
MOST_CODES = 20
DOORS = {
    "store": ("hq.store", "code"),
    "other": ("hq.store", "code"),
    "area": ("hq.area", "code"),
    "other_area": ("hq.area", "code"),
    "dealer": ("hq.dealer", "code"),
}


def in_words(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    """What was asked: `changes` sentences, `visits` on which, `rules` what differs of the rules
    [(what, before, after)]."""
    scenario = row.scenario
    rules = []
    if scenario["policy"] is not None:
        of = (
            policies.version(connection, row.policy_version)
            if row.policy_version
            else policies.in_force(connection)
        )
        rules = policy_pages.changes(parse(of.body), parse(scenario["policy"]))
    return {
        "changes": sentences(connection, scenario["changes"]),
        "visits": visits(scenario["on"]),
        "rules": rules,
    }


def sentences(connection: Connection, changes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each change as one sentence, with the names of what it is about."""
    pairs = [next(iter(each.items())) for each in changes]
    named = names(
        connection,
        {
            str(values.get(key))
            for _kind, values in pairs
            for key in ("store_code", "successor_store_code")
            if values.get(key)
        },
        {str(values["dealer_code"]) for _kind, values in pairs if values.get("dealer_code")},
    )
    return [_change(kind, values, named) for kind, values in pairs]


def names(connection: Connection, stores: Collection[str], dealers: Collection[str]) -> Named:
    found: dict[tuple[str, str], str] = {}
    for kind, table, codes in (("store", store, stores), ("dealer", dealer, dealers)):
        if codes:
            code = table.c[f"{kind}_code"]
            found |= {
                (kind, r.code): r.name
                for r in connection.execute(
                    select(code.label("code"), table.c.name).where(code.in_(sorted(codes)[:1_000]))
                )
            }
    return found


def _change(kind: str, values: Mapping[str, Any], named: Named) -> str:
    def said(of: str, code: Any) -> str:
        name = named.get((of, str(code)))
        return f"{name} {code}" if name else str(code)

    code = values.get("store_code") or values.get("area_code")
    if kind == "open":
        return _(
            "Open %(name)s (%(code)s) for dealer %(dealer)s at %(lat)s, %(lng)s",
            name=values.get("name") or code,
            code=code,
            dealer=said("dealer", values["dealer_code"]),
            lat=values["latitude"],
            lng=values["longitude"],
        )
    if kind == "move":
        return _(
            "Move %(code)s to %(lat)s, %(lng)s",
            code=said("store", code),
            lat=values["latitude"],
            lng=values["longitude"],
        )
    if kind == "pause":
        return _(
            "Pause %(code)s until %(day)s", code=said("store", code), day=values["paused_until"]
        )
    if kind == "close":
        successor = values.get("successor_store_code")
        return (
            _(
                "Close %(code)s, %(other)s follows",
                code=said("store", code),
                other=said("store", successor),
            )
            if successor
            else _("Close %(code)s", code=said("store", code))
        )
    if kind == "territory":
        return _(
            "Territory %(code)s for dealer %(dealer)s",
            code=code,
            dealer=said("dealer", values["dealer_code"]),
        )
    return _("Remove the area %(code)s", code=code)


def rules_sentence(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What differs of two sets of rules, in one sentence."""
    told = [
        f"{what} {old} → {new}"
        for what, old, new in policy_pages.changes(parse(dict(before)), parse(dict(after)))
    ]
    return (
        _("Rules: %(what)s", what=" · ".join(told)) if told else _("The rules as they are in force")
    )


def visits(on: Mapping[str, Any]) -> str:
    if "entries" in on:
        first, last = (dt.date.fromisoformat(on["entries"][key]) for key in ("from", "to"))
        return _(
            "Entries from %(first)s to %(last)s",
            first=words.day(first, language()),
            last=words.day(last, language()),
        )
    given = on["population"]
    where = _("of the world") if not given.get("country") else given["country"]
    return _(
        "%(n)s made-up new visitors, living where people live (%(where)s, draw %(seed)s)",
        n=words.count(given["points"]),
        where=where,
        seed=given.get("seed", 1),
    )


def place(each: Mapping[str, Any]) -> tuple[str, int, int]:
    if each.get("region"):
        name = regions.full_name(each["region"])
    elif each.get("city"):
        city = each["city_zh"] if language() == "zh" and each["city_zh"] else each["city"]
        name = _("around %(city)s, %(country)s", city=city, country=each["country"])
    else:
        name = _("place unknown")
    return name, each["before"], each["after"]


def _conflict(each: Mapping[str, Any], named: Named, opened: Mapping[str, str]) -> dict[str, Any]:
    """`what` in words, `about` [(name, code, way there or none)], `measure` how near or how
    much."""
    about = []
    for key, (endpoint, of) in DOORS.items():
        code = each.get(key)
        if code:
            kind = "store" if key == "other" else "area" if key == "other_area" else key
            known = code not in opened and (
                kind not in ("store", "dealer") or (kind, code) in named
            )  # what the change opens has no page
            about.append(
                (
                    named.get((kind, code)) or opened.get(code, ""),
                    code,
                    url_for(endpoint, **{of: code}) if known else None,
                )
            )
    measure = (
        f"{words.count(each['metres'])} m"
        if "metres" in each
        else f"{words.count(each['square_metres'])} m²"
        if "square_metres" in each
        else ""
    )
    return {
        "what": labels.label(work_labels.CONFLICTS, each["kind"]),
        "about": about,
        "measure": measure or " ".join(each.get("codes", [])[:MOST_CODES]),
    }


def conflicts(connection: Connection, row: Row[Any]) -> list[dict[str, Any]]:
    """The border conflicts that a finished simulation found; a store that the change opens is named
    as the question names it."""
    found = row.summary["conflicts"]
    stores = {str(each[key]) for each in found for key in ("store", "other") if each.get(key)}
    named = names(connection, stores, {str(each["dealer"]) for each in found if each.get("dealer")})
    opened = {
        each["open"]["store_code"]: each["open"].get("name") or each["open"]["store_code"]
        for each in row.scenario["changes"]
        if "open" in each
    }
    return [_conflict(each, named, opened) for each in found]
