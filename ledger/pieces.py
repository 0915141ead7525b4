"""Many values in pieces that one statement takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

AT_ONCE = 5_000  # values in one IN (...); both engines take more, planning time grows
T = TypeVar("T")


def pieces(values: Iterable[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """Slices of at most `size` values, in their order; none of what is empty."""
    kept = values if isinstance(values, Sequence) else list(values)
    for start in range(0, len(kept), size):
        yield kept[start : start + size]
