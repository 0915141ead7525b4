"""What a store's own shop shows on a day: the mall's promotions and ranges by their ids, as the
store switched them. Pure.

Doorstep keeps no catalogue: a reference is the id by which the mall knows a promotion or a range of
articles. A promotion is in force while it is switched on and its days run. A range that is switched
on or off on its days is said so; of any other the mall's own rule holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PROMOTION, RANGE = "promotion", "range"
KINDS = (PROMOTION, RANGE)


@dataclass(frozen=True, slots=True)
class Offer:
    """Days are inclusive, None is open."""

    kind: str
    reference: str
    on: bool
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What a shop shows at a moment: references of promotions, of ranges switched on and off, each
    in code-point order."""

    promotions: tuple[str, ...] = ()
    ranges_on: tuple[str, ...] = ()
    ranges_off: tuple[str, ...] = ()


NOTHING = Shown()


def shown_on(offers: Sequence[Offer], day: dt.date) -> Shown:
    held = sorted((o for o in offers if o.holds(day)), key=lambda o: o.reference)
    return Shown(
        tuple(o.reference for o in held if o.kind == PROMOTION and o.on),
        tuple(o.reference for o in held if o.kind == RANGE and o.on),
        tuple(o.reference for o in held if o.kind == RANGE and not o.on),
    )


def unchanged_around(offers: Sequence[Offer], day: dt.date) -> tuple[dt.date, dt.date]:
    """The first and last day, that one between them, on which the same is shown."""
    first, last = dt.date.min, dt.date.max
    for each in offers:
        for change in (
            each.valid_from,
            each.valid_to + dt.timedelta(days=1) if each.valid_to is not None else None,
        ):
            if change is None:
                continue
            if change <= day:
                first = max(first, change)
            else:
                last = min(last, change - dt.timedelta(days=1))
    return first, last


class Shelves:
    """The offers of all stores, by surrogate id, with what each shows remembered until its next
    change of days. Read by many threads."""

    def __init__(self, offers: Mapping[int, Sequence[Offer]] | None = None):
        self.offers = offers or {}
        self._known: dict[int, tuple[dt.date, dt.date, Shown]] = {}

    def of(self, store_id: int, day: dt.date) -> Shown:
        known = self._known.get(store_id)
        if known is not None and known[0] <= day <= known[1]:
            return known[2]
        offers = self.offers.get(store_id)
        if not offers:
            return NOTHING
        first, last = unchanged_around(offers, day)
        shown = shown_on(offers, day)
        self._known[store_id] = (first, last, shown)
        return shown
