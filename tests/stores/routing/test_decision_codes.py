"""Every code of a decision has words, and every decision can be told (A16)."""

from __future__ import annotations

import ast
import inspect
import re

import pytest
from hypothesis import given

from stores.facts import visits
from stores.network.policy import RUNGS as NAMES
from stores.network.snapshot import StoreRecord
from stores.routing import decide as ladder
from stores.routing import explanations
from stores.routing.decide import decide
from stores.routing.rungs import RUNGS, named
from stores.routing.rungs.ties import TIES
from tests.stores.routing.any_chain import arrivals, chains, states


def _texts(function: object) -> set[str]:
    """Every word a function may return by itself (not as an argument of a call)."""
    found: set[str] = set()
    open_: list[ast.AST] = [
        n.value
        for n in ast.walk(ast.parse(inspect.getsource(function).lstrip()))
        if isinstance(n, ast.Return) and n.value
    ]
    while open_:
        node = open_.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif not isinstance(node, ast.Call):
            open_ += ast.iter_child_nodes(node)
    return {text for text in found if re.fullmatch("[a-z]+(_[a-z]+)*", text)}


def _source_texts(module: object, name: str) -> set[str]:
    """Texts given as keyword `name`, or in tuples there."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == name:
                found |= {
                    p.value
                    for p in ast.walk(keyword.value)
                    if isinstance(p, ast.Constant) and isinstance(p.value, str) and p.value
                }
    return found


OUTCOMES = {
    *(text for rung in RUNGS.values() for text in _texts(rung)),
    *_texts(named.by_param),
    "no_rung_matched",
    "full",
    "matched",
    "store_unknown",
}
OUTCOMES |= {f"store_{why}" for why in _texts(StoreRecord.why_not)}
NOTES = {
    *_source_texts(ladder, "notes"),
    *_source_texts(named, "notes"),
    *ladder.TOLD,
    *(f"entry_param_{why}" for why in _texts(visits.entry_param_of)),
    "location_unusable",
    "entry_param_malformed",
    "entry_param_bad_signature",
}


def test_the_codes_were_found_in_the_source():
    assert {
        "no_home",
        "travel",
        "no_location",
        "outside_radii",
        "too_far",
        "guide_left",
        "store_paused",
        "store_no_contract",
    } <= OUTCOMES
    assert {
        "travel",
        "successor",
        "switch_refused",
        "entry_param_expired",
        "entry_param_channel_over",
    } <= NOTES


@pytest.mark.parametrize(
    "table, codes",
    [
        (explanations.OUTCOMES, OUTCOMES),
        (explanations.NOTES, NOTES),
        (explanations.TIES, set(TIES)),
        (explanations.SENTENCES, set(NAMES)),
    ],
    ids=["outcomes", "notes", "ties", "rungs"],
)
def test_every_code_has_words_in_chinese_and_english(table, codes):
    assert codes - table.keys() == set()
    assert all(len(words) == 2 and all(words) for words in table.values())


@given(arrivals(), states(), chains())
def test_every_decision_can_be_put_in_words(visit, state, snapshot):
    decision = decide(visit, state, snapshot)
    for lang in ("zh", "en"):
        text = explanations.sentence(decision.rung, decision.reason, "Shop", 3, lang)
        assert text and "{" not in text
    assert {s.outcome for s in decision.steps} <= explanations.OUTCOMES.keys()
    assert set(decision.notes) <= explanations.NOTES.keys()
