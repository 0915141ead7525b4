"""The routing policy, and signed entry parameters."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import Field

import db
from app.api.declare import OWN_ROWS, WHOLE_CHAIN, Api
from app.api.types import Answer, CodeText, Strict, Time
from stores.base.actors import Actor
from stores.network import policies
from stores.routing.entry_param_signing import sign_param

api = Api("Rules")
Number = Annotated[int, Field(ge=0, le=20_100_000)]
Text = Annotated[str, Field(max_length=500, pattern="^[^\\x00]*$")]


class PolicyIn(Strict):
    """Every key is optional; an absent key has its default, never the last version's value."""

    preset: CodeText | None = None
    rungs: Annotated[list[CodeText], Field(max_length=50)] | None = None
    nearest_limit_m: Number | None = None
    ambiguity_m: Number | None = None
    fuzzy_accuracy_m: Number | None = None
    protection_days: Number | None = None
    validity_days: Number | None = None
    switching: bool | None = None
    home_reach_m: Number | None = None
    manual_hours: Number | None = None
    cached_param_days: Number | None = None
    last_visit_days: Number | None = None
    cover_m: Number | None = None
    switch_nearer_m: Number | None = None
    switch_nearer_bp: Number | None = None
    refusal_hours: Number | None = None
    guide_link_days: Number | None = None
    order_visit_hours: Number | None = None
    touch_days: Number | None = None
    duty_guides: bool | None = None
    guide_daily_capacity: Number | None = None
    proposal_orders: Number | None = None
    proposal_days: Number | None = None
    snatch_policy: CodeText | None = None
    order_owner: CodeText | None = None
    default_store: CodeText | None = None
    region_defaults: dict[CodeText, CodeText] | None = None
    note: Text | None = None

    def body(self) -> dict[str, Any]:
        """The file form: null where null means something, else absent."""
        given = self.model_dump(exclude_unset=True)
        return {
            name: value
            for name, value in given.items()
            if value is not None
            or name in ("nearest_limit_m", "default_store", "guide_daily_capacity")
        }


class PolicyOut(Answer):
    """`policy` is the file form, complete; it can be published again."""

    version: int
    published_at: dt.datetime
    policy: dict[str, Any]


class EntryParamIn(Strict):
    """Exactly one of store_code and guide_code."""

    store_code: CodeText | None = None
    guide_code: CodeText | None = None
    channel: CodeText | None = None
    issued_at: Time | None = None


class EntryParamOut(Answer):
    entry_param: str


@api.call(
    "GET",
    "/policy",
    permission="rules:read",
    serves=WHOLE_CHAIN,
    answers={200: PolicyOut},
    summary="The routing policy in force.",
)
def get_policy(actor: Actor) -> tuple[int, Any]:
    with db.read() as connection:
        row = policies.in_force(connection)
        return 200, {
            "version": row.version,
            "published_at": row.published_at,
            "policy": policies.show(connection),
        }


@api.call(
    "PUT",
    "/policy",
    permission="rules:write",
    serves=WHOLE_CHAIN,
    body=PolicyIn,
    answers={200: PolicyOut},
    example={"preset": "franchise", "ambiguity_m": 200},
    summary="Put a routing policy in force.",
    details="A new immutable version; the policy in force again keeps its version. What each key "
    "may hold: schema PolicyForm.",
)
def put_policy(actor: Actor, body: PolicyIn) -> tuple[int, Any]:
    policies.publish(body.body(), actor=actor, now=dt.datetime.now(dt.UTC))
    return get_policy(actor)


@api.call(
    "POST",
    "/entry-params",
    permission="entry_param:write",
    serves=OWN_ROWS,
    body=EntryParamIn,
    answers={201: EntryParamOut},
    example={"store_code": "S1", "channel": "poster"},
    summary="Sign an entry parameter of 32 characters for a store or a guide.",
)
def create_entry_param(actor: Actor, body: EntryParamIn) -> tuple[int, Any]:
    return 201, {
        "entry_param": sign_param(
            store_code=body.store_code,
            guide_code=body.guide_code,
            channel_code=body.channel,
            issued_at=body.issued_at,
            actor=actor,
            now=dt.datetime.now(dt.UTC),
        )
    }
