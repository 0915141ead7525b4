"""Which of many areas' lists hold a postal code, looked up in one go (A12). Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import Generic, TypeVar

from stores.geo.postal_codes import Listed, normal

Key = TypeVar("Key")
_LONGEST_TAIL = 4


class PostalIndex(Generic[Key]):
    """Which keys list a code, by look-ups that do not grow with the number of lists."""

    def __init__(self, entries: Iterable[tuple[Listed, Key]]):
        self._codes: dict[str, list[Key]] = {}
        self._starts: dict[str, list[Key]] = {}
        self._ranges: dict[int, list[tuple[Listed, Key]]] = {}
        for entry, key in entries:
            if entry.kind == "range":
                self._ranges.setdefault(len(entry.low), []).append((entry, key))
            else:
                (self._codes if entry.kind == "code" else self._starts).setdefault(
                    entry.low, []
                ).append(key)
        self._sorted = sorted(self._codes)
        self._furthest: dict[
            int, list[str]
        ] = {}  # of ranges by their start: the greatest end up to each
        for length, several in self._ranges.items():
            several.sort(key=lambda pair: pair[0].low)
            self._furthest[length] = list(accumulate((entry.high for entry, _ in several), max))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PostalIndex) and (self._codes, self._starts, self._ranges) == (
            other._codes,
            other._starts,
            other._ranges,
        )

    __hash__ = None  # type: ignore[assignment]  # equal by what it holds

    def holding(self, text: str | None) -> list[Key]:
        """The keys whose lists hold a code as somebody wrote it, each once."""
        if not text or not (self._codes or self._starts or self._ranges):
            return []
        code = normal(text)
        found = list(self._codes.get(code, ()))
        for cut in range(1, len(code)):
            if (
                cut <= _LONGEST_TAIL
                and (district := code[:-cut]) in self._codes
                and Listed("code", district, district).holds(code)
            ):
                found += self._codes[district]
        if self._starts:
            found += [
                key
                for length in range(1, len(code) + 1)
                for key in self._starts.get(code[:length], ())
            ]
        return list(dict.fromkeys([*found, *self._in_ranges(code)]))

    def meeting(self, entry: Listed) -> list[Key]:
        """The keys whose lists may hold a code that `entry` holds too."""
        first, last = (
            bisect_left(self._sorted, entry.low),
            bisect_right(self._sorted, entry.high + "\uffff"),
        )
        near = (
            {
                *self._sorted[first:last],
                *(entry.low[:length] for length in range(1, len(entry.low))),
            }
            if last - first < len(self._sorted)
            else set(self._sorted)
        )
        found = [
            key
            for code in sorted(near & self._codes.keys())
            if entry.meets(Listed("code", code, code))
            for key in self._codes[code]
        ]
        found += [
            key
            for start, keys in self._starts.items()
            if entry.meets(Listed("start", start, start))
            for key in keys
        ]
        if entry.kind == "code":
            return list(dict.fromkeys([*found, *self._in_ranges(entry.low)]))
        return list(
            dict.fromkeys(
                [
                    *found,
                    *(
                        key
                        for several in self._ranges.values()
                        for span, key in several
                        if entry.meets(span)
                    ),
                ]
            )
        )

    def _in_ranges(self, code: str) -> list[Key]:
        several, furthest = self._ranges.get(len(code), []), self._furthest.get(len(code), [])
        found, at = [], bisect_right(several, code, key=lambda pair: pair[0].low)
        while at and furthest[at - 1] >= code:
            at -= 1
            if several[at][0].high >= code:
                found.append(several[at][1])
        return found
