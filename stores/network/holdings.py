"""Which stores a dealer held when: what happened in a store counts as his for the days of his
contract only (D12, P6)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, false, or_, select

from stores.base.brand import day_bounds
from stores.network.contracts import dealer_contract

Span = tuple[dt.datetime | None, dt.datetime | None]  # from, to; None: no bound


@dataclass(frozen=True, slots=True)
class Holdings:
    """By store the times [from, to) at which it was the dealer's, by the contracts known now."""

    spans: dict[int, tuple[Span, ...]]

    def at(self, store_id: int | None, moment: dt.datetime) -> bool:
        return any(
            (a is None or a <= moment) and (b is None or moment < b)
            for a, b in self.spans.get(store_id or 0, ())
        )

    def during(self, store_id: int | None, begin: dt.datetime, end: dt.datetime) -> bool:
        """Whether it was his at any moment of [begin, end)."""
        return any(
            (a is None or a < end) and (b is None or begin < b)
            for a, b in self.spans.get(store_id or 0, ())
        )

    def condition(
        self, store_id: Any, moment: Any, first: dt.datetime, last: dt.datetime
    ) -> ColumnElement[bool]:
        """`at` as SQL over two columns, right for moments from `first` to `last`. Stores of the
        same bounds share one term."""
        groups: dict[Span, list[int]] = defaultdict(list)
        for each, spans in self.spans.items():
            for a, b in spans:
                begin, end = (
                    a if a is not None and a > first else None,
                    b if b is not None and b <= last else None,
                )
                if (b is None or b > first) and (a is None or a <= last):
                    groups[begin, end].append(each)
        terms = [
            and_(
                store_id.in_(ids),
                *((moment >= a,) if a is not None else ()),
                *((moment < b,) if b is not None else ()),
            )
            for (a, b), ids in groups.items()
        ]
        return or_(*terms) if terms else false()


def of_dealer(connection: Connection, dealer_id: int) -> Holdings:
    c = dealer_contract.c
    found: dict[int, list[Span]] = defaultdict(list)
    for r in connection.execute(
        select(c.store_id, c.valid_from, c.valid_to)
        .where(c.dealer_id == dealer_id, c.version_to.is_(None))
        .order_by(c.store_id, c.id)
    ):
        found[r.store_id].append(
            (
                day_bounds(r.valid_from)[0] if r.valid_from else None,
                day_bounds(r.valid_to)[0] if r.valid_to else None,
            )
        )
    return Holdings({store_id: tuple(spans) for store_id, spans in found.items()})


def held_on(dealer_id: int, store_id: Any, day: Any) -> ColumnElement[bool]:
    """Whether the store of a row was the dealer's on the brand day of the row."""
    c = dealer_contract.c
    return exists(
        select(c.id).where(
            c.store_id == store_id,
            c.dealer_id == dealer_id,
            c.version_to.is_(None),
            or_(c.valid_from.is_(None), c.valid_from <= day),
            or_(c.valid_to.is_(None), c.valid_to > day),
        )
    )


def ever_held(dealer_id: int) -> Select[Any]:
    """The ids of the dealer's stores of all times, by the contracts known now."""
    c = dealer_contract.c
    return select(c.store_id).where(c.dealer_id == dealer_id, c.version_to.is_(None))
