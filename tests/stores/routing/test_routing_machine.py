"""Routing under whatever may happen: entries, orders, takeovers, friend adds, chats, transfers,
leavers, movers, guides who buy, closings, pauses, moves, areas, policies, re-assignments, deeds and
time, in any order (Hypothesis). After each step: one answer per entry, no store out of service is
ever chosen or offered, the explanation says what was decided, every replay is the same, what was
true of a binding stays true, and nothing but a fact, a deed, a closing or what its clock announced
moves one (A1, A2, A10, A11, A16, A17, B1-B5, B9-B11, M12)."""

from __future__ import annotations

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    invariant,
    run_state_machine_as_test,
)

import db
from stores.base.actors import COMMAND_LINE
from stores.customers import binding_facts, rebinding
from stores.customers.course import timeline
from stores.facts.binding_history import binding
from stores.facts.decision import State
from stores.network.sight import EVERYTHING
from stores.routing import entry_reading, explanations
from tests.databases import Databases
from tests.stores.routing.routing_changes import RoutingChanges


class Routing(RoutingChanges):
    """What holds after each step."""

    @invariant()
    def what_was_decided_stands_is_explained_and_replays(self) -> None:
        for entry_id, store_id, rung, others in self.answers[-4:]:
            with time_machine.travel(self.at, tick=False), db.read() as connection:
                row = entry_reading.find(connection, entry_id, COMMAND_LINE)
                assert (row.store_id, row.rung) == (store_id, rung)
                replay = entry_reading.replay(connection, row, EVERYTHING)
                assert replay["same"] and (replay["store_code"], replay["rung"]) == (
                    row.store_code,
                    rung,
                ), replay
                said = explanations.of_entry(connection, row, "en", EVERYTHING)
                assert row.store_name is None or row.store_name in said["sentence"]
                matched = [s for s in said["steps"] if s["outcome"] == "matched"]
                assert (
                    not said["steps"]
                    or [
                        (
                            s["rung"],
                            [c["store_code"] for c in s["candidates"] if c["why"] == "winner"],
                        )
                        for s in matched
                    ]
                    == [(rung, [row.store_code] if row.store_code else [])]
                    and said["steps"][-1] == matched[0]
                )
                trace = entry_reading.trace_of(connection, entry_id)
                assert not trace or [number for number, _ in trace["alternatives"]] == others
                assert all(change["name"] != row.store_name for change in said["what_if"])

    @invariant()
    def nobody_owns_themselves(self) -> None:
        assert [
            c
            for c, (_, owner) in self.bound().items()
            if owner is not None and self.himself.get(owner) == c
        ] == []  # B5

    @invariant()
    def what_was_true_of_a_binding_stays_true(self) -> None:
        """Every fact was told when it happened, so nothing of the past is rewritten; and the state
        is what the facts say."""
        if self.seen and self.seen[-1][0] == self.at:
            self.seen.pop()
        self.seen.append((self.at, self.bound()))
        numbers, snapshot = self.known(), self.shop.snapshot()
        codes = {
            "home": {s.id: s.code for s in snapshot.stores},
            "owner": {g.id: g.code for g in snapshot.guides.values()},
        }
        rows = [row for row in self.shop.network.rows(binding) if row.superseded_at is None]
        for moment, bound in self.seen[-12:]:
            for who, found in bound.items():
                mine = [
                    row
                    for row in rows
                    if row.customer_id == numbers[who] and row.started_at <= moment < row.ended_at
                ]
                held = {
                    row.kind: codes[row.kind][row.store_id if row.kind == "home" else row.guide_id]
                    for row in mine
                }
                assert len(held) == len(mine) and (held.get("home"), held.get("owner")) == found, (
                    moment,
                    who,
                )  # B1, B4
        with db.read() as connection:
            facts = binding_facts.facts_of(connection, numbers.values(), snapshot)
        for who, number in numbers.items():
            row = self.shop.state(who)
            stored = State(**{name: getattr(row, name) for name in rebinding.BOUND})
            assert stored.at(self.at) == State(
                **rebinding.state_values(timeline(facts[number], binding_facts.rules_of(snapshot)))
            ).at(self.at), who


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 25), ("postgresql", 8)])
def test_routing_holds_whatever_happens(databases: Databases, engine: str, examples: int) -> None:
    Routing.databases, Routing.engine = databases, engine
    run_state_machine_as_test(
        Routing,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
