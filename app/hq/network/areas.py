"""Areas: territories, service areas and isolated areas as a list with a map, and one area."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l

import db
from app.hq.doors import door
from app.hq.home import blueprint
from app.ui import labels, network_labels, paging, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import NotFound
from stores.geo.areas import area_m2
from stores.geo.territories import KINDS
from stores.lists import area_lists
from stores.lists.area_lists import AreaFilter
from stores.registers import store_history

DRAWN: labels.Words = {"yes": _l("drawn"), "no": _l("by codes alone")}


def last_day(first_after: dt.date | None) -> dt.date | None:
    """Stored is the first day that no longer counts; people say the last one that does."""
    return first_after - dt.timedelta(days=1) if first_after else None


COLUMNS = (
    Column(
        "area",
        _l("Area"),
        "code",
        value=lambda row: row.area_code,
        sort="area",
        door=lambda row: url_for("hq.area", code=row.area_code),
    ),
    Column("kind", _l("Kind"), "tag", sort="kind", words=network_labels.AREA_KINDS),
    Column(
        "dealer",
        _l("Dealer"),
        "chip",
        value=lambda row: (row.dealer_code, row.dealer_name),
        sort="dealer",
        door=door("dealer"),
    ),
    Column(
        "store",
        _l("Store"),
        "chip",
        value=lambda row: (row.store_code, row.store_name),
        sort="store",
        door=door("store"),
    ),
    Column("valid_from", _l("First day"), "day", sort="valid_from"),
    Column(
        "valid_to", _l("Last day"), "day", value=lambda row: last_day(row.valid_to), sort="valid_to"
    ),
    Column(
        "drawn", _l("Shape"), "words", value=lambda row: "yes" if row.drawn else "no", words=DRAWN
    ),
    Column(
        "region_codes",
        _l("Region codes"),
        value=lambda row: " ".join(row.region_codes),
        shown=False,
    ),
    Column(
        "postal_codes",
        _l("Postal codes"),
        value=lambda row: " ".join(row.postal_codes),
        shown=False,
    ),
)


@blueprint.get("/areas", strict_slashes=False)
@needs("hq:read")
def areas() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    args = request.args
    wanted = AreaFilter(
        today,
        (args.get("q") or "").strip() or None,
        args.get("kind") if args.get("kind") in KINDS else None,
        args.get("dealer") or None,
        args.get("store") or None,
        args.get("held") == "yes",
    )
    table = table_answers.asked("areas", COLUMNS, "area")
    with db.read() as connection:
        return table_answers.answer(
            table,
            lambda order: area_lists.areas(connection, actor, wanted, order),
            "hq/areas.html",
            now=now,
            wanted=wanted,
            number=area_lists.area_count(connection, actor, wanted),
            map_url=paging.same_filter("maps.areas"),
        )


@blueprint.get("/areas/<code>", strict_slashes=False)
@needs("hq:read")
def area(code: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        row = area_lists.find_area(connection, actor, code, today)
        if row is None:
            raise NotFound(f"There is no area {code!r}.")
        return render_template(
            "hq/area.html",
            now=now,
            today=today,
            row=row,
            versions=area_lists.area_versions(connection, row.area_id),
            last_day=last_day,
            square_km=area_m2(area_lists.geometry(row)) / 1e6 if row.geometry else None,
            changes=store_history.audited(connection, "areas", code),
        )
