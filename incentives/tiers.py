"""Tiered totals: T(sum) rounds once, a line is T(after) - T(before), so lines always sum to the
total (C5, C6, M24). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.money import proportion


@dataclass(frozen=True, slots=True)
class Band:
    """Up to `up_to_minor` (None: without end) at `rate_bp` ten-thousandths, and/or a fixed
    `amount_minor`."""

    up_to_minor: int | None
    rate_bp: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Tiers:
    """`mode`: marginal (each band's rate for its part) or retroactive (the reached band's rate for
    all). `bound`: the band to which a sum exactly on a bound belongs, lower or upper."""

    mode: str
    bound: str
    bands: tuple[Band, ...]

    def reached(self, sum_minor: int) -> int:
        """The number of the band to which the sum belongs."""
        for number, band in enumerate(self.bands):
            top = band.up_to_minor
            if top is None or sum_minor < top or sum_minor == top and self.bound == "lower":
                return number
        return len(self.bands) - 1

    def total(self, sum_minor: int) -> int:
        """T(sum) in minor units, half up once. Fixed amounts: retroactive the reached band's,
        marginal those of all bands entered."""
        if sum_minor <= 0:
            return 0
        at = self.reached(sum_minor)
        if self.mode == "retroactive":
            band = self.bands[at]
            return proportion(sum_minor * band.rate_bp, 1, 10_000) + band.amount_minor
        parts, below = 0, 0
        for band in self.bands[: at + 1]:
            top = sum_minor if band.up_to_minor is None else min(sum_minor, band.up_to_minor)
            parts += max(0, top - below) * band.rate_bp
            below = top
        return proportion(parts, 1, 10_000) + sum(
            band.amount_minor for band in self.bands[: at + 1]
        )


def flat(rate_bp: int) -> Tiers:
    """Tiers of a single band without end: `rate_bp` basis points of every amount."""
    return Tiers("marginal", "lower", (Band(None, rate_bp),))


def under(cap: int | None, so_far: int, amount: int) -> int:
    """What a cap of the running sum leaves of the next amount: f(sum + a) - f(sum), f = min(cap, x)
    (M6)."""
    return amount if cap is None else min(cap, so_far + amount) - min(cap, so_far)
