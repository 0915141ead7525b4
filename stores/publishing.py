"""Publishing a routing policy: a new immutable version each time (A4, CONTRACT 4)."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

import db
from ledger import audit
from ledger.faults import FieldFault, InvalidInput
from stores import policy
from stores.actors import Actor
from stores.policies import policy_version
from stores.stores import store
from stores.versions import routing_state


def publish(body: Mapping[str, Any], *, actor: Actor, now: dt.datetime) -> int:
    """The number of the new version. Raises InvalidInput for an unsound policy or one that names an unknown store."""
    wanted = policy.parse(dict(body))
    named = sorted({*wanted.region_defaults.values(), *([wanted.default_store] if wanted.default_store else [])})
    with db.transaction() as connection:
        known = set(connection.execute(select(store.c.store_code).where(store.c.store_code.in_(named))).scalars())
        unknown = [code for code in named if code not in known]
        if unknown:
            raise InvalidInput(f"The policy names the unknown store {unknown[0]!r}.", code="unknown_store",
                               errors=[FieldFault("region_defaults", f"{code} is no known store") for code in unknown[:20]])
        version = int(connection.execute(update(routing_state).where(routing_state.c.id == 1).values(
            policy_version=routing_state.c.policy_version + 1).returning(routing_state.c.policy_version)).scalar_one())
        connection.execute(policy_version.insert().values(version=version, body=wanted.body(), published_at=now, actor=actor.name, note=wanted.note))
        audit.record(connection, actor.name, "publish_policy", "policy", version, at=now)
        return version
