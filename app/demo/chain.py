"""What the network of the demo chain is made of: shops, changes, and the chain that holds them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

Texts = dict[str, str]


@dataclass(slots=True)
class Shop:
    """One store; the point is WGS-84. `weight` says how many people live nearer to it than to
    others."""

    code: str
    name: str
    branch_code: str
    city_code: str
    region_code: str
    latitude: float
    longitude: float
    weight: float
    dealer_code: str = ""
    opens_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Rows for one register, brought in on the morning of that day of the demo."""

    day: int
    kind: str
    rows: tuple[Texts, ...]


@dataclass(slots=True)
class Chain:
    """`staff`: guide codes by position of their store at the start; `moves`: (day, guide, store
    position or None for leaving)."""

    first_day: dt.date
    branches: list[Texts] = field(default_factory=list)
    dealers: list[Texts] = field(default_factory=list)
    shops: list[Shop] = field(default_factory=list)
    stores: list[Texts] = field(default_factory=list)
    guides: list[Texts] = field(default_factory=list)
    areas: list[dict[str, Any]] = field(default_factory=list)
    offers: list[Texts] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    staff: list[list[str]] = field(default_factory=list)
    moves: list[tuple[int, str, int | None]] = field(default_factory=list)
    shut: dict[int, int] = field(
        default_factory=dict
    )  # store position: first day on which it takes nobody
    policy: dict[str, Any] = field(default_factory=dict)
    fraudster: str = ""
    leaver: str = ""
    fraud_day: int = 0
