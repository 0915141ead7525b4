"""Who did something, as people read it: the name behind `user:7` and `key:3` of the audit log."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

import db
from app.accounts.api_keys import api_key
from app.accounts.users import app_user
from app.ui.audit_words import ACTORS
from app.ui.labels import label


def actor_names(actors: Iterable[str]) -> dict[str, str]:
    """Names of these actors in at most two statements; one that is unknown keeps its code."""
    wanted = set(actors)
    names = {actor: label(ACTORS, actor) for actor in wanted}
    with db.read() as connection:
        for kind, table in (("user", app_user), ("key", api_key)):
            numbers = [
                int(actor.removeprefix(f"{kind}:"))
                for actor in wanted
                if actor.startswith(f"{kind}:") and actor.removeprefix(f"{kind}:").isdigit()
            ]
            if numbers:
                names |= {
                    f"{kind}:{row.id}": row.name
                    for row in connection.execute(
                        select(table.c.id, table.c.name).where(table.c.id.in_(numbers))
                    )
                }
    return names
