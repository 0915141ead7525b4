"""The audit log in words: what deeds, objects and details are called. An unknown code is shown as
it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.ui.labels import Words, label
from app.ui.navigation import ROLE_NAMES

ACTIONS: Words = {
    "sign_in": _l("signed in"),
    "sign_in_failed": _l("failed to sign in"),
    "sign_out": _l("signed out"),
    "change_password": _l("changed the own password"),
    "end_session": _l("ended a session"),
    "end_other_sessions": _l("ended all other sessions"),
    "two_factor_on": _l("turned two-factor sign-in on"),
    "two_factor_off": _l("turned two-factor sign-in off"),
    "new_recovery_codes": _l("made new recovery codes"),
    "create_user": _l("created a user"),
    "disable_user": _l("disabled a user"),
    "enable_user": _l("enabled a user"),
    "reset_password": _l("reset a password"),
    "reset_two_factor": _l("reset two-factor sign-in"),
    "change_role": _l("changed a role"),
    "create_api_key": _l("created an API key"),
    "revoke_api_key": _l("revoked an API key"),
    "export": _l("exported a list"),
    "save_network": _l("changed the network"),
    "import_customers": _l("imported customers"),
    "import_targets": _l("imported targets"),
    "publish_policy": _l("published a routing policy"),
    "publish_plan": _l("published a reward plan"),
    "policy_in_force": _l("a routing policy came into force"),
    "ask_simulation": _l("asked for a simulation"),
    "register_channel": _l("registered a code"),
    "revoke_channel": _l("revoked a code"),
    "register_store_codes": _l("registered store codes"),
    "erase_customer": _l("erased a customer"),
    "look_up_customer": _l("looked up a customer"),
    "reveal_customer": _l("revealed a customer's identifiers"),
    "approve_incentives": _l("approved a reward month"),
    "close_incentives": _l("closed a reward month"),
    "upload": _l("uploaded a file"),
    "check_upload": _l("checked a file"),
    "discard_upload": _l("discarded a file"),
    "cancel_job": _l("cancelled a job"),
    "retry_job": _l("ran a job again"),
    "close_store": _l("closed a store"),
    "undo_closing": _l("opened a closed store again"),
    "customer_pinned": _l("pinned a customer to a store"),
    "customer_unpinned": _l("took a pin away"),
    "customer_no_switch": _l("forbade a customer to switch"),
    "customer_may_switch": _l("allowed a customer to switch"),
    "customer_owner_assigned": _l("gave a customer to a guide"),
    "customer_owner_requested": _l("wrote down a wish for another guide"),
    "customer_home_requested": _l("wrote down a wish for another home"),
    "customer_home_approved": _l("approved a new home"),
    "plan_reassignment": _l("planned a re-assignment"),
    "start_reassignment": _l("started a re-assignment"),
    "reassign_customers": _l("re-assigned customers"),
    "stop_reassignment": _l("stopped a re-assignment"),
    "undo_reassignment": _l("undid a re-assignment"),
    "decide_move": _l("decided whether a guide's customers follow"),
}
OBJECTS: Words = {
    "user": _l("User"),
    "api_key": _l("API key"),
    "list": _l("List"),
    "customer": _l("Customer"),
    "policy": _l("Routing policy"),
    "plan_version": _l("Reward plan"),
    "channel": _l("Channel code"),
    "incentive_period": _l("Reward month"),
    "target": _l("Target"),
    "stores": _l("Stores"),
    "dealers": _l("Dealers"),
    "branches": _l("Branches"),
    "guides": _l("Guides"),
    "areas": _l("Areas"),
    "contracts": _l("Contracts"),
    "upload": _l("File"),
    "job_run": _l("Job"),
    "reassignment": _l("Re-assignment"),
    "simulation": _l("Simulation"),
}
DETAILS: Words = {
    "role": _l("role"),
    "was": _l("role before"),
    "scope": _l("may do"),
    "scope_id": _l("limit"),
    "limit": _l("limit"),
    "limit_id": _l("limit"),
    "limit_kind": _l("limited to"),
    "attempt": _l("attempt"),
    "effective_at": _l("in force from"),
    "step": _l("step"),
    "by": _l("by"),
    "sessions": _l("sessions"),
    "rows": _l("rows"),
    "format": _l("format"),
    "version": _l("version"),
    "new": _l("new"),
    "changed": _l("changed"),
    "preset": _l("preset"),
    "plan_code": _l("plan"),
    "period": _l("month"),
    "hash": _l("hash"),
    "identities": _l("identifiers"),
    "identifiers": _l("identifiers"),
    "points": _l("points"),
    "traces": _l("traces"),
    "reason": _l("reason"),
    "case": _l("case"),
    "kind": _l("kind"),
    "bytes": _l("bytes"),
    "digest": _l("digest"),
    "stores": _l("stores"),
    "places": _l("places"),
    "unchanged": _l("unchanged"),
    "closing": _l("closing"),
    "deed": _l("decision"),
    "store": _l("store"),
    "guide": _l("guide"),
    "successor_code": _l("successor"),
    "customers": _l("customers"),
    "protected": _l("protected"),
    "follow": _l("they follow"),
    "left_to_others": _l("identifiers left to others"),
}
VALUES: Words = {
    "code": _l("code of the app"),
    "recovery_code": _l("recovery code"),
    "all": _l("the whole chain"),
    "branch": _l("Branch"),
    "dealer": _l("Dealer"),
    "store": _l("Store"),
    "guide": _l("Guide"),
    "read": _l("read"),
    "write": _l("read and write"),
    "franchise": _l("Franchise: bindings before the place"),
    "nearest_first": _l("Nearest first: the place before bindings"),
    "link_first": _l("Link first: codes and links before a protected home"),
    "home_locked": _l("Home locked: home before everything, no switching"),
}
FOR_PROGRAMS = frozenset({"deed"})  # numbers of rows that no page shows
SHOWN_OF_HASH = 12
ACTORS: Words = {"command line": _l("command line"), "system": _l("Doorstep itself")}


def detail_in_words(detail: Mapping[str, Any]) -> str:
    """`role: Dealer · limit: D1`; what is absent is left out, and what only programs read."""
    shown = {
        name: value
        for name, value in detail.items()
        if value is not None and name not in FOR_PROGRAMS
    }
    return " · ".join(
        _("%(what)s: %(about)s", what=label(DETAILS, name), about=_value(name, value))
        for name, value in shown.items()
    )


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_value(name, each) for each in value)
    if isinstance(value, str) and name in ("digest", "hash") and len(value) > 2 * SHOWN_OF_HASH:
        return f"{value[:SHOWN_OF_HASH]}…"
    if isinstance(value, str):
        return (
            str(ROLE_NAMES[value])
            if name in ("role", "was") and value in ROLE_NAMES
            else label(VALUES, value)
        )
    return str(value)
