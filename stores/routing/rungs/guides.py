"""Who serves the visitor in the store he is led to (A15)."""

from __future__ import annotations

from stores.facts.decision import Question, Served, holds
from stores.network.records import StoreRecord

SERVED_HOURS = 24


def choose_guide(question: Question, store: StoreRecord, rung: str) -> Served:
    """A15: the owner if working there, else the guide of the entry parameter (of the cached one
    where that led here), else of the guides on duty the one who was given fewest visitors today
    (who was there within a day keeps his), else the store's service account.

    On duty is who works there as a guide and is not about to leave (B9); of equals the smaller code
    goes first. Nor does a leaver's link bring him anybody new; who belongs to him stays with him
    until his last day."""
    state, visit, param = question.state, question.visit, question.visit.param
    wished = (
        (state.owner_guide_id if holds(visit.at, state.owner_valid_until) else None, "owner"),
        (
            param.guide_id
            if param is not None
            else state.param_guide_id
            if rung == "ENTRY_CACHED"
            else None,
            "entry_param",
        ),
    )
    for guide_id, why in wished:
        guide = question.snapshot.guides.get(guide_id) if guide_id is not None else None
        if (
            guide is not None
            and guide.store_on(visit.day) == store.id
            and (why == "owner" or not guide.is_leaving(visit.day))
        ):
            return Served(guide.id, why)
    if visit.loads is None or not question.policy.duty_guides:
        return Served()
    on_duty = [
        g for g in question.snapshot.on_duty(store.id, visit.day) if g.id not in question.busy
    ]
    loads = tuple((g.id, visit.loads.get(g.id, 0)) for g in on_duty)
    if (
        state.last_store_id == store.id
        and question.within(state.last_visit_at, hours=SERVED_HOURS)
        and any(g.id == state.last_guide_id for g in on_duty)
    ):
        return Served(state.last_guide_id, "last_served", loads)
    if not on_duty:
        return Served()
    chosen = min(on_duty, key=lambda g: (visit.loads.get(g.id, 0), g.code))  # type: ignore[union-attr]
    return Served(chosen.id, "fewest_assigned", loads)
