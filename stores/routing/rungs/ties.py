"""Stores that are equal for this visitor, and the fixed order that parts them (A6, A7)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from stores.facts.decision import Candidate, Match, Question, holds
from stores.network.records import StoreRecord

KEPT_CANDIDATES = 5
TIES = ("home", "last_visit", "open_now", "priority", "nearer", "store_code")


def limit_m(q: Question) -> float:
    """A6, A7: how much farther than the best a store may be and still count as equal."""
    if q.policy.ambiguity_m == 0:
        return 0.0
    accuracy = (
        q.policy.fuzzy_accuracy_m
        if q.visit.fuzzy
        else min(q.visit.accuracy_m or 0.0, q.policy.fuzzy_accuracy_m)
    )
    return float(max(q.policy.ambiguity_m, accuracy))


def best(q: Question, found: Sequence[tuple[StoreRecord, float]]) -> Match:
    """A6 over stores ordered by distance: those less than the limit behind the best are equal; then
    the fixed order of tie-breaks."""
    limit, nearest = limit_m(q), found[0][1]
    equal = [pair for pair in found if pair[1] - nearest < limit or pair[1] == nearest]
    if limit == 0 or len(equal) == 1:
        winner = equal[0]  # exact, then the smaller code
        tie = ""
    else:
        ranked = sorted(equal, key=lambda pair: _rank(q, pair))
        winner = ranked[0]
        tie = _tie_word(q, winner, equal[0]) if winner[0].id != equal[0][0].id else ""
        equal = ranked
    others = tuple(
        Candidate(s.id, d, "ambiguous" if limit > 0 else "same_place")
        for s, d in equal
        if s.id != winner[0].id
    )
    taken = {s.id for s, _ in equal}
    beyond = tuple(
        Candidate(s.id, d, "farther")
        for s, d in islice((pair for pair in found if pair[0].id not in taken), KEPT_CANDIDATES)
    )
    return Match(winner[0], winner[1], others + beyond, tie)


def _rank(q: Question, pair: tuple[StoreRecord, float]) -> tuple[Any, ...]:
    store, distance = pair
    home = (
        q.state.home_store_id if holds(q.visit.at, q.state.home_valid_until) else None
    )  # one that lapsed is none (B3)
    return (
        store.id != home,
        store.id != q.state.last_store_id,
        not store.open_at(q.visit.at),
        -store.priority,
        distance,
        store.code,
    )


def _tie_word(
    q: Question, winner: tuple[StoreRecord, float], nearest: tuple[StoreRecord, float]
) -> str:
    """The first tie-break that sets the winner apart from the nearest store, to which it was
    preferred."""
    return next(
        word for word, a, b in zip(TIES, _rank(q, winner), _rank(q, nearest), strict=True) if a != b
    )
