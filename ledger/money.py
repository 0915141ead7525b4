"""Arithmetic of money in whole minor units: one rounding (half up) and exact shares. Pure (M24, D2,
D5)."""

from __future__ import annotations

from collections.abc import Sequence

# The largest amount of one line, one order, one figure of a plan, in minor units: a thousand
# million yuan, a hundred thousand million yen.
# Databases keep sums below 2^63: 92 million orders of this size fit, which is more money than the
# world has; a chain of 12 million customers
# who buy for a thousand yuan a month needs half a million years.
LARGEST_MINOR = 10**11
LARGEST_TARGET = 1_000 * LARGEST_MINOR  # of a month, also of a branch in a currency of small units


def proportion(amount: int, numerator: int, denominator: int) -> int:
    """`amount * numerator / denominator`, rounded half up on the absolute value, the sign put back
    after (M24).

    Raises ValueError for a denominator below 1 or a negative numerator.
    """
    if denominator < 1 or numerator < 0:
        raise ValueError(f"proportion {numerator}/{denominator} is none")
    size = (2 * abs(amount) * numerator + denominator) // (2 * denominator)
    return -size if amount < 0 else size


def basis_points(amount: int, rate_bp: int) -> int:
    """`rate_bp` ten-thousandths of `amount`, half up."""
    return proportion(amount, rate_bp, 10_000)


def share(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` >= 0 in proportion to `weights` >= 0 by largest remainder; the parts sum to
    `total`, ties go to the first.

    With no weight at all the first part takes everything. Raises ValueError without parts or with a
    negative weight."""
    if not weights or min(weights) < 0 or total < 0:
        raise ValueError("share needs a total and weights that are not negative")
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def reversal(total: int, base: int, reversed_base: int, reversed_before: int) -> int:
    """What to reverse now of `total` when `reversed_base` of `base` is undone so far (D5):
    cumulative, so that undoing all of `base` reverses `total` exactly. Raises ValueError when more
    than `base` is undone."""
    if not 0 <= reversed_base <= base:
        raise ValueError(f"{reversed_base} of {base} cannot be undone")
    if base == 0:
        return 0
    return proportion(total, reversed_base, base) - reversed_before
