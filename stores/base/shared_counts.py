"""Counts of how often something was asked, in the storage of RATE_LIMIT_STORAGE: of this process
alone, or shared by all in Redis.

While a shared storage does not answer, each process counts for itself: nobody is shut out and
nobody may try without end."""

from __future__ import annotations

import threading
import time

import structlog
from limits import RateLimitItem
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

log = structlog.get_logger("counts")
OWN = "memory://"
PATIENCE_SECONDS = 1.0  # for an answer of the shared storage; somebody who signs in waits for it
REST_SECONDS = 30.0  # after a failure


class Unusable(Exception):
    """The storage cannot be used at all: an unknown kind, or an address that cannot be read."""


class Counts:
    """`moving`: a moment counts for exactly so long; else windows begin at fixed moments, which is
    cheaper. Raises Unusable."""

    def __init__(self, uri: str, *, moving: bool) -> None:
        kind = MovingWindowRateLimiter if moving else FixedWindowRateLimiter
        self._storage = _storage(uri)
        self._shared = None if uri == OWN else kind(self._storage)
        self._own = kind(self._storage if uri == OWN else MemoryStorage())
        self._rests_until = 0.0
        self._lock = threading.Lock()

    def answers(self) -> bool:
        """Whether the storage can be reached now."""
        try:
            return bool(self._storage.check())
        except Exception:  # noqa: BLE001 - whatever a client raises, it did not answer
            return False

    def wait_of(self, limits: list[RateLimitItem], *who: str) -> int | None:
        """Count one call; None when it is within every limit, else the seconds to wait."""
        if self._shared is not None and time.monotonic() >= self._rests_until:
            try:
                return _wait(self._shared, limits, who)
            except StorageError as error:
                self._rest(error)
        return _wait(self._own, limits, who)

    def _rest(self, error: StorageError) -> None:
        with self._lock:
            self._rests_until = time.monotonic() + REST_SECONDS
        log.warning(
            "shared counts do not answer; this process counts for itself",
            error=type(error.storage_error).__name__,
            for_seconds=REST_SECONDS,
        )


def _storage(uri: str) -> Storage:
    if uri == OWN:
        return MemoryStorage()
    try:
        found = storage_from_string(
            uri,
            wrap_exceptions=True,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
        )
    except (ConfigurationError, ValueError, TypeError) as error:
        raise Unusable(" ".join(str(error).split())) from None
    assert isinstance(found, Storage)
    return found


def _wait(
    limiter: MovingWindowRateLimiter | FixedWindowRateLimiter,
    limits: list[RateLimitItem],
    who: tuple[str, ...],
) -> int | None:
    for limit in limits:
        if not limiter.hit(limit, *who):
            return max(1, round(limiter.get_window_stats(limit, *who).reset_time - time.time()))
    return None
