"""A dealer's own stores."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l

import db
from app.dealer.home import blueprint
from app.ui import labels, network_labels, shown_days, table_answers
from app.ui.shown_days import Span
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import booking
from ledger.faults import NotFound
from stores.base.ordering import placed
from stores.figures import revenue
from stores.lists import code_scans, directory, own_customers, own_stores
from stores.lists.code_scans import ScanFilter
from stores.lists.own_customers import CustomerFilter
from stores.network import offers


@blueprint.get("/stores", strict_slashes=False)
@needs("dealer:read")
def stores() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    span, silent = shown_days.asked(request.args, today), request.args.get("silent") == "yes"
    table = table_answers.asked("stores", _columns(span), "-gross")
    booking.book_due(now)
    with db.read() as connection:
        rows = own_stores.of_dealer(connection, actor, span.first, span.last, today, silent)
        total = {
            name: sum(getattr(row, f"{name}_minor") for row in rows)
            for name in ("gross", "refunds", "net")
        }
        return table_answers.answer(
            table,
            lambda order: placed(rows, own_stores.SORTS, lambda row: row.store_code, order),
            "dealer/stores.html",
            total=total | {"entries": sum(row.entries for row in rows)},
            now=now,
            span=span,
            silent=silent,
            mine=sum(1 for row in rows if row.status),
            number=len(rows),
        )


def _columns(span: Span) -> tuple[Column, ...]:
    def door(page: str, figure: str) -> Any:
        return lambda row: (
            url_for(f"dealer.{page}", store=row.store_code, **span.query)
            if getattr(row, figure)
            else None
        )

    return (
        Column(
            "store",
            _l("Store"),
            "chip",
            value=lambda row: (row.store_code, row.name),
            sort="store",
            door=lambda row: (
                url_for("dealer.store", code=row.store_code, **span.query) if row.status else None
            ),
        ),
        Column(
            "status",
            _l("State"),
            "tag",
            value=lambda row: row.status or "sold",
            words=network_labels.OWN_STORE_STATES,
            meanings=network_labels.STORE_MEANINGS,
        ),
        Column(
            "cloud_shop",
            _l("Cloud shop"),
            "words",
            value=lambda row: "on" if row.cloud_shop else "off",
            words=labels.ON_OFF,
            shown=False,
        ),
        Column("guides", _l("Guides"), "count", sort="guides"),
        Column("entries", _l("Entries"), "count", sort="entries", door=door("entries", "entries")),
        Column(
            "gross",
            _l("Sales"),
            "money",
            value=lambda row: row.gross_minor,
            sort="gross",
            door=door("orders", "gross_minor"),
        ),
        Column(
            "refunds",
            _l("Refunds"),
            "money",
            value=lambda row: row.refunds_minor,
            door=door("refunds", "refunds_minor"),
        ),
        Column("net", _l("Net"), "money", value=lambda row: row.net_minor, sort="net"),
    )


@blueprint.get("/stores/<code>", strict_slashes=False)
@needs("dealer:read")
def store(code: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    booking.book_due(now)
    with db.read() as connection:
        row = directory.find_store(connection, actor, code, today)
        if row is None:
            raise NotFound(f"There is no store {code!r}.")
        return render_template(
            "dealer/store.html",
            now=now,
            today=today,
            row=row,
            span=span,
            offers=offers.of_store(connection, row.id, today),
            contracts=directory.contracts(
                connection, actor, today, store_id=row.id, dealer_id=actor.scope_id
            ),
            guides=directory.guide_rows(connection, actor, today, store_id=row.id, limit=200),
            entries=code_scans.total(connection, actor, ScanFilter(span.first, span.last, code)),
            by_code=code_scans.total(
                connection, actor, ScanFilter(span.first, span.last, code, code="yes")
            ),
            customers=own_customers.counts(connection, actor, CustomerFilter(now, today, code)),
            revenue=revenue.of(
                connection, span.first, span.last, "day", store_id=row.id, dealer_id=actor.scope_id
            ),
        )
