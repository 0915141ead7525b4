"""Deeds on a customer as the routes do them, and what refuses them."""

from __future__ import annotations

import datetime as dt

import pytest

from ledger.faults import Conflict
from stores.base.actors import COMMAND_LINE, Actor
from stores.customer_deeds import deeds as customer_deeds
from stores.customer_deeds.deeds import Deed

KEY = Actor("key:1", frozenset({"customer:write"}))


def does(
    kind: str,
    at: dt.datetime,
    store: str | None = None,
    guide: str | None = None,
    actor: Actor = COMMAND_LINE,
    **more,
) -> customer_deeds.Done:
    return customer_deeds.do(
        Deed(kind, "c1", store, guide, **{"note": "because"} | more), actor=actor, now=at
    )


def refused(code: str, *args, **named) -> None:
    with pytest.raises(Conflict) as refusal:
        does(*args, **named)
    assert refusal.value.code == code
