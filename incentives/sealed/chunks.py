"""Long lists of ids, a part at a time."""

from __future__ import annotations

from collections.abc import Iterable

CHUNK = 400


def chunks(ids: Iterable[int]) -> Iterable[list[int]]:
    kept = sorted(set(ids))
    return (kept[start : start + CHUNK] for start in range(0, len(kept), CHUNK))
