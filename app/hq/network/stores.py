"""Stores: the list and its map, and one store with its place, contracts, people, days and
changes."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l

import db
from app.hq.doors import door
from app.hq.home import blueprint
from app.pages import maps as map_pages
from app.ui import labels, network_labels, paging, shown_days, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import booking
from ledger.faults import NotFound
from stores.figures import revenue
from stores.lists import directory, entry_lists, network_lists, places
from stores.lists.entry_lists import EntryFilter
from stores.lists.network_lists import Days
from stores.network import offers
from stores.registers import close_store, store_history

ON_OFF: labels.Words = {"on": _l("on"), "off": _l("off")}


def columns(span: shown_days.Span) -> tuple[Column, ...]:
    """The figures are of the days of `span`."""

    def of_store(endpoint: str) -> Any:
        return lambda row: url_for(endpoint, store=row.store_code, **span.query)

    return (
        Column(
            "store",
            _l("Store"),
            "chip",
            value=lambda row: (row.store_code, row.name),
            sort="store",
            door=lambda row: url_for("hq.store", code=row.store_code, **span.query),
        ),
        Column(
            "dealer",
            _l("Dealer"),
            "chip",
            value=lambda row: (row.dealer_code, row.dealer_name),
            sort="dealer",
            door=door("dealer"),
        ),
        Column(
            "branch",
            _l("Branch"),
            "chip",
            value=lambda row: (row.branch_code, row.branch_name),
            sort="branch",
            door=door("branch"),
        ),
        Column(
            "status",
            _l("State"),
            "tag",
            sort="status",
            words=network_labels.STORE_STATES,
            meanings=network_labels.STORE_MEANINGS,
        ),
        Column(
            "cloud_shop",
            _l("Cloud shop"),
            "words",
            value=lambda row: "on" if row.cloud_shop else "off",
            words=ON_OFF,
            shown=False,
        ),
        Column(
            "guides",
            _l("Guides"),
            "count",
            door=lambda row: url_for("hq.guides", store=row.store_code, state="present"),
        ),
        Column("entries", _l("Entries"), "count", sort="entries", door=of_store("hq.entries")),
        Column("sales", _l("Sales after refunds"), "money", sort="sales"),
        Column(
            "orders", _l("Orders"), "count", sort="orders", door=of_store("hq.orders"), shown=False
        ),
        Column(
            "adds", _l("Friend adds"), "count", sort="adds", door=of_store("hq.adds"), shown=False
        ),
        Column(
            "customers",
            _l("Customers at home here"),
            "count",
            sort="customers",
            door=lambda row: url_for("hq.customers", store=row.store_code),
            shown=False,
        ),
        Column("region_code", _l("Region code"), "code", shown=False),
        Column("opened_on", _l("Opened on"), "day", sort="opened_on", shown=False),
        Column("closed_on", _l("Closed on"), "day", shown=False),
        Column("address", _l("Address"), shown=False),
    )


@blueprint.get("/stores", strict_slashes=False)
@needs("hq:read")
def stores() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    span, wanted = (
        shown_days.asked(request.args, today),
        map_pages.store_filter(request.args, today),
    )
    table = table_answers.asked("stores", columns(span), "store")
    figures = [column.key for column in table.chosen if column.key in places.FIGURES]
    days = Days(span.first, span.last, now)
    colours = map_pages.figures_of(actor)
    colour = request.args.get("figure") if request.args.get("figure") in colours else "sales"
    with db.read() as connection:
        totals = network_lists.store_totals(connection, actor, wanted, days, figures)
        return table_answers.answer(
            table,
            lambda order: network_lists.stores(connection, actor, wanted, days, figures, order),
            "hq/stores.html",
            total=totals,
            now=now,
            span=span,
            wanted=wanted,
            number=totals["stores"],
            drawn=request.args.get("view") == "map",
            may_write=actor.may("network:write"),
            colour=colours[colour].name,
            map_url=paging.same_filter("maps.stores", figure=colour),
            views=(paging.same_filter(view="list"), paging.same_filter(view="map")),
            colours=[
                (paging.same_filter(figure=key), each.name, key == colour)
                for key, each in colours.items()
            ],
        )


@blueprint.get("/stores/<code>", strict_slashes=False)
@needs("hq:read")
def store(code: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    booking.book_due(now)
    with db.read() as connection:
        row = directory.find_store(connection, actor, code, today)
        if row is None:
            raise NotFound(f"There is no store {code!r}.")
        closing = close_store.undoable(connection, row.id, now)
        return render_template(
            "hq/store.html",
            may_write=actor.may("network:write"),
            undo_until=closing.at + close_store.UNDO_FOR if closing else None,
            now=now,
            today=today,
            row=row,
            span=span,
            contracts=directory.contracts(connection, actor, today, store_id=row.id),
            guides=directory.guide_rows(connection, actor, today, store_id=row.id, limit=200),
            neighbours=places.neighbours(connection, actor, row, today),
            offers=offers.of_store(connection, row.id, today),
            areas=places.areas(connection, actor, today, store_id=row.id),
            changes=store_history.of_store(connection, row.id),
            entries=entry_lists.totals(
                connection, actor, EntryFilter(span.first, span.last, store_code=code)
            ),
            customers=store_history.customers(connection, row.id, now),
            revenue=revenue.of(connection, span.first, span.last, "day", store_id=row.id),
        )
