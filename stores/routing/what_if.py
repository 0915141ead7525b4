"""What would have changed a decision: the same visit decided again with one thing taken away, or by
another preset (A5, A16). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from stores.facts.decision import Decision, State, Visit
from stores.network.policy import PRESETS, Policy
from stores.network.snapshot import Snapshot
from stores.routing.decide import decide

CHANGES = (
    "no_location",
    "no_param",
    "no_cached_param",
    "no_choice",
    "no_pin",
    "no_home",
    "no_last_visit",
    "switching_on",
    "no_full_stores",
    *(f"preset_{name}" for name in PRESETS),
)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`change` is one of CHANGES; the answer it leads to (`store_id` None: the list)."""

    change: str
    store_id: int | None
    rung: str


def what_ifs(
    visit: Visit, state: State, snapshot: Snapshot, decision: Decision, policy: Policy | None = None
) -> list[WhatIf]:
    """Single changes that lead to another store, in the order of CHANGES. `decision` is what was
    decided of the same visit."""
    in_force = policy or snapshot.policy
    state = state.at(visit.at)
    found = []
    for change, other_visit, other_state, other_policy, full in _variants(
        visit, state, in_force, decision.full
    ):
        answer = decide(other_visit, other_state, snapshot, other_policy, full=full)
        if answer.store_id != decision.store_id:
            found.append(WhatIf(change, answer.store_id, answer.rung))
    return found


def _variants(
    visit: Visit, state: State, policy: Policy, full: frozenset[int]
) -> Iterator[tuple[str, Visit, State, Policy, frozenset[int]]]:
    """Only what is there can be taken away."""
    if visit.point is not None:
        yield (
            "no_location",
            replace(visit, point=None, accuracy_m=None, fuzzy=False),
            state,
            policy,
            full,
        )
    if visit.param is not None:
        yield "no_param", replace(visit, param=None), state, policy, full
    for change, name, fields in (
        (
            "no_cached_param",
            "param_at",
            ("param_store_id", "param_guide_id", "param_channel_id", "param_at"),
        ),
        ("no_choice", "manual_store_id", ("manual_store_id", "manual_at")),
        ("no_pin", "pinned_store_id", ("pinned_store_id",)),
        (
            "no_home",
            "home_store_id",
            ("home_store_id", "home_protected_until", "home_valid_until", "next_home_store_id"),
        ),
        ("no_last_visit", "last_store_id", ("last_store_id", "last_visit_at")),
    ):
        if getattr(state, name) is not None:
            yield change, visit, replace(state, **dict.fromkeys(fields)), policy, full
    if state.manual_store_id is not None and (state.no_switch or not policy.switching):
        yield (
            "switching_on",
            visit,
            replace(state, no_switch=False),
            replace(policy, switching=True),
            full,
        )
    if full:
        yield "no_full_stores", visit, state, policy, frozenset()
    for name, rungs in PRESETS.items():
        if rungs != policy.rungs:
            yield (
                f"preset_{name}",
                visit,
                state,
                replace(
                    policy,
                    preset=name,
                    rungs=rungs,
                    switching=policy.switching and name != "home_locked",
                ),
                full,
            )
