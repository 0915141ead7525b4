"""Marking a notice as read, for whoever it is shown to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, request
from sqlalchemy import Row

import db
from app.accounts.next_page import safe_next
from app.web.clock import now_and_today
from app.web.permissions import OWN_ACCOUNT, current_actor, needs
from stores.customers import notices

SHOWN_ON = ("dealer.home", "guide.home")
blueprint = Blueprint("notices", __name__, url_prefix="/notices")


def of_reader() -> Sequence[Row[Any]]:
    """The reader's unread notices, on the first page of his portal only."""
    if request.endpoint not in SHOWN_ON:
        return ()
    with db.read() as connection:
        return notices.unread(connection, current_actor(), now_and_today()[1])


@blueprint.post("/<int:notice_id>/read")
@needs(OWN_ACCOUNT)
def read(notice_id: int) -> Any:
    notices.mark_read(notice_id, current_actor(), dt.datetime.now(dt.UTC))
    return redirect(safe_next(request.form.get("back")) or "/", 303)
