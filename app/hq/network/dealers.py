"""Dealers: the list with their sales, and one dealer with contracts, areas, guides and revenue."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l

import db
from app.hq.doors import door
from app.hq.home import blueprint
from app.pages import orders as order_pages
from app.ui import network_labels, shown_days, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import booking
from ledger.faults import NotFound
from stores.figures import revenue
from stores.lists import directory, network_lists, places
from stores.lists.network_lists import Days, DealerFilter
from stores.registers import store_history

BY = ("day", "month", "store")
BEHIND = {"gross_minor": "hq.orders", "refunds_minor": "hq.refunds"}


def columns(span: shown_days.Span) -> tuple[Column, ...]:
    """The money is of the days of `span`; every figure leads to its rows."""

    def behind(name: str) -> Any:
        def address(row: Any) -> str | None:
            if not getattr(row, name):
                return None
            if name in BEHIND:
                return url_for(BEHIND[name], dealer=row.dealer_code, **span.query)
            return url_for(
                "hq.movements",
                figure=name.removesuffix("_minor"),
                dealer=row.dealer_code,
                **span.query,
            )

        return address

    return (
        Column(
            "dealer",
            _l("Dealer"),
            "chip",
            value=lambda row: (row.dealer_code, row.name),
            sort="dealer",
            door=lambda row: url_for("hq.dealer", code=row.dealer_code, **span.query),
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
            "stores",
            _l("Stores"),
            "count",
            sort="stores",
            door=lambda row: url_for("hq.stores", dealer=row.dealer_code),
        ),
        Column("gross_minor", _l("Sales"), "money", sort="gross_minor", door=behind("gross_minor")),
        Column(
            "refunds_minor",
            _l("Refunds"),
            "money",
            sort="refunds_minor",
            door=behind("refunds_minor"),
        ),
        Column("sold_minor", _l("Sales after refunds"), "money", sort="sold_minor"),
        Column("fees_minor", _l("Fees"), "money", sort="fees_minor", door=behind("fees_minor")),
        Column(
            "rewards_minor",
            _l("Rewards"),
            "money",
            sort="rewards_minor",
            door=behind("rewards_minor"),
        ),
        Column("net_minor", _l("Net"), "money", sort="net_minor"),
        Column("platform_fee_bp", _l("Platform fee"), "percent", shown=False),
        Column("channel_fee_bp", _l("Channel fee"), "percent", shown=False),
        Column(
            "collection_mode",
            _l("Collection"),
            "words",
            words=network_labels.COLLECTION,
            shown=False,
        ),
    )


@blueprint.get("/dealers", strict_slashes=False)
@needs("hq:read")
def dealers() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    wanted = DealerFilter(
        today,
        (request.args.get("q") or "").strip() or None,
        request.args.get("branch") or None,
        request.args.get("idle") == "yes",
    )
    table, days = (
        table_answers.asked("dealers", columns(span), "dealer"),
        Days(span.first, span.last, now),
    )
    booking.book_due(now)
    with db.read() as connection:
        totals = network_lists.dealer_totals(connection, actor, wanted, days)
        money = {name: totals[name] for name in network_lists.MONEY}
        if wanted == DealerFilter(
            today
        ):  # the chain's or the branch's own sums, whoever holds the stores now
            found = revenue.of(
                connection,
                span.first,
                span.last,
                "dealer",
                **order_pages.revenue_limits(connection, actor, today),
            )["totals"]
            money = {**found, "sold_minor": found["gross_minor"] - found["refunds_minor"]}
        return table_answers.answer(
            table,
            lambda order: network_lists.dealers(connection, actor, wanted, days, order),
            "hq/dealers.html",
            total=money,
            now=now,
            span=span,
            wanted=wanted,
            number=totals["dealers"],
            money=money,
        )


@blueprint.get("/dealers/<code>", strict_slashes=False)
@needs("hq:read")
def dealer(code: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    by = request.args.get("by") if request.args.get("by") in BY else "day"
    booking.book_due(now)
    with db.read() as connection:
        row = directory.find_dealer(connection, actor, code, today)
        if row is None:
            raise NotFound(f"There is no dealer {code!r}.")
        limits = order_pages.revenue_limits(connection, actor, today, dealer_code=code)
        return render_template(
            "hq/dealer.html",
            now=now,
            today=today,
            row=row,
            span=span,
            by=by,
            contracts=directory.contracts(connection, actor, today, dealer_id=row.id),
            guides=directory.guide_rows(connection, actor, today, dealer_id=row.id, limit=200),
            areas=places.areas(connection, actor, today, dealer_id=row.id),
            changes=store_history.audited(connection, "dealers", code),
            revenue=revenue.of(connection, span.first, span.last, by, **limits),
        )  # type: ignore[arg-type]
