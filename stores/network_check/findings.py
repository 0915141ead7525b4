"""What the network check says: one finding for each thing that leads visitors wrong, or may."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

GRAVE = frozenset(
    {
        "territory_overlap",
        "territory_empty",
        "store_unreachable",
        "point_at_sea",
        "point_swapped",
        "point_elsewhere",
    }
)  # visitors are led wrong today
KINDS = (
    "point_swapped",
    "point_elsewhere",
    "point_at_sea",
    "territory_overlap",
    "territory_empty",
    "store_unreachable",
    "store_shadowed",
    "area_unreachable",
    "area_far",
    "stores_one_point",
    "stores_colocated",
    "postal_useless",
    "region_unknown",
    "point_far",
    "radius_odd",
    "fee_odd",
    "crs_doubt",
)  # gravest first


@dataclass(frozen=True, slots=True)
class Finding:
    """`thing` is store, area or dealer, with its code and name; `other` the code of what it
    collides with ('' for nothing), of kind `other_thing`.

    `numbers` by name, as the sentence of the kind needs them: square_m, metres, reason, crs, region
    (a code), codes, countries."""

    kind: str
    thing: str
    code: str
    name: str
    dealer: str = ""
    other: str = ""
    other_thing: str = "store"
    numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def grave(self) -> bool:
        return self.kind in GRAVE

    @property
    def place(self) -> tuple[int, str, str]:
        """The key by which findings are sorted: kind in the order of `KINDS`, then the codes of
        both sides."""
        return KINDS.index(self.kind), self.code, self.other


@dataclass(frozen=True, slots=True)
class Checked:
    """Of network `version` as it is on `day`; `findings` gravest kinds first."""

    version: int
    day: dt.date
    stores: int
    areas: int
    findings: tuple[Finding, ...]
    counts: dict[str, int]

    @property
    def grave(self) -> int:
        return sum(each.grave for each in self.findings)


def checked(
    version: int, day: dt.date, stores: int, areas: int, found: Sequence[Finding]
) -> Checked:
    counts = Counter(each.kind for each in found)
    return Checked(
        version,
        day,
        stores,
        areas,
        tuple(sorted(found, key=lambda each: each.place)),
        {kind: counts[kind] for kind in KINDS},
    )
