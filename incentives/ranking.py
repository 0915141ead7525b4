"""Who is how far in a store's month: ranks, and the neighbours of one of them without their amounts
(G3). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ranked:
    """Equal values share a rank; the next rank leaves out as many. `gap`: how much more the one
    before has, 0 for the first."""

    rank: int
    key: int
    value: int
    gap: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Of `of` people. `above` and `below` are (key, rank, how far away), the nearest ones, equals
    among them; None at the ends."""

    rank: int
    of: int
    value: int
    above: tuple[int, int, int] | None
    below: tuple[int, int, int] | None


def ranked(values: Mapping[int, int], order: Sequence[int]) -> list[Ranked]:
    """Highest value first; equals as in `order`."""
    place = {key: n for n, key in enumerate(order)}
    found: list[Ranked] = []
    for n, key in enumerate(sorted(values, key=lambda k: (-values[k], place[k]))):
        last = found[-1] if found else None
        rank = last.rank if last is not None and last.value == values[key] else n + 1
        found.append(
            Ranked(rank, key, values[key], 0 if last is None else last.value - values[key])
        )
    return found


def standing(values: Mapping[int, int], order: Sequence[int], key: int) -> Standing | None:
    """None when the key is not among them."""
    table = ranked(values, order)
    at = next((n for n, each in enumerate(table) if each.key == key), None)
    if at is None:
        return None
    own = table[at]
    up = table[at - 1] if at > 0 else None
    down = table[at + 1] if at + 1 < len(table) else None
    return Standing(
        own.rank,
        len(table),
        own.value,
        (up.key, up.rank, up.value - own.value) if up else None,
        (down.key, down.rank, own.value - down.value) if down else None,
    )
