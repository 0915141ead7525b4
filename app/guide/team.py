"""A store manager's team: yesterday, today, the month, the pool, who leaves; down to one guide's
lines."""

from __future__ import annotations

from flask import render_template

import db
from app.guide.lines import shown_lines
from app.guide.portal import blueprint
from app.pages import rewards as reward_pages
from app.ui import shown_days
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import booking, ranking, team
from ledger.faults import NotFound
from stores.base.months import month_of
from stores.lists import directory, guide_customers
from stores.registers import moves


def of_manager() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    month, store_id = reward_pages.asked_month(today), actor.scope_id or 0
    with db.read() as connection:
        ids = [
            row.id
            for row in directory.guide_rows(connection, actor, today, store_id=store_id, limit=500)
        ]
    booking.book_due(now, guides=ids)
    with db.read() as connection:
        rows = team.of_store(connection, actor, store_id, month, today)
        shop = directory.own_store(connection, actor, today)
        pool = guide_customers.totals(
            connection, actor, guide_customers.CustomerFilter(now, today), ("all", "pool")
        )
        movers = moves.undecided(connection, actor, now)
        leavers = [row for row in rows if row["left_on"] is not None]
        owned = (
            guide_customers.waiting_for_a_guide(connection, [row["id"] for row in leavers], now)
            if leavers
            else {}
        )
    by_id, order = {row["id"]: row for row in rows}, [row["id"] for row in rows]
    at_work = [row["id"] for row in rows if row["left_on"] is None or row["left_on"] >= today]
    best = ranking.ranked(
        {key: by_id[key]["yesterday"][1] for key in at_work},
        sorted(at_work, key=lambda key: (-by_id[key]["yesterday"][0], order.index(key))),
    )
    return render_template(
        "guide/team.html",
        now=now,
        today=today,
        month=month,
        before=shown_days.next_month(month, -1),
        rows=rows,
        shop=shop,
        pool=pool,
        movers=movers,
        after=shown_days.next_month(month) if month < month_of(today) else None,
        yesterday=[(place.rank, by_id[place.key]) for place in best],
        leavers=[
            (row, owned.get(row["id"], 0))
            for row in leavers
            if owned.get(row["id"]) or row["left_on"] >= today
        ],
    )


@blueprint.get("/team/<code>", strict_slashes=False)
@needs("guide:read")
def member(code: str) -> str:
    """One guide's money as he sees it; a guide finds only himself here."""
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        row = directory.find_guide(connection, actor, today, code=code)
    if row is None:
        raise NotFound(f"There is no guide {code!r}.")
    booking.book_due(now, guides=[row.id])
    with db.read() as connection:
        view = reward_pages.view(connection, actor, row.id, reward_pages.asked_month(today), now)
        owned = guide_customers.waiting_for_a_guide(connection, [row.id], now).get(row.id, 0)
        return render_template(
            "guide/member.html",
            now=now,
            today=today,
            row=row,
            view=view,
            shown=shown_lines(view),
            owned=owned,
        )
