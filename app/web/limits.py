"""Rate limits. With memory storage each process counts for itself; RATE_LIMIT_STORAGE lets them
count together.

Only the views that ask for it pay: a limit on every request costs a third of a plain answer, and
the entry path has none by default."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app, request
from limits import parse_many
from werkzeug.exceptions import TooManyRequests

from app.web.problems import Refusal
from stores.base.actors import Actor
from stores.base.shared_counts import Counts

View = TypeVar("View", bound=Callable[..., Any])
# by address; the lock after 10 failures is counted by user, in the database
SIGN_IN_RATE = "30 per minute;300 per hour"


def init_app(app: Flask, storage_uri: str) -> None:
    """Raises shared_counts.Unusable."""
    app.extensions["doorstep_limits"] = Counts(storage_uri, moving=True)


def of(app: Flask) -> Counts:
    found: Counts = app.extensions["doorstep_limits"]
    return found


def limited(rate: str, name: str, who: Callable[[], str] | None = None) -> Callable[[View], View]:
    """At most so many POSTs to this view from one address, or by one `who`; more get 429 with
    Retry-After."""
    limits = parse_many(rate)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if request.method == "POST":
                wait = of(current_app).wait_of(
                    limits, name, who() if who else request.remote_addr or "unknown"
                )
                if wait is not None:
                    raise TooManyRequests(retry_after=wait)
            return view(*args, **kwargs)

        return cast(View, guarded)

    return decorate


def per_key(
    app: Flask, rate: str, actor_of: Callable[[str], Actor | None]
) -> Callable[[str], Actor | None]:
    """`actor_of`, but a key that calls more often than `rate` is refused with 429."""
    limits = parse_many(rate)

    def limited_actor_of(key: str) -> Actor | None:
        actor = actor_of(key)
        wait = None if actor is None else of(app).wait_of(limits, "api", actor.name)
        if wait is not None:
            raise Refusal(
                429,
                f"This key may call {rate}; wait {wait} s.",
                "too_many_requests",
                {"Retry-After": str(wait)},
            )
        return actor

    return limited_actor_of
