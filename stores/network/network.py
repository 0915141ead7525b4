"""The network as this process sees it: the newest snapshot, swapped in as versions come, and past
ones (DESIGN 2, M7, M14, M22)."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict

import db
from stores.base import versions
from stores.base.versions import Versions
from stores.network.loading import load
from stores.network.snapshot import Snapshot

REFRESH_SECONDS = 1.0
REMEMBERED_PASTS = 4


class _Holder:
    """The newest snapshot of this process. One builder at a time; swaps only forward."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.snapshot: Snapshot | None = None
        self.checked = 0.0
        self.past_lock = (
            threading.Lock()
        )  # apart: whoever replays the past must not hold up those who enter now
        self.pasts: OrderedDict[tuple[str, Versions], Snapshot] = OrderedDict()
        self.url = ""

    def at_least(self, wanted: Versions) -> Snapshot:
        """The newest snapshot, rebuilt first when it is older than `wanted` (versions just read
        from the database)."""
        held = self.snapshot
        if (
            held is not None
            and held.version >= wanted.network
            and held.policy_version >= wanted.policy
            and self.url == db.database().url
        ):
            return held
        with self.lock:
            held = self.snapshot
            if (
                held is None
                or held.version < wanted.network
                or held.policy_version < wanted.policy
                or self.url != db.database().url
            ):
                with db.read(apart=True) as connection:
                    held = load(
                        connection,
                        versions.current(connection),
                        held if self.url == db.database().url else None,
                    )
                self.snapshot, self.url, self.checked = held, db.database().url, time.monotonic()
            return held


_holder = _Holder()


def _forget_after_fork() -> None:
    _holder.lock, _holder.past_lock = threading.Lock(), threading.Lock()


os.register_at_fork(after_in_child=_forget_after_fork)


def snapshot(wanted: Versions) -> Snapshot:
    """The newest snapshot, at least of the versions that the caller has just read."""
    return _holder.at_least(wanted)


def newest() -> Snapshot:
    """The newest snapshot; asks the database for its version at most once a second."""
    held = _holder.snapshot
    if (
        held is not None
        and _holder.url == db.database().url
        and time.monotonic() - _holder.checked < REFRESH_SECONDS
    ):
        return held
    with db.read() as connection:
        wanted = versions.current(connection)
    held = _holder.at_least(wanted)
    _holder.checked = time.monotonic()
    return held


def snapshot_age_seconds() -> float | None:
    """Seconds since this process last knew that its snapshot is the newest; None before the
    first."""
    return None if _holder.snapshot is None else time.monotonic() - _holder.checked


def past(at: Versions) -> Snapshot:
    """The snapshot of an earlier network and policy version, rebuilt from the revisions."""
    held, key = _holder.snapshot, (db.database().url, at)
    if held is not None and (held.version, held.policy_version) == at and _holder.url == key[0]:
        return held
    with _holder.past_lock:
        if key not in _holder.pasts:
            with db.read(apart=True) as connection:
                _holder.pasts[key] = load(connection, at, held if _holder.url == key[0] else None)
            while len(_holder.pasts) > REMEMBERED_PASTS:
                _holder.pasts.popitem(last=False)
        return _holder.pasts[key]


def forget() -> None:
    """Drop what this process holds (tests that change the database under it)."""
    _holder.snapshot = None
    _holder.pasts.clear()
