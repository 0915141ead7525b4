"""Spans of time in which something held, and how a JSON column keeps them."""

from __future__ import annotations

import datetime as dt

Spans = tuple[tuple[dt.datetime, dt.datetime | None], ...]  # [from, until), None: still


def spans_of(kept: list[list[str | None]] | None) -> Spans:
    """Spans of time from the pairs of ISO texts that `kept_spans` made; None as an end: still going
    on."""
    return tuple(
        (
            dt.datetime.fromisoformat(first or ""),
            None if until is None else dt.datetime.fromisoformat(until),
        )
        for first, until in kept or ()
    )


def kept_spans(spans: Spans) -> list[list[str | None]] | None:
    """For a JSON column; None for no span at all."""
    return [
        [first.isoformat(), None if until is None else until.isoformat()] for first, until in spans
    ] or None


def holds_at(spans: Spans, at: dt.datetime) -> bool:
    return any(first <= at and (until is None or at < until) for first, until in spans)
