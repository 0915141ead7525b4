"""Who may do what: the one permission table, for the roles of people and the scopes of API keys
(CONTRACT 2).

Which rows somebody sees is another question (P6): every query filters by the Actor's `scope_kind`
and `scope_id`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, redirect, request, url_for
from flask_login import current_user

from stores.base.actors import Actor

View = TypeVar("View", bound=Callable[..., Any])

HQ = frozenset({"hq_admin", "hq_operations", "hq_finance"})
NETWORK_STAFF = frozenset({"hq_admin", "hq_operations"})
MONEY_STAFF = frozenset({"hq_admin", "hq_finance"})
OFFICE = HQ | {"branch_coordinator"}
SHOPS = OFFICE | {"dealer", "store_manager"}
EVERYBODY = SHOPS | {"guide"}

ROLES = (
    "hq_admin",
    "hq_operations",
    "hq_finance",
    "branch_coordinator",
    "dealer",
    "store_manager",
    "guide",
)
ROLE_SCOPE = {  # the kind of code that limits a role's rows; None: the role sees the whole chain
    "hq_admin": None,
    "hq_operations": None,
    "hq_finance": None,
    "branch_coordinator": "branch",
    "dealer": "dealer",
    "store_manager": "store",
    "guide": "guide",
}
ROLE_HOME = {
    "hq_admin": "hq.home",
    "hq_operations": "hq.home",
    "hq_finance": "hq.home",
    "branch_coordinator": "hq.help_stores",
    "dealer": "dealer.home",
    "store_manager": "guide.home",
    "guide": "guide.home",
}

OWN_ACCOUNT = "account:own"

POLICY: dict[str, frozenset[str]] = {
    # the portals' front doors and one's own account
    OWN_ACCOUNT: EVERYBODY,
    "hq:read": OFFICE,
    "dealer:read": frozenset({"dealer"}),
    "guide:read": frozenset({"guide", "store_manager"}),
    # the network and its rules
    "network:read": EVERYBODY,
    "network:write": NETWORK_STAFF,
    "rules:read": OFFICE,
    "rules:write": NETWORK_STAFF,
    "simulation:read": HQ,  # who gains and who loses: of every dealer
    "simulation:write": NETWORK_STAFF,
    # visitors, routing
    "entry:read": SHOPS,
    "entry:write": NETWORK_STAFF,
    "route:read": HQ,  # the answer may be anybody's store
    "entry_param:write": NETWORK_STAFF | {"store_manager"},
    "entry_param:own": frozenset({"dealer"}),  # codes of one's own stores, to print
    "customer:read": EVERYBODY,
    "customer:write": NETWORK_STAFF,
    "customer:erase": NETWORK_STAFF,
    "customer:pin": NETWORK_STAFF,
    "customer:assign": frozenset({"store_manager"}),
    "move:decide": frozenset(
        {"store_manager"}
    ),  # of the store that a guide left: do his customers follow (B10)
    "customer:reveal": frozenset({"hq_admin", "hq_operations"}),
    # sales and money
    "order:read": SHOPS,
    "order:write": NETWORK_STAFF,
    "revenue:read": SHOPS,
    "statement:read": OFFICE | {"dealer"},
    "statement:write": MONEY_STAFF,
    "ledger:read": MONEY_STAFF,
    # incentives
    "event:write": NETWORK_STAFF,
    "reward:read": EVERYBODY,
    "reward:write": MONEY_STAFF,
    "reward:months": HQ,
    "target:write": NETWORK_STAFF | {"store_manager"},
    "payout:write": MONEY_STAFF,
    # the installation
    "import:write": NETWORK_STAFF,
    "job:read": HQ,
    "job:write": NETWORK_STAFF,
    "user:write": frozenset({"hq_admin"}),
    "key:write": frozenset({"hq_admin"}),
    "audit:read": MONEY_STAFF,
}

_READ = frozenset(
    {
        "network:read",
        "rules:read",
        "simulation:read",
        "entry:read",
        "route:read",
        "customer:read",
        "order:read",
        "revenue:read",
        "statement:read",
        "reward:read",
    }
)
_WRITE = _READ | {
    "entry:write",
    "order:write",
    "event:write",
    "entry_param:write",
    "customer:write",
}
SCOPES: dict[str, frozenset[str]] = {
    "read": _READ,
    "write": _WRITE,
    "admin": _WRITE
    | {
        "network:write",
        "rules:write",
        "simulation:write",
        "customer:erase",
        "customer:pin",
        "ledger:read",
        "statement:write",
        "reward:write",
        "import:write",
    },
}

PUBLIC = "public"


def of_role(role: str) -> frozenset[str]:
    """The permissions of one role; KeyError for an unknown role."""
    if role not in ROLE_SCOPE:
        raise KeyError(role)
    return frozenset(permission for permission, roles in POLICY.items() if role in roles)


def of_scope(scope: str) -> frozenset[str]:
    """The permissions of an API key's scope; KeyError for an unknown scope."""
    return SCOPES[scope]


# -- what a view declares --------------------------------------------------------------------------


def mark(view: View, permission: str) -> View:
    """Write down what a view needs; for views guarded elsewhere (the API checks its key itself).
    KeyError if not in POLICY."""
    if permission != PUBLIC and permission not in POLICY:
        raise KeyError(f"unknown permission {permission!r}; add it to app/web/permissions.py")
    view.permission = permission  # type: ignore[attr-defined]
    return view


def public(view: View) -> View:
    """A page that anybody may open."""
    return mark(view, PUBLIC)


def declared(view: Callable[..., Any]) -> str | None:
    """What a view says it needs; None when it forgot to say."""
    return getattr(view, "permission", None)


def needs(permission: str) -> Callable[[View], View]:
    """Guard a portal view: a stranger is sent to sign in, somebody without the permission gets
    NotAllowed (403).

    A person with a one-time password, or without the second step that this installation asks for,
    reaches the pages of his own account only."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return _to_sign_in()
            if current_user.must_change_password and permission != OWN_ACCOUNT:
                return redirect(url_for("sign_in.change"), 303)
            if permission != OWN_ACCOUNT and lacks_second_step(current_user):
                return redirect(url_for("sign_in.two_factor_page"), 303)
            current_actor().require(permission)
            return view(*args, **kwargs)

        return mark(cast(View, guarded), permission)

    return decorate


def lacks_second_step(user: Any) -> bool:
    """Whether he must turn on two-factor sign-in first (REQUIRE_TWO_FACTOR)."""
    return (
        user.role in HQ
        and not user.has_two_factor
        and current_app.extensions["doorstep"].require_two_factor
    )


def current_actor() -> Actor:
    """The signed-in person as the domain knows him. Only inside a view that `needs` something."""
    return cast(Actor, current_user.actor)


def _to_sign_in() -> Any:
    """Reading: come back here after signing in. Writing: the form is lost, so start at the front
    door."""
    back = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    if "HX-Request" in request.headers:  # a part of a page was asked for: the whole page must go
        return "", 401, {"HX-Redirect": url_for("sign_in.page")}
    return redirect(url_for("sign_in.page", next=back), 302 if back else 303)
