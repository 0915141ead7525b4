"""What needs somebody at headquarters or in a branch: one line of work with its number and the door
to its rows (PORTALS 3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import current_app, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection

from app.jobs import job_lists
from app.ui import shown_days
from app.web.permissions import declared
from incentives import work as incentive_work
from ledger import clocks
from stores import network_check
from stores.base.actors import Actor
from stores.lists import overview


@dataclass(frozen=True, slots=True)
class WorkItem:
    """`number` of things that wait; `wrong` when waiting costs somebody money."""

    name: str
    note: str
    number: int
    url: str | None
    wrong: bool = False


def items(connection: Connection, actor: Actor, today: dt.date) -> list[WorkItem]:
    """What waits first, then what is clear."""
    waiting, days = (
        overview.work(connection, actor, today),
        shown_days.asked({}, today, overview.WORK_DAYS),
    )
    found = [
        WorkItem(
            _("Stores without an entry for 7 days"),
            _("open, cloud shop on"),
            waiting["silent_stores"],
            _open(actor, "hq.stores", silent="yes"),
        )
    ]
    if "unattributed" in waiting:
        found.insert(
            0,
            WorkItem(
                _("Orders that no store owns"),
                _("paid in the last 30 days"),
                waiting["unattributed"],
                _open(actor, "hq.orders", owner="unattributed", **days.query),
                wrong=True,
            ),
        )
    if actor.scope_kind == "all":
        rewards = incentive_work.waiting(connection, today)
        checked = network_check.check(connection, today)
        found.append(
            WorkItem(
                _("Findings of the network check"),
                _("territories, unreachable stores, coordinates"),
                len(checked.findings),
                _open(actor, "hq.network_check_page"),
                wrong=checked.grave > 0,
            )
        )
        found.append(
            WorkItem(
                _("Reward months to approve"),
                _("over, something was earned"),
                rewards["months_to_approve"],
                _open(actor, "hq.reward_months"),
            )
        )
        found.append(
            WorkItem(
                _("Closed months that come out differently"),
                _("nothing is booked until two people decide"),
                rewards["restatements"],
                _open(actor, "hq.reward_months"),
                wrong=True,
            )
        )
    if actor.may("job:read"):
        found.append(
            WorkItem(
                _("Rewards are not booked, for clocks disagree"),
                _(
                    "something was booked at a later moment than the clock shows; set the clocks "
                    "right"
                ),
                int(clocks.doubted(connection, dt.datetime.now(dt.UTC)) is not None),
                _open(actor, "hq.jobs"),
                wrong=True,
            )
        )
        found.append(
            WorkItem(
                _("Jobs that failed"),
                _("imports and other long work"),
                job_lists.failed_jobs(connection),
                _open(actor, "hq.jobs", state="failed"),
                wrong=True,
            )
        )
    return sorted(found, key=lambda item: item.number == 0)


def _open(actor: Actor, endpoint: str, **query: str) -> str | None:
    """The address of a page, if it is there and this person may open it."""
    view = current_app.view_functions.get(endpoint)
    return (
        url_for(endpoint, **query) if view is not None and actor.may(declared(view) or "") else None
    )  # type: ignore[arg-type]
