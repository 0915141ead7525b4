"""What each role finds in its navigation: one table. An item shows when its page exists and the person may open it."""
from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.permissions import declared
from stores.actors import Actor


@dataclass(frozen=True, slots=True)
class Item:
    """A page in the navigation: its name, its endpoint, its icon in static/icons.svg, and the pages behind it that count as it."""

    label: LazyString
    endpoint: str
    icon: str
    behind: tuple[str, ...] = ()


HQ = (
    Item(_l("Today"), "hq.home", "today"),
    Item(_l("Network"), "hq.stores", "network", ("hq.store", "hq.dealers", "hq.dealer", "hq.guide")),
    Item(_l("Routing"), "hq.entries", "routing", ("hq.entry",)),
    Item(_l("Customers"), "hq.customers", "people"),
    Item(_l("Sales"), "hq.orders", "sales", ("hq.order", "hq.refunds", "hq.movements")),
    Item(_l("Money"), "hq.money", "money"),
    Item(_l("Incentives"), "hq.incentives", "award"),
    Item(_l("Settings"), "hq.settings", "settings"),
)
DEALER = (
    Item(_l("Today"), "dealer.home", "today"),
    Item(_l("My stores"), "dealer.stores", "network", ("dealer.store",)),
    Item(_l("Orders"), "dealer.orders", "sales", ("dealer.order", "dealer.refunds", "dealer.movements")),
    Item(_l("My customers"), "dealer.customers", "people"),
    Item(_l("Statements"), "dealer.statements", "money"),
    Item(_l("Guides and rewards"), "dealer.rewards", "award"),
    Item(_l("Store codes"), "dealer.codes", "code"),
)
GUIDE = (
    Item(_l("Money"), "guide.home", "money"),
    Item(_l("Progress"), "guide.progress", "award"),
    Item(_l("Customers"), "guide.customers", "people"),
    Item(_l("My code"), "guide.code", "code"),
    Item(_l("Help"), "guide.help", "help"),
)
MANAGER = (
    Item(_l("Team"), "guide.home", "people", ("guide.member",)),
    Item(_l("Customers"), "guide.customers", "account"),
    Item(_l("Store QR code"), "guide.code", "code"),
    Item(_l("Help"), "guide.help", "help"),
)
NAVIGATION = {"hq_admin": HQ, "hq_operations": HQ, "hq_finance": HQ, "branch_coordinator": HQ, "dealer": DEALER,
              "store_manager": MANAGER, "guide": GUIDE}

ROLE_NAMES = {
    "hq_admin": _l("Headquarters, administrator"), "hq_operations": _l("Headquarters, operations"), "hq_finance": _l("Headquarters, finance"),
    "branch_coordinator": _l("Branch coordinator"), "dealer": _l("Dealer"), "store_manager": _l("Store manager"), "guide": _l("Guide"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """An Item ready to be drawn."""

    label: str
    url: str
    icon: str
    current: bool


def links_of(actor: Actor) -> list[Link]:
    """The navigation of one person, his current page marked."""
    return [Link(str(item.label), url_for(item.endpoint), item.icon, request.endpoint in (item.endpoint, *item.behind))
            for item in NAVIGATION[actor.role] if _open_to(actor, item.endpoint)]


def _open_to(actor: Actor, endpoint: str) -> bool:
    view = current_app.view_functions.get(endpoint)
    return view is not None and actor.may(declared(view) or "")
