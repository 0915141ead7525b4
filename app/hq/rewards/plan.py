"""The reward plans in words, their versions, and what differs between two of them (C10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from flask import render_template, request
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Connection, select

import db
from app.accounts.language import language
from app.hq.home import blueprint
from app.ui.actor_names import actor_names
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives.plan import PerEvent
from incentives.plan_form import parse
from incentives.plans import plan_version
from ledger.canonical import canonical
from ledger.faults import NotFound
from stores.network.scope import seen_codes

SHOWN_VERSIONS = 50
SINGULAR = {"branches": "branch", "dealers": "dealer", "stores": "store", "guides": "guide"}
ASSIGNED = {
    "branches": _l("Branches"),
    "dealers": _l("Dealers"),
    "stores": _l("Stores"),
    "guides": _l("Guides"),
}


@blueprint.get("/plan", strict_slashes=False)
@needs("rules:read")
def plan() -> str:
    now, today = now_and_today()
    with db.read() as connection:
        rows = connection.execute(
            select(plan_version).order_by(plan_version.c.id.desc()).limit(SHOWN_VERSIONS)
        ).all()
        newest = list({row.plan_code: row for row in reversed(rows)}.values())
        newer, older = _asked(rows, "version", 0), _asked(rows, "before", 1)
        shown = [
            {
                "row": row,
                "plan": each,
                "now": each.holds(today),
                "parts": [(part, isinstance(part, PerEvent)) for part in each.components],
                "assigned": _for_reader(connection, row.body, today).get("assigned_to", {}),
            }
            for row in newest
            for each in (parse(row.body),)
        ]
        return render_template(
            "hq/plan.html",
            now=now,
            shown=shown,
            in_force=sum(1 for each in shown if each["now"]),
            versions=rows,
            tongue=language(),
            kinds=ASSIGNED,
            authors=actor_names({row.actor for row in rows}),
            newer=newer,
            older=older,
            changes=list(
                differences(*(_for_reader(connection, each.body, today) for each in (older, newer)))
            )
            if newer is not None and older is not None
            else [],
        )


def _for_reader(connection: Connection, body: dict[str, Any], today: dt.date) -> dict[str, Any]:
    """The plan's file, of whom it is for only those the reader sees (P6); that there are others is
    said."""

    def seen(kind: str, codes: list[str]) -> list[str]:
        named = seen_codes(connection, current_actor(), today, SINGULAR[kind], codes)
        found = [code for code in codes if code in named]
        hidden = len(codes) - len(found)
        return found + ([ngettext("%(num)s other", "%(num)s others", hidden)] if hidden else [])

    assigned = body.get("assigned_to") or {}
    return {
        **body,
        "assigned_to": {
            kind: seen(kind, codes) if kind in SINGULAR else codes
            for kind, codes in assigned.items()
        },
    }


def _asked(rows: Any, name: str, usual: int) -> Any:
    """The version a reader chose, else the newest or the one before it. Raises NotFound."""
    wish = request.args.get(name)
    if wish is None:
        return rows[min(usual, len(rows) - 1)] if rows else None
    found = next((row for row in rows if str(row.id) == wish), None)
    if found is None:
        raise NotFound("There is no such version of a plan.")
    return found


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """(place in the file, before, after) of everything that differs between two plans in file
    form."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(
                old.get(key), new.get(key), f"{path}.{key}" if path else str(key)
            )
    elif (
        isinstance(old, list)
        and isinstance(new, list)
        and all(isinstance(each, dict) for each in (*old, *new))
    ):
        for n in range(max(len(old), len(new))):
            sides = [each[n] if n < len(each) else None for each in (old, new)]
            name = next(
                (str(side["code"]) for side in sides if side and "code" in side), str(n + 1)
            )
            yield from differences(*sides, f"{path}.{name}")
    elif old != new:
        yield path, _said(old), _said(new)


def _said(value: Any) -> str:
    return (
        "–" if value is None else canonical(value) if isinstance(value, dict | list) else str(value)
    )
