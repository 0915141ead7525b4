"""What each role finds in its navigation: one table. An item shows when its page exists and the
person may open it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import current_app, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app.web.permissions import declared
from stores.base.actors import Actor


@dataclass(frozen=True, slots=True)
class Item:
    """A page in the navigation: its name, its endpoint, its icon in static/icons.svg, the pages
    behind it that count as it, and its inner pages.

    An item with inner pages leads to the first of them that the person may open."""

    label: LazyString
    endpoint: str
    icon: str
    behind: tuple[str, ...] = ()
    inner: tuple[Item, ...] = ()


def _inner(label: LazyString, endpoint: str, *behind: str) -> Item:
    return Item(label, endpoint, "", behind)


HQ = (
    Item(_l("Today"), "hq.home", "today"),
    Item(
        _l("Network"),
        "",
        "network",
        inner=(
            _inner(
                _l("Stores"),
                "hq.stores",
                "hq.store",
                "hq.edit_store",
                "hq.store_offers",
                "hq.close_store",
                "hq.new_store",
            ),
            _inner(_l("Dealers"), "hq.dealers", "hq.dealer", "hq.edit_dealer"),
            _inner(_l("Branches"), "hq.branches", "hq.branch"),
            _inner(_l("Guides"), "hq.guides", "hq.guide", "hq.edit_guide"),
            _inner(_l("Areas"), "hq.areas", "hq.area"),
            _inner(_l("Stores that need help"), "hq.help_stores"),
            _inner(_l("Network check"), "hq.network_check_page"),
        ),
    ),
    Item(
        _l("Routing"),
        "",
        "routing",
        inner=(
            _inner(_l("Decisions"), "hq.entries", "hq.entry"),
            _inner(_l("Route a visitor"), "hq.route_visitor"),
            _inner(_l("Routing policy"), "hq.policy", "hq.edit_policy", "hq.review_policy"),
            _inner(
                _l("Simulations"),
                "hq.simulations",
                "hq.simulation",
                "hq.new_simulation",
                "hq.compare_simulations",
            ),
            _inner(_l("Re-assign customers"), "hq.reassign", "hq.reassignment"),
        ),
    ),
    Item(_l("Customers"), "hq.customers", "people", ("hq.customer",)),
    Item(
        _l("Sales"),
        "",
        "sales",
        inner=(
            _inner(_l("Orders"), "hq.orders", "hq.order", "hq.movements"),
            _inner(_l("Refunds"), "hq.refunds"),
            _inner(_l("Performance"), "hq.performance"),
        ),
    ),
    Item(
        _l("Incentives"),
        "",
        "award",
        inner=(
            _inner(_l("Rewards"), "hq.rewards"),
            _inner(_l("Friend adds"), "hq.adds"),
            _inner(_l("Reward months"), "hq.reward_months", "hq.reward_month"),
            _inner(_l("Reward plan"), "hq.plan"),
        ),
    ),
    Item(
        _l("Settings"),
        "",
        "settings",
        inner=(
            _inner(_l("Imports"), "hq.imports", "hq.import_run"),
            _inner(_l("Jobs"), "hq.jobs"),
            _inner(
                _l("Users"),
                "hq.users",
                "hq.user",
                "hq.new_user",
                "hq.change_role",
                "hq.reset_password",
            ),
            _inner(_l("API keys"), "hq.keys", "hq.key", "hq.new_key"),
            _inner(_l("Audit log"), "hq.audit"),
        ),
    ),
)
BRANCH = (
    Item(_l("Stores that need help"), "hq.help_stores", "help"),
    Item(_l("Figures"), "hq.home", "today"),
    replace(HQ[1], inner=HQ[1].inner[:-1]),
    *HQ[2:],
)  # the help has its own item on top
DEALER = (
    Item(_l("Today"), "dealer.home", "today"),
    Item(_l("My stores"), "dealer.stores", "network", ("dealer.store", "dealer.entries")),
    Item(
        _l("Orders"),
        "dealer.orders",
        "sales",
        ("dealer.order", "dealer.refunds", "dealer.movements"),
    ),
    Item(
        _l("My customers"),
        "dealer.customers",
        "people",
        ("dealer.customer", "dealer.moved_customers", "dealer.elsewhere"),
    ),
    Item(_l("Revenue"), "dealer.revenue", "money"),
    Item(
        _l("Guides and rewards"), "dealer.rewards", "award", ("dealer.guide", "dealer.reward_lines")
    ),
    Item(_l("Store codes"), "dealer.codes", "code", ("dealer.code_sheet",)),
)
GUIDE = (
    Item(_l("Money"), "guide.home", "money", ("guide.order", "guide.add")),
    Item(_l("Progress"), "guide.progress", "award"),
    Item(_l("Customers"), "guide.customers", "people", ("guide.customer",)),
    Item(_l("My code"), "guide.code", "code"),
    Item(_l("Help"), "guide.help", "help"),
)
MANAGER = (
    Item(_l("Team"), "guide.home", "people", ("guide.member", "guide.order", "guide.add")),
    Item(_l("Targets"), "guide.progress", "award", ("guide.set_targets",)),
    Item(_l("Customers"), "guide.customers", "account", ("guide.customer",)),
    Item(_l("Our code"), "guide.code", "code"),
    Item(_l("Help"), "guide.help", "help"),
)
NAVIGATION = {
    "hq_admin": HQ,
    "hq_operations": HQ,
    "hq_finance": HQ,
    "branch_coordinator": BRANCH,
    "dealer": DEALER,
    "store_manager": MANAGER,
    "guide": GUIDE,
}

ROLE_NAMES = {
    "hq_admin": _l("Headquarters, administrator"),
    "hq_operations": _l("Headquarters, operations"),
    "hq_finance": _l("Headquarters, finance"),
    "branch_coordinator": _l("Branch coordinator"),
    "dealer": _l("Dealer"),
    "store_manager": _l("Store manager"),
    "guide": _l("Guide"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """An Item ready to be drawn. `open`: the current page is this one or one of its inner ones."""

    label: str
    url: str
    icon: str
    current: bool
    open: bool
    inner: tuple[Link, ...] = ()


def links_of(actor: Actor) -> list[Link]:
    """The navigation of one person, his current page marked."""
    return [
        link for link in (_link(actor, item) for item in NAVIGATION[actor.role]) if link is not None
    ]


def _link(actor: Actor, item: Item) -> Link | None:
    inner = tuple(link for link in (_link(actor, each) for each in item.inner) if link is not None)
    if not item.endpoint and not inner:
        return None
    if item.endpoint and not _open_to(actor, item.endpoint):
        return None
    current = bool(item.endpoint) and request.endpoint in (item.endpoint, *item.behind)
    return Link(
        str(item.label),
        url_for(item.endpoint) if item.endpoint else inner[0].url,
        item.icon,
        current,
        current or any(link.open for link in inner),
        inner,
    )


def _open_to(actor: Actor, endpoint: str) -> bool:
    view = current_app.view_functions.get(endpoint)
    return view is not None and actor.may(declared(view) or "")


def search_url() -> str | None:
    """The address of the search over everything of one's own, for those who have one."""
    if not current_user.is_authenticated:
        return None
    return next(
        (
            url_for(endpoint)
            for endpoint in ("hq.search", "dealer.search")
            if _open_to(current_user.actor, endpoint)
        ),
        None,
    )
