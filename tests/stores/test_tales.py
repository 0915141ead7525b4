"""A tale told fact by fact says what the whole fold says (B1-B5): in any history, for growing and for falling moments."""
from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from stores.bindings import BindingFact, Rules, Tale, in_force, timeline

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ids = st.sampled_from([None, 1, 2, 3])
facts = st.builds(lambda day, kind, number, guide, at_store, store, credited: BindingFact(
    START + dt.timedelta(days=day), kind, number, guide, at_store, store, credited),
    st.integers(0, 120), st.sampled_from(["confirmed", "deleted", "transferred", "order"]), st.integers(1, 10**6), ids, ids, ids, ids)
moments = st.integers(-1, 130).map(lambda day: START + dt.timedelta(days=day))


@settings(max_examples=300, deadline=None)
@given(st.lists(facts, max_size=12, unique_by=lambda f: f.source_id), st.lists(st.one_of(facts, moments), max_size=12),
       st.sampled_from(["after_protection", "never", "anytime"]))
def test_a_tale_says_what_the_fold_says(known, steps, snatch):
    rules = Rules(protection_days=20, validity_days=40, snatch_policy=snatch)
    tale, so_far = Tale(known, rules), list(known)
    for step in steps:
        if isinstance(step, BindingFact):
            tale.add(step)
            so_far.append(step)
        else:
            whole = timeline((f for f in so_far if f.at <= step), rules)
            assert tale.held(step) == (in_force(whole, "home", step), in_force(whole, "owner", step))
