"""The form of the routing policy holds every rule: what it shows and what it sends back are the
same policy (H1)."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hq.routing.policy import PARAMETERS
from app.hq.routing.policy_edit import _of_policy, body_of
from ledger.faults import InvalidInput
from stores.network.policy import PRESETS, RUNGS, Policy, parse


@given(
    st.builds(
        Policy,
        preset=st.sampled_from(sorted(PRESETS)),
        rungs=st.permutations(RUNGS[:-1]).map(lambda r: (*r[:9], "PICKER")),
        switching=st.booleans(),
        duty_guides=st.booleans(),
        nearest_limit_m=st.sampled_from([None, 0, 50_000]),
        guide_daily_capacity=st.sampled_from([None, 0, 40]),
        proposal_orders=st.integers(1, 9),
        proposal_days=st.integers(1, 99),
        snatch_policy=st.sampled_from(["after_protection", "never", "anytime"]),
        default_store=st.sampled_from([None, "S1"]),
        region_defaults=st.sampled_from([{}, {"310000": "S2", "US-TX": "S3"}]),
    )
)
def test_a_policy_comes_back_from_its_form_as_it_was(policy):
    assert parse(body_of(_of_policy(policy))) == policy


def test_every_number_of_a_policy_can_be_edited():
    assert {f.name for f in fields(Policy)} - {"preset", "rungs", "note"} == set(PARAMETERS)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, (_words, unit, _rule) in PARAMETERS.items()
        if unit in ("m", "days", "number", "visitors")
    ],
)
def test_what_is_no_number_is_told_with_its_name(name):
    values = _of_policy(Policy()) | {name: "many"}
    with pytest.raises(InvalidInput) as refusal:
        parse(body_of(values))
    assert [e.field for e in refusal.value.errors] == [name]
