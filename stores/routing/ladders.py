"""The ladder of one decision, rung by rung, for people: what matched, what was passed and why, what
was not asked any more (A4, A6, A16).

The same picture is made of a stored entry (no metres, M11) and of a try that nobody made (exact
metres)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from stores.base.versions import Versions
from stores.facts.decision import Decision, State, Visit
from stores.network import network
from stores.network.policies import policy_version
from stores.network.policy import RUNGS, parse
from stores.network.records import StoreRecord
from stores.network.sight import Sight
from stores.network.snapshot import Snapshot
from stores.network.stores import store
from stores.routing.answers import rounded
from stores.routing.entry_reading import state_of

MATCHED, PASSED, NOT_ASKED = "matched", "passed", "not_asked"
_Placed = tuple[int, str, float | None]  # store, its place in the order in a word, metres
Fact = tuple[str, int]  # a word of explanations.FACTS and its number


@dataclass(frozen=True, slots=True)
class Weighed:
    """A store that a rung or the visitor's page weighed; `distance_m` of a try only; `facts` are
    what ties are broken by (A6). Of a store that may not be named to the reader only `why`."""

    store_code: str | None
    name: str
    latitude: float | None
    longitude: float | None
    why: str
    distance_m: float | None = None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Rung:
    """`state`: MATCHED, PASSED or NOT_ASKED; `outcome` is a word of explanations.OUTCOMES, '' when
    not asked."""

    code: str
    state: str
    outcome: str
    weighed: tuple[Weighed, ...] = ()


@dataclass(frozen=True, slots=True)
class Ladder:
    """`off`: rungs that this policy leaves out. `alternatives`: what the visitor was offered beside
    the answer."""

    rungs: tuple[Rung, ...]
    off: tuple[str, ...]
    alternatives: tuple[Weighed, ...]

    @property
    def shown(self) -> tuple[Weighed, ...]:
        """Every store of the answer that may be named once, the winner first: for a map."""
        found: dict[str, Weighed] = {}
        for each in (
            *(w for rung in self.rungs if rung.state == MATCHED for w in rung.weighed),
            *self.alternatives,
        ):
            if each.store_code is not None:
                found.setdefault(each.store_code, each)
        return tuple(found.values())


def of_decision(decision: Decision, visit: Visit, state: State, snapshot: Snapshot) -> Ladder:
    """With exact metres: for a try, never for a stored entry."""
    steps = [
        (s.rung, s.outcome, [(c.store_id, c.why, rounded(c.distance_m)) for c in s.candidates])
        for s in decision.steps
    ]
    offers = [(c.store_id, c.why, rounded(c.distance_m)) for c in decision.alternatives]
    return _drawn(
        steps,
        offers,
        snapshot.policy.rungs,
        {s.id: s for s in snapshot.stores},
        _Facts(state.at(visit.at), visit.at),
    )


def of_entry(connection: Connection, row: Any, kept: Any, seen: Sight) -> Ladder:
    """Of a stored entry from its trace row (`entry_reading.kept_trace`): stores in order, no
    metres. Facts are those of the network then. A store that may not be named stands in its place
    without code, name and point."""
    steps = [
        (rung, outcome, [(i, why, None) for i, why in weighed])
        for rung, outcome, weighed in kept.trace["steps"]
    ]
    offers = [(i, why, None) for i, why in kept.trace["alternatives"]]
    policy = parse(
        connection.execute(
            select(policy_version.c.body).where(policy_version.c.version == row.policy_version)
        ).scalar_one()
    ).rungs
    ids = {i for _, _, weighed in steps for i, *_ in weighed} | {i for i, *_ in offers}
    named = frozenset(seen.stores_among(connection, ids)) | {
        row.store_id if row.store_code else None
    }
    if any(len(weighed) > 1 for _, _, weighed in steps):  # a tie may have been broken: show what by
        snapshot = network.past(Versions(row.network_version, row.policy_version))
        state = state_of(kept.state)
        return _drawn(
            steps,
            offers,
            policy,
            snapshot.by_id,
            _Facts(state.at(row.occurred_at), row.occurred_at),
            named,
        )
    return _drawn(steps, offers, policy, _stores(connection, ids), None, named)


@dataclass(frozen=True, slots=True)
class _Facts:
    state: State
    at: dt.datetime

    def of(self, each: StoreRecord) -> tuple[Fact, ...]:
        found: list[Fact] = []
        if (
            each.id == self.state.home_store_id
            and self.state.home_valid_until is not None
            and self.at < self.state.home_valid_until
        ):
            found.append(("home", 0))
        if each.id == self.state.last_store_id:
            found.append(("last_visit", 0))
        if each.hours is not None:
            found.append(("open" if each.open_at(self.at) else "shut", 0))
        if each.priority:
            found.append(("priority", each.priority))
        return tuple(found)


def _stores(connection: Connection, ids: Collection[int]) -> dict[int, Any]:
    s = store.c
    query = select(s.id, s.store_code.label("code"), s.name, s.latitude, s.longitude).where(
        s.id.in_(ids)
    )
    return {r.id: r for r in connection.execute(query)} if ids else {}


def _drawn(
    steps: Sequence[tuple[str, str, Sequence[_Placed]]],
    offers: Sequence[_Placed],
    policy: Iterable[str],
    stores: Any,
    facts: _Facts | None,
    named: Collection[int | None] | None = None,
) -> Ladder:
    def weighed(found: Iterable[_Placed], tied: bool) -> tuple[Weighed, ...]:
        return tuple(
            Weighed(
                s.code,
                s.name,
                s.latitude,
                s.longitude,
                why,
                metres,
                facts.of(s) if facts is not None and tied else (),
            )
            if named is None or i in named
            else Weighed(None, "", None, None, why)
            for i, why, metres in found
            if (s := stores.get(i)) is not None
        )

    asked = [
        Rung(
            code,
            MATCHED if outcome == "matched" else PASSED,
            outcome,
            weighed(found, len(found) > 1),
        )
        for code, outcome, found in steps
    ]
    order = list(policy)
    done = {rung.code for rung in asked}
    rest = [Rung(code, NOT_ASKED, "") for code in order if code not in done]
    return Ladder(
        (*asked, *rest),
        tuple(code for code in RUNGS if code not in {*order, *done}),
        weighed(offers, False),
    )
