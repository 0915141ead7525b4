"""What an event of each type must carry (CONTRACT 2): the same for the import and for the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stores.base.addressable import why_not

TYPES = (
    "contact.added",
    "contact.confirmed",
    "contact.deleted_by_guide",
    "contact.deleted_by_customer",
    "contact.transferred",
    "referral.invited",
    "customer.registered",
    "chat.day",
)
TRANSFER_STATES = ("requested", "waiting", "done", "refused", "limit_exceeded", "failed")  # B11
_PAYLOAD_KEYS = {
    "contact.transferred": ("from_guide_code", "state"),
    "referral.invited": ("inviter_customer_id",),
    "chat.day": ("chats", "messages", "replies", "avg_first_reply_min"),
}


def event_faults(event: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(field, reason) for everything the event's type asks for and the event lacks; absent and None
    are the same. Keys: type, guide_code, customer_id, external_userid, payload."""
    kind, payload = event.get("type"), event.get("payload") or {}
    if kind not in TYPES:
        return [("type", f"is no known type; known are {', '.join(TYPES)}")]
    faults: list[tuple[str, str]] = []
    invited_by_customer = kind == "referral.invited" and payload.get("inviter_customer_id")
    if kind != "customer.registered" and not invited_by_customer and not event.get("guide_code"):
        faults.append(("guide_code", f"{kind} needs the acting guide"))
    if kind != "chat.day" and not event.get("customer_id") and not event.get("external_userid"):
        faults.append(("customer_id", f"{kind} needs customer_id or external_userid"))
    allowed = _PAYLOAD_KEYS.get(str(kind), ())
    takes = ", ".join(allowed) or "no payload"
    faults += [
        ("payload", f"has the unknown key {key[:40]!r}; {kind} takes {takes}")
        for key in payload
        if key not in allowed
    ]
    if kind == "contact.transferred":
        faults += _transfer(payload, event.get("guide_code"))
    elif kind == "chat.day":
        faults += _chat_day(payload)
    elif kind == "referral.invited":
        faults += _invitation(payload, event.get("customer_id"))
    return faults


def _transfer(payload: Mapping[str, Any], taker: Any) -> list[tuple[str, str]]:
    """WeCom does not always tell the giver and the state: absent, they are the owner so far and
    `done`."""
    faults = []
    giver, state = payload.get("from_guide_code"), payload.get("state")
    if giver is not None and not _is_code(giver):
        faults.append(("payload", "from_guide_code is no text of 1 to 64 characters"))
    elif giver is not None and giver == taker:
        faults.append(
            ("payload", "from_guide_code is the taker; guide_code names who takes the customer")
        )
    if state is not None and state not in TRANSFER_STATES:
        faults.append(("payload", f"has an unknown state; known are {', '.join(TRANSFER_STATES)}"))
    return faults


def _invitation(payload: Mapping[str, Any], invitee: Any) -> list[tuple[str, str]]:
    inviter = payload.get("inviter_customer_id")
    if inviter is None:
        return []
    if not _is_code(inviter):
        return [("payload", "inviter_customer_id is no text of 1 to 64 characters")]
    if (reason := why_not(inviter)) is not None:
        return [("payload", f"inviter_customer_id {reason}")]
    return [("payload", "inviter_customer_id is the invitee (C2)")] if inviter == invitee else []


def _chat_day(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """`chats` is required; the reply figures are absent on days without chats (section 7)."""
    faults = []
    for key in ("chats", "messages", "replies"):
        value = payload.get(key)
        if value is None and key != "chats":
            continue
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**9:
            faults.append(("payload", f"needs {key} as a whole number of 0 or more"))
    minutes = payload.get("avg_first_reply_min")
    if minutes is not None and (
        isinstance(minutes, bool)
        or not isinstance(minutes, int | float)
        or not 0 <= minutes <= 10**6
    ):
        faults.append(("payload", "avg_first_reply_min is no number of 0 or more"))
    return faults


def _is_code(value: Any) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= 64
        and value.isprintable()
        and value == value.strip()
    )
