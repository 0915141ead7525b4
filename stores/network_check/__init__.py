"""The network check: where the network itself leads visitors wrong, whatever the policy. Three
statements, then numbers; kept for each version and day. Uses registers and what is above them."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections import OrderedDict

from sqlalchemy import Connection

import db
from stores.base import versions
from stores.network import network
from stores.network_check import oddities, points, reach, rows, territories
from stores.network_check.findings import GRAVE, KINDS, Checked, Finding, checked

REMEMBERED = 4
_kept: OrderedDict[tuple[str, int, dt.date], Checked] = OrderedDict()
_lock = threading.Lock()


def check(connection: Connection, today: dt.date) -> Checked:
    """Everything found in the newest network, as it is today; of each version and day it is looked
    for once in a process."""
    at = versions.current(connection)
    key = (db.database().url, at.network, today)
    with _lock:  # one at a time: a second asker would look for the same
        found = _kept.get(key)
        if found is None:
            snapshot = network.snapshot(at)
            shops, grounds = (
                rows.shops(connection, snapshot, today),
                rows.grounds(connection, today),
            )
            found = checked(
                at.network,
                today,
                len(shops),
                len(grounds),
                [
                    *points.suspicious(shops, oddities.elsewhere(shops)),
                    *territories.overlapping(grounds),
                    *territories.empty(grounds, snapshot, today),
                    *territories.unreachable(grounds, snapshot, today),
                    *reach.unreachable(shops),
                    *reach.shadowed(shops, snapshot, today),
                    *reach.colocated(shops),
                    *oddities.far(grounds, shops),
                    *oddities.one_point(shops),
                    *oddities.useless_postal_codes(grounds, shops),
                    *oddities.unknown_divisions(shops, grounds),
                    *oddities.radii(shops),
                    *oddities.fees(connection),
                ],
            )
            _kept[key] = found
            while len(_kept) > REMEMBERED:
                _kept.popitem(last=False)
        return found


def _forget_after_fork() -> None:
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_forget_after_fork)


def forget() -> None:
    """Drop what is kept (tests that change the database under it)."""
    _kept.clear()


__all__ = ["GRAVE", "KINDS", "Checked", "Finding", "check", "forget"]
