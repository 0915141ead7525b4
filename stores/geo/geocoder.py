"""A geocoder behind a setting (A9), off by default: addresses to coordinates, asked with care and
never relied on.

Answers are kept for 30 days under a keyed hash of the words (no address can be read from it), asked
at most so often, within three seconds. Whoever fails or is asked too often is left alone for a
while; the search then answers from its own tables. Neither the words nor the key enter a log."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import threading
import time
from dataclasses import dataclass

import structlog
from geopy.exc import GeopyError
from limits import parse
from sqlalchemy import Column, Index, Table, delete, select

import db
from ledger import schema
from ledger.faults import Fault
from ledger.upsert import insert_or_update
from stores.base import keys
from stores.base.folding import fold
from stores.base.shared_counts import Counts
from stores.geo.coordinates import Coordinates, to_wgs84
from stores.geo.geocoder_setting import Ask, Provider
from stores.geo.regions import regions

log = structlog.get_logger("geocoder")
KEPT_FOR = dt.timedelta(days=30)
REST_SECONDS = 30.0  # after a failure
MOST = 5

geocoded = Table(
    "geocoded",
    schema.metadata,
    Column("words_hash", schema.Code(64), primary_key=True),
    Column("answer", schema.Json, nullable=False),
    Column("expires_at", schema.Instant, nullable=False),
    Index("ix_geocoded_expires", "expires_at"),
)


@dataclass(frozen=True, slots=True)
class Address:
    """An address with its point in WGS-84, converted from what its provider measures in."""

    name: str
    point: Coordinates
    region_code: str | None
    provider: str


class _State:
    """What this process knows of its provider."""

    def __init__(self, provider: Provider | None) -> None:
        self.provider = provider
        self.crs, self.ask = _asking(provider)
        self.limit = parse(provider.rate) if provider is not None else None
        self.counts = Counts(provider.limits_at, moving=False) if provider is not None else None
        self.rests_until = 0.0
        self.lock = threading.Lock()


def _asking(provider: Provider | None) -> tuple[str, Ask]:
    """The system a provider measures in, and how to ask it; its module is large and loaded only
    where a geocoder is set."""
    if provider is None:
        return "wgs84", lambda words: []
    from stores.geo import geocoder_providers

    return geocoder_providers.asking(provider)


_state = _State(None)


def configure(provider: Provider | None) -> None:
    """Which provider to ask; None: nobody. Raises shared_counts.Unusable."""
    global _state
    _state = _State(provider)


def is_on() -> bool:
    return _state.provider is not None


def ask(words: str, now: dt.datetime | None = None) -> list[Address]:
    """Where an address lies; [] when nobody is asked, nothing was found or no answer came. Writes
    the cache: hold no connection."""
    state, at = _state, now or dt.datetime.now(dt.UTC)
    if state.provider is None or not words.strip():
        return []
    name = _hash(state.provider.name, words)
    with db.read() as connection:
        row = connection.execute(select(geocoded).where(geocoded.c.words_hash == name)).first()
    if row is not None and row.expires_at > at:
        return [
            Address(each[0], Coordinates(each[1], each[2]), each[3], state.provider.name)
            for each in row.answer
        ]
    found = _asked(state, words)
    if found is None:
        return []
    with db.transaction() as connection:
        insert_or_update(
            connection,
            geocoded,
            [
                {
                    "words_hash": name,
                    "answer": [
                        [each.name, each.point.latitude, each.point.longitude, each.region_code]
                        for each in found
                    ],
                    "expires_at": at + KEPT_FOR,
                }
            ],
            ["words_hash"],
        )
    return found


def forget_old(now: dt.datetime) -> int:
    """Answers past their time go; how many."""
    with db.transaction() as connection:
        return int(
            connection.execute(delete(geocoded).where(geocoded.c.expires_at <= now)).rowcount
        )


def _hash(provider: str, words: str) -> str:
    return hmac.new(
        keys.data_key(), f"geocoder {provider} {fold(words)}".encode(), hashlib.sha256
    ).hexdigest()


def _asked(state: _State, words: str) -> list[Address] | None:
    """None when there is no answer to keep."""
    if state.provider is None or state.counts is None or state.limit is None:
        return None
    provider = state.provider.name
    if time.monotonic() < state.rests_until:
        return None
    if state.counts.wait_of([state.limit], "geocoder", provider) is not None:
        log.info("geocoder not asked: its rate is used up", provider=provider)
        return None
    try:
        answers = state.ask(words)
    except (
        GeopyError,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:  # a provider may answer anything at all
        state.rests_until = time.monotonic() + REST_SECONDS
        log.warning(
            "geocoder did not answer; places come from the tables",
            provider=provider,
            error=type(error).__name__,
            rests_s=REST_SECONDS,
        )
        return None
    return [
        each
        for answer in answers[:MOST]
        if (each := _address(provider, state.crs, *answer)) is not None
    ]


def _address(
    provider: str, crs: str, name: str, latitude: float, longitude: float, adcode: str | None
) -> Address | None:
    try:
        return Address(
            str(name)[:200],
            to_wgs84(float(latitude), float(longitude), crs),
            adcode if adcode in regions() else None,
            provider,
        )
    except (Fault, ValueError, TypeError):
        return None
