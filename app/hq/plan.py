"""The reward plans in words, their versions, and what differs between two of them (C10)."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

import db
from app.actor_names import actor_names
from app.clock import now_and_today
from app.hq.home import blueprint
from app.language import language
from app.permissions import needs
from incentives.plan import PerEvent, parse
from incentives.plans import plan_version
from ledger.faults import NotFound

SHOWN_VERSIONS = 50
ASSIGNED = {"branches": _l("Branches"), "dealers": _l("Dealers"), "stores": _l("Stores"), "guides": _l("Guides")}


@blueprint.get("/plan", strict_slashes=False)
@needs("rules:read")
def plan() -> str:
    now, today = now_and_today()
    with db.read() as connection:
        rows = connection.execute(select(plan_version).order_by(plan_version.c.id.desc()).limit(SHOWN_VERSIONS)).all()
        newest = list({row.plan_code: row for row in reversed(rows)}.values())
        newer, older = _asked(rows, "version", 0), _asked(rows, "before", 1)
        shown = [{"row": row, "plan": each, "now": each.holds(today), "parts": [(part, isinstance(part, PerEvent)) for part in each.components]}
                 for row in newest for each in (parse(row.body),)]
        return render_template(
            "hq/plan.html", now=now, shown=shown, in_force=sum(1 for each in shown if each["now"]), versions=rows, tongue=language(), kinds=ASSIGNED,
            authors=actor_names({row.actor for row in rows}), newer=newer, older=older,
            changes=list(differences(older.body, newer.body)) if newer is not None and older is not None else [])


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
    """(place in the file, before, after) of everything that differs between two plans in file form."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(old, list) and isinstance(new, list) and all(isinstance(each, dict) for each in (*old, *new)):
        for n in range(max(len(old), len(new))):
            sides = [each[n] if n < len(each) else None for each in (old, new)]
            name = next((str(side["code"]) for side in sides if side and "code" in side), str(n + 1))
            yield from differences(*sides, f"{path}.{name}")
    elif old != new:
        yield path, _said(old), _said(new)


def _said(value: Any) -> str:
    return "–" if value is None else db.canonical(value) if isinstance(value, dict | list) else str(value)
