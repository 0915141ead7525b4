"""The brand of this installation: its zone and currency, set once at start and pinned in the
database (M26, N3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from babel.core import get_global

from stores.base.countries import is_country
from stores.base.times import day_start


@dataclass(frozen=True, slots=True)
class Brand:
    """`currency` is an ISO 4217 code, `decimals` its number of minor digits."""

    timezone: ZoneInfo
    currency: str
    decimals: int


_brand: Brand | None = None


def configure(brand: Brand) -> None:
    global _brand
    _brand = brand


def brand() -> Brand:
    if _brand is None:
        raise RuntimeError("brand.configure(Brand(...)) was not called")
    return _brand


def country() -> str | None:
    """Where the brand is, by its zone, which is pinned (Asia/Shanghai: CN); None for a zone of no
    country, such as UTC."""
    found = get_global("zone_territories").get(brand().timezone.key)
    return found if isinstance(found, str) and is_country(found) else None


def business_day(instant: dt.datetime) -> dt.date:
    """The brand-zone day of an aware moment."""
    return instant.astimezone(brand().timezone).date()


def day_bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """Start (inclusive) and end (exclusive) of a brand-zone day, as UTC moments; 23 or 25 hours
    apart when clocks change."""
    zone = brand().timezone
    return day_start(day, zone), day_start(day + dt.timedelta(days=1), zone)
