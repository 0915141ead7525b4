"""How rewards work, in words made from the plan in force; what each reason means; whom to ask."""

from __future__ import annotations

from flask import render_template

import db
from app.accounts.language import language
from app.guide.portal import blueprint
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import explanations, progress
from incentives.judging.in_force import component_name
from incentives.plan import PerEvent
from stores.base import versions
from stores.lists import directory
from stores.network import network


@blueprint.get("/help", strict_slashes=False, endpoint="help")
@needs("guide:read")
def page() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    of_guide = actor.scope_kind == "guide"
    with db.read() as connection:
        found = progress.in_force(
            connection,
            guide_id=actor.scope_id if of_guide else None,
            store_id=None if of_guide else actor.scope_id,
            now=now,
        )
        policy = network.snapshot(versions.current(connection)).policy
        boss = directory.managers_of(connection, actor, today) if of_guide else []
    lost_after = [
        c.vests_after_days for _, c in found if isinstance(c, PerEvent) and c.metric == "valid_adds"
    ]
    parts = [
        {
            "name": component_name(version.plan, component.code),
            "plan": version.plan,
            "part": component,
            "per_event": isinstance(component, PerEvent),
        }
        for version, component in found
    ]
    return render_template(
        "guide/help.html",
        now=now,
        today=today,
        parts=parts,
        policy=policy,
        managers=boss,
        own=of_guide,
        tongue=language(),
        reasons=explanations.glossary(language(), max(lost_after, default=7)),
    )
