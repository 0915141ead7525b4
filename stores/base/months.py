"""Months as the business writes them: `2026-03`. Pure."""

from __future__ import annotations

import datetime as dt


def month_of(day: dt.date) -> str:
    """The month of a brand day, or of a moment in the brand's zone, as `YYYY-MM`."""
    return day.isoformat()[:7]
