"""Who buys, what is bought, how it is delivered, what comes back. Amounts in minor units.

The trade is leaf tea with what belongs to it, sold by franchised stores. Of 100 visits of web shops
for food and drink 5.5 to 6.5 end in an order (published averages of 2023 to 2025), of those whom
somebody sent 2 to 2.5 times as many as of those who come by themselves; that is where `buys`
stands. Baskets are 1.6 lines of one or two pieces, some 200 yuan on ordinary days and more before
festivals: our own assumption."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.demo.seasons import giving, wanted
from app.demo.words import GOODS
from stores.orders.inputs import LineIn

RETURNS = 0.042
BUYS, BUYS_SENT = 0.055, 0.13  # of all visits; of those whom a guide's link brought
GIVERS = 1.5  # so many times as many buy in the weeks before a festival
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Basket:
    """`shipped_s`, `received_s`, `refunded_s`: seconds after payment, None: never told. `refund`:
    (line number, amount) as in RefundIn."""

    lines: tuple[LineIn, ...]
    delivery: str
    freight_minor: int
    shipped_s: int | None
    received_s: int | None
    refunded_s: int | None
    refund: tuple[tuple[int | None, int], ...]


def buys(sent: bool, day: dt.date) -> float:
    """The share of visits that end in an order."""
    return (BUYS_SENT if sent else BUYS) * (GIVERS if giving(day) else 1.0)


def baskets(count: int, day: dt.date, rng: np.random.Generator) -> Iterator[Basket]:
    """An endless supply would need a draw each; `count` of them are drawn at once."""
    weights = np.array([weight * wanted(category, day) for _, category, _, weight in GOODS])
    sizes = rng.choice([1, 2, 3], size=count, p=[0.58, 0.29, 0.13]).tolist()
    goods = rng.choice(len(GOODS), size=3 * count, p=weights / weights.sum()).tolist()
    quantities = rng.choice([1, 2, 3, 6], size=3 * count, p=[0.74, 0.20, 0.04, 0.02]).tolist()
    dice = rng.random((count, 5)).tolist()
    for n in range(count):
        lines = tuple(
            _line(nth + 1, goods[3 * n + nth], quantities[3 * n + nth]) for nth in range(sizes[n])
        )
        yield _basket(lines, *dice[n])


def _line(number: int, good: int, quantity: int) -> LineIn:
    sku, category, price, _ = GOODS[good]
    return LineIn(number, quantity, price * quantity, sku=sku, category=category)


def _basket(
    lines: tuple[LineIn, ...], way: float, told: float, speed: float, back: float, how: float
) -> Basket:
    total = sum(line.amount_minor for line in lines)
    delivery = "express" if way < 0.52 else "pickup" if way < 0.84 else "local"
    if delivery == "express":
        shipped, received = int((4 + 30 * speed) * _HOUR), int((40 + 80 * speed) * _HOUR)
    else:
        shipped, received = int((0.3 + speed) * _HOUR), int((0.8 + 3 * speed) * _HOUR)
    freight = 800 if delivery == "express" and total < 9_900 and speed < 0.6 else 0
    refunded = int((2 + 260 * how) * _HOUR) if back < RETURNS else None
    return Basket(
        lines,
        delivery,
        freight,
        shipped if told < 0.97 else None,
        received if told < 0.92 else None,
        refunded,
        _refund(lines, total, how),
    )


def _refund(
    lines: tuple[LineIn, ...], total: int, how: float
) -> tuple[tuple[int | None, int], ...]:
    """Six in ten in full, the others one line or a part of the amount."""
    tenth = int(how * 1_000) % 10
    if tenth < 6:
        return ((None, total),)
    return (
        ((lines[0].line_no, lines[0].amount_minor),)
        if tenth < 8
        else ((None, max(1, total * 3 // 10)),)
    )
