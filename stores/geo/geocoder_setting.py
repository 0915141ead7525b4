"""Which geocoder to ask, and the shape of asking it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Ask = Callable[
    [str], list[tuple[str, float, float, str | None]]
]  # words to (name, latitude, longitude, adcode) in the provider's system


@dataclass(frozen=True, slots=True)
class Provider:
    """`name` nominatim, baidu or amap; `url` instead of the maker's own; `rate` such as 1/second;
    `agent` says who asks; `limits_at` counts the calls."""

    name: str
    key: str | None = field(default=None, repr=False)
    url: str | None = None
    rate: str = "1/second"
    agent: str = "Doorstep"
    limits_at: str = "memory://"
