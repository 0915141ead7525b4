"""What is bought, how it is delivered, what comes back. Amounts in minor units."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.demo.words import GOODS
from stores.sales.inputs import LineIn

RETURNS = 0.042
_WEIGHTS = np.array([good[3] for good in GOODS])
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Basket:
    """`shipped_s`, `received_s`, `refunded_s`: seconds after payment, None: never told. `refund`: (line number, amount) as in RefundIn."""

    lines: tuple[LineIn, ...]
    delivery: str
    freight_minor: int
    shipped_s: int | None
    received_s: int | None
    refunded_s: int | None
    refund: tuple[tuple[int | None, int], ...]


def baskets(count: int, rng: np.random.Generator) -> Iterator[Basket]:
    """An endless supply would need a draw each; `count` of them are drawn at once."""
    sizes = rng.choice([1, 2, 3], size=count, p=[0.58, 0.29, 0.13]).tolist()
    goods = rng.choice(len(GOODS), size=3 * count, p=_WEIGHTS / _WEIGHTS.sum()).tolist()
    quantities = rng.choice([1, 2, 3, 6], size=3 * count, p=[0.62, 0.26, 0.09, 0.03]).tolist()
    dice = rng.random((count, 5)).tolist()
    for n in range(count):
        lines = tuple(_line(nth + 1, goods[3 * n + nth], quantities[3 * n + nth]) for nth in range(sizes[n]))
        yield _basket(lines, *dice[n])


def _line(number: int, good: int, quantity: int) -> LineIn:
    sku, category, price, _ = GOODS[good]
    return LineIn(number, quantity, price * quantity, sku=sku, category=category)


def _basket(lines: tuple[LineIn, ...], way: float, told: float, speed: float, back: float, how: float) -> Basket:
    total = sum(line.amount_minor for line in lines)
    delivery = "express" if way < 0.52 else "pickup" if way < 0.84 else "local"
    if delivery == "express":
        shipped, received = int((4 + 30 * speed) * _HOUR), int((40 + 80 * speed) * _HOUR)
    else:
        shipped, received = int((0.3 + speed) * _HOUR), int((0.8 + 3 * speed) * _HOUR)
    freight = 600 if delivery == "express" and total >= 3_000 and speed < 0.3 else 0
    refunded = int((2 + 260 * how) * _HOUR) if back < RETURNS else None
    return Basket(lines, delivery, freight, shipped if told < 0.97 else None, received if told < 0.92 else None, refunded, _refund(lines, total, how))


def _refund(lines: tuple[LineIn, ...], total: int, how: float) -> tuple[tuple[int | None, int], ...]:
    """Six in ten in full, the others one line or a part of the amount."""
    tenth = int(how * 1_000) % 10
    if tenth < 6:
        return ((None, total),)
    return ((lines[0].line_no, lines[0].amount_minor),) if tenth < 8 else ((None, max(1, total * 3 // 10)),)
