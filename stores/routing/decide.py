"""The ladder: which store's cloud shop a visitor is led to, and why (A1-A18). Pure: (visit, state,
snapshot) -> Decision.

The rungs stand in `stores/rungs`; their order and numbers are policy data. To add one, see
docs/adding-a-rung.md."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from stores.facts.decision import Candidate, Decision, Match, Question, State, Step, Visit
from stores.network.policy import Policy
from stores.network.snapshot import Snapshot
from stores.routing.rungs import RUNGS
from stores.routing.rungs.guides import choose_guide
from stores.routing.rungs.here import in_force, isolated_stores
from stores.routing.rungs.picks import picks
from stores.routing.rungs.ties import KEPT_CANDIDATES

MAX_ALTERNATIVES = 5
TOLD = frozenset(
    {"travel", "no_longer_covers"}
)  # outcomes of a skipped rung that the visitor is told (A8, A14)


def decide(
    visit: Visit,
    state: State,
    snapshot: Snapshot,
    policy: Policy | None = None,
    *,
    full: frozenset[int] = frozenset(),
    busy: frozenset[int] = frozenset(),
    covering: Sequence[int] | None = None,
) -> Decision:
    """Walk the ladder of `policy` (the snapshot's own by default); first match wins (A4).
    `covering`: ids of the areas whose shape covers the point, where the map was asked already.

    `full` are stores, `busy` guides whose capacity of the day is used up (M15). A full store is
    passed by where we choose (8-13), not where the visitor or his binding names it (1-7)."""
    question = Question(visit, state.at(visit.at), snapshot, policy or snapshot.policy, full, busy)
    if covering is not None:
        question.here.append(in_force(question, [snapshot.areas[key] for key in covering]))
    steps: list[Step] = []
    for name in question.policy.rungs:
        found = RUNGS[name](question) if name != "PICKER" else "no_rung_matched"
        if isinstance(found, str):
            steps.append(_passed(name, found))
            continue
        steps.append(Step(name, "matched", _candidates(found)))
        return _decision(question, name, found, steps)
    steps[-1] = Step("PICKER", "matched")
    return _picker(question, steps)


@cache
def _passed(rung: str, outcome: str) -> Step:
    """A rung that did not match; there are few, so each is made once."""
    return Step(rung, outcome)


def _decision(question: Question, rung: str, match: Match, steps: list[Step]) -> Decision:
    visit, snapshot = question.visit, question.snapshot
    contract = match.store.contract_on(visit.day)
    within = isolated_stores(question)
    ambiguous = tuple(
        c for c in match.others if c.why == "ambiguous" and (within is None or c.store_id in within)
    )[:MAX_ALTERNATIVES]
    offers = tuple(
        c
        for c in match.offers
        if c.store_id not in {a.store_id for a in ambiguous}
        and (within is None or c.store_id in within)
    )
    served = choose_guide(question, match.store, rung)
    overflow = ("overflow",) if any(c.why == "full" for c in match.others) else _overflow(steps)
    reason = rung.lower() + (f"_by_{match.tie}" if match.tie else "")
    return Decision(
        rung=rung,
        reason=reason,
        store_id=match.store.id,
        dealer_id=contract.dealer_id if contract else None,
        guide_id=served.guide_id,
        distance_m=match.distance_m,
        alternatives=(ambiguous + offers)[:MAX_ALTERNATIVES],
        steps=tuple(steps),
        notes=visit.notes + _told(steps) + match.notes + overflow,
        network_version=snapshot.version,
        policy_version=snapshot.policy_version,
        epoch=snapshot.epoch(visit.day),
        served=served,
        full=question.full,
    )


def _overflow(steps: Sequence[Step]) -> tuple[str, ...]:
    """M15: that somebody had no room is said."""
    return ("overflow",) if any(step.outcome == "full" for step in steps) else ()


def _told(steps: Sequence[Step]) -> tuple[str, ...]:
    return tuple(step.outcome for step in steps if step.outcome in TOLD)


def _candidates(match: Match) -> tuple[Candidate, ...]:
    return (Candidate(match.store.id, match.distance_m, "winner"), *match.others)[:KEPT_CANDIDATES]


def _picker(question: Question, steps: list[Step]) -> Decision:
    """Nobody is named; the visitor chooses."""
    snapshot, visit, shown = question.snapshot, question.visit, picks(question)
    return Decision(
        rung="PICKER",
        reason="picker" if shown else "picker_empty_network",
        store_id=None,
        dealer_id=None,
        guide_id=None,
        distance_m=None,
        alternatives=shown,
        steps=tuple(steps),
        notes=visit.notes + _told(steps) + _overflow(steps),
        network_version=snapshot.version,
        policy_version=snapshot.policy_version,
        epoch=snapshot.epoch(visit.day),
        full=question.full,
    )
