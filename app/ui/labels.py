"""What codes are called on pages: one table for each kind of code. An unknown code is shown as it
is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace

from flask import Flask
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.accounts.language import language
from app.ui.paging import same_filter
from incentives import explanations as rewards
from stores.network.sight import masked
from stores.routing import explanations as routing

Words = Mapping[str, LazyString] | Mapping[str, str]

OWNER_BASIS: Words = {
    "entry": _l("The order names the visit that led to this store."),
    "visit": _l("The customer's last visit in the 24 hours before led to this store."),
    "location": _l("No visit before; the order's location leads to this store."),
    "named": _l("No visit and no location; headquarters' file names this store."),
    "unattributed": _l(
        "No visit, no usable location, no store with a contract: nobody owns this sale yet."
    ),
}
OWNER_BASIS_SHORT: Words = {
    "entry": _l("named visit"),
    "visit": _l("last visit"),
    "location": _l("location"),
    "named": _l("named by file"),
    "unattributed": _l("unattributed"),
    "attributed": _l("anything that attributes it"),
}
GUIDE_BASIS: Words = {
    "assisted": _l("assisted the order"),
    "touch": _l("last signed link or code"),
    "owner": _l("owner guide of the customer"),
    "none": _l("no guide"),
}
CREDITS: Words = {
    "shop": _l("Shop of the sale"),
    "home": _l("Home store"),
    "guide": _l("Guide"),
    "branch": _l("Branch"),
}
TRANSFERS: Words = {
    "sale": _l("Sale"),
    "sale_unattributed": _l("Sale, unattributed"),
    "platform_fee": _l("Platform fee"),
    "channel_fee": _l("Channel fee"),
    "refund": _l("Refund"),
    "refund_unattributed": _l("Refund, unattributed"),
    "platform_fee_return": _l("Platform fee returned"),
    "channel_fee_return": _l("Channel fee returned"),
    "reward": _l("Reward of a guide"),
    "reward_return": _l("Reward taken back"),
    "reward_pending": _l("Reward pending"),
    "reward_vest": _l("Reward vested"),
}
ORDER_STATES: Words = {"shipped": _l("Shipped"), "received": _l("Received"), "closed": _l("Closed")}
SALES_CHANNELS: Words = {"mini_program": _l("Mini-program"), "till": _l("Till")}
TOUCHPOINTS: Words = {  # examples: a brand names its own, unknown ones are shown as they are
    "plain": _l("Opened by itself"),
    "store_qr": _l("Store QR code"),
    "guide_link": _l("Guide's link"),
    "chat_card": _l("Card in a chat"),
    "official_account": _l("Official account"),
    "advert": _l("Advert"),
}
REWARD_STATES: Words = {
    "pending": _l("pending"),
    "vested": _l("payable"),
    "voided": _l("no reward"),
    "clawed_back": _l("taken back"),
}
REWARD_MEANINGS = {"pending": "wait", "vested": "good", "voided": "", "clawed_back": "wrong"}
COMPONENTS: Words = {
    "add": _l("Friend add"),
    "referral": _l("Referral"),
    "sales": _l("Sales commission"),
}
TOPICS: Words = {
    "C1": _l("Friend adds"),
    "C2": _l("Invitations"),
    "C4": _l("Sales"),
    "C6": _l("Closed months"),
}
STORE_STATES: Words = {"active": _l("in service"), "paused": _l("paused"), "closed": _l("closed")}
STORE_MEANINGS = {"active": "", "paused": "wait", "closed": "wrong"}
OWN_STORE_STATES: Words = {**STORE_STATES, "sold": _l("no longer yours")}
ON_OFF: Words = {"on": _l("on"), "off": _l("off")}
PROTECTION: Words = {
    "protected": _l("protected"),
    "ending": _l("ends within 7 days"),
    "open": _l("no longer protected"),
    "leaving": _l("moves away"),
}
PROTECTION_MEANINGS = {"protected": "", "ending": "wait", "open": "", "leaving": "wait"}
TAKEOVER_WAYS: Words = {"left": _l("left you"), "came": _l("came to you")}
TAKERS: Words = {"left": _l("a guide of another shop of the chain"), "came": _l("a guide of yours")}
TAKEOVER_REASONS: Words = {
    "friend_add": _l(
        "The protection was over and no guide was responsible; the customer added this guide as a "
        "friend."
    ),
    "order_by_link": _l(
        "The protection was over and no guide was responsible; the customer ordered through this "
        "guide's link."
    ),
    "transfer": _l(
        "The customer was handed over to this guide in WeCom, and the protection was over."
    ),
    "owner_of_another_store": _l(
        "The customer had chosen this guide before; the home followed when the protection was over."
    ),
    "snatch_after_protection": _l(
        "The protection was over and the customer ordered through this guide's link."
    ),
    "snatch_anytime": _l(
        "The customer ordered through this guide's link; the brand's rules allow that at any time."
    ),
    "manual_assignment": _l(
        "The protection was over and no guide was responsible; a manager gave the customer to "
        "this guide."
    ),
    "customer_request": _l("The protection was over and the customer asked for this guide."),
    "home_requested": _l("The protection was over and the customer asked for this store."),
    "home_approved": _l(
        "The protection was over, the customer had bought there three times, and its manager "
        "approved."
    ),
}
DEEDS: Words = {
    "switched": _l("Chose another store"),
    "switch_ended": _l("Gave up that choice"),
    "refused": _l("Declined the store offered"),
    "pinned": _l("Pinned to a store by headquarters"),
    "unpinned": _l("Pin taken away"),
    "no_switch": _l("Switching forbidden by headquarters"),
    "may_switch": _l("Switching allowed again"),
    "owner_assigned": _l("Given to a guide by a manager"),
    "owner_requested": _l("Asked for another guide"),
    "home_requested": _l("Asked for another home store"),
    "home_approved": _l("New home store approved by its manager"),
    "home_declined": _l("New home store declined by its manager"),
}
DEED_FAULTS: Words = {
    "unknown_store": _l("There is no store with this code."),
    "unknown_guide": _l("There is no guide with this code."),
    "store_not_eligible": _l("This store takes no visitors now; choose one in service."),
    "invalid_input": _l("Fill in what is missing: a store for a pin, and why."),
    "has_owner": _l("Another guide looks after this customer already."),
    "guide_not_employed": _l("This guide works in no store today."),
    "guide_leaving": _l("This guide is leaving and takes no new customers."),
    "own_guide": _l("This customer is that guide; guides do not own themselves."),
    "binding_protected": _l("The present binding is protected; try again when that is over."),
    "already": _l("It is so already."),
    "move_decided": _l("It was decided already whether the customers follow."),
    "no_proposal": _l("The customer has not bought here often enough lately."),
    "not_found": _l("This is not yours to decide."),
}
BINDING_BEGAN: Words = {
    "friend_add": _l("by the first friend add"),
    "order_by_link": _l("by an order through the guide's link"),
    "first_order": _l("by the first order"),
    "transfer": _l("handed over in WeCom"),
    "home_protected": _l("followed the owner guide when another protection was over"),
    "snatch_after_protection": _l(
        "by an order through the guide's link, after another protection was over"
    ),
    "snatch_anytime": _l("by an order through the guide's link"),
    "manual_assignment": _l("assigned by a manager"),
    "customer_request": _l("at the customer's own wish"),
    "home_requested": _l("at the customer's own wish"),
    "home_approved": _l("after three orders there, approved by its manager"),
    "store_closed": _l("because the former home store closed"),
    "closing_undone": _l("because the closing of the store was undone"),
    "reassigned": _l("re-assigned by headquarters"),
    "reassignment_undone": _l("because a re-assignment was undone"),
}
BINDING_ENDED: Words = {
    **TAKEOVER_REASONS,
    "validity_over": _l("A year without an order or a chat: the binding lapses."),
    "guide_left": _l("The guide left; the customer stays with the store."),
    "guide_moved_alone": _l(
        "The guide moved to another store of the dealer; it was decided that the customer stays "
        "with the store."
    ),
    "guide_changed_dealer": _l(
        "The guide moved to a store of another dealer; the customer stays with the store, always."
    ),
    "deleted_by_customer": _l("The customer deleted the guide and had never ordered."),
    "store_closed": _l("The store closed; its customers went to the successor, or were released."),
    "closing_undone": _l("The closing of the former home store was undone."),
    "reassigned": _l("Headquarters re-assigned the store's customers."),
    "reassignment_undone": _l("Headquarters undid a re-assignment."),
}
LOST_BY: Words = {
    "entry": _l(
        "The order belongs to the visit it was paid in, and that visit led to another shop."
    ),
    "visit": _l("The customer's last visit in the 24 hours before the order led to another shop."),
    "location": _l(
        "There was no visit before the order; where it is delivered to is served by another shop."
    ),
    "named": _l("There was no visit and no place; headquarters' file names another shop."),
    "unattributed": _l("No visit and no usable place: no shop owns this sale yet."),
}
PLACES: Words = {
    "door": _l("Door"),
    "counter": _l("Counter"),
    "table": _l("Table"),
    "parcel": _l("Parcel card"),
    "flyer": _l("Flyer"),
    "bag": _l("Shopping bag"),
}
REWARD_FIGURES: Words = {
    "promised": _l("Newly promised"),
    "returned": _l("Taken back"),
    "payable": _l("Became payable"),
    "pending": _l("Still pending"),
}
HELP_REASONS: Words = {
    "no_entries_7d": _l("No visitor for 7 days"),
    "no_code_placed": _l("No code placed"),
    "no_guide": _l("No guide"),
    "guides_without_adds_30d": _l("Guides without friend adds"),
    "sales_down": _l("Sales down"),
    "adds_lost": _l("Friends lost"),
    "paused": _l("Paused"),
}
OFFER_KINDS: Words = {"promotion": _l("Promotion"), "range": _l("Range of articles")}
OFFER_STATES: Words = {"on": _l("shown"), "off": _l("not shown"), "coming": _l("to come")}
OFFER_MEANINGS = {"on": "good", "off": "", "coming": "wait"}
AREA_KINDS: Words = {
    "territory": _l("Exclusive territory"),
    "service_area": _l("Service area"),
    "isolated": _l("Isolated area"),
}
NETWORK_FIELDS: Words = {
    "promotion": _l("Promotion"),
    "range": _l("Range of articles"),
    "name": _l("Name"),
    "branch_code": _l("Branch code"),
    "dealer_code": _l("Dealer code"),
    "position": _l("Position"),
    "coordinates_withdrawn": _l("Coordinates withdrawn"),
    "country": _l("Country"),
    "region_code": _l("Region code"),
    "address": _l("Address"),
    "status": _l("State"),
    "cloud_shop": _l("Cloud shop"),
    "opened_on": _l("Opened on"),
    "closed_on": _l("Closed on"),
    "paused_until": _l("Paused until"),
    "priority": _l("Priority"),
    "daily_capacity": _l("Visitors a day at most"),
    "service_radius_m": _l("Service radius"),
    "hours": _l("Hours"),
    "timezone": _l("Time zone"),
    "cloud_shop_url": _l("Address of the cloud shop"),
    "successor_store_code": _l("Successor"),
    "contract_from": _l("Contract from"),
    "latitude": _l("Latitude"),
    "longitude": _l("Longitude"),
    "crs": _l("Coordinate system"),
    "platform_fee_bp": _l("Platform fee"),
    "channel_fee_bp": _l("Channel fee"),
    "collection_mode": _l("Collection"),
    "express_rule": _l("Express into another dealer's territory"),
    "express_split_bp": _l("Part of the territory's dealer"),
    "store_code": _l("Store code"),
    "wecom_userid": _l("WeCom account"),
    "own_customer_id": _l("Own customer number"),
    "hired_on": _l("First day"),
    "left_on": _l("Last day at work"),
    "parent_code": _l("Above it"),
    "terms_from": _l("These terms from"),
    "area_code": _l("Area code"),
    "kind": _l("Kind"),
    "valid_from": _l("First day"),
    "valid_to": _l("Last day"),
    "region_codes": _l("Region codes"),
    "postal_codes": _l("Postal codes"),
    "geometry": _l("Shape"),
    "role": _l("Role"),
    "guide_code": _l("Guide code"),
    "customers": _l("Customers after a move"),
}
NETWORK_LISTS: Words = {
    "stores": _l("Stores"),
    "dealers": _l("Dealers"),
    "guides": _l("Guides"),
    "branches": _l("Branches"),
    "areas": _l("Areas"),
    "terms": _l("Stores"),
}
EXPRESS_RULES: Words = {
    "keep": _l("the shop keeps the sale"),
    "transfer": _l("the sale goes to the territory's dealer"),
    "split": _l("the sale is split with the territory's dealer"),
    "refuse": _l("the sale is refused"),
}
COLLECTION: Words = {
    "store_collects": _l("The store collects"),
    "hq_collects": _l("Headquarters collects"),
}
CUSTOMERS_OF_MOVER: Words = {"follow": _l("follow the guide"), "stay": _l("stay with the store")}
ROLES: Words = {"guide": _l("Guide"), "store_manager": _l("Store manager")}
FIGURES: Words = {
    "gross_minor": _l("Sales"),
    "refunds_minor": _l("Refunds"),
    "fees_minor": _l("Fees"),
    "rewards_minor": _l("Rewards"),
    "net_minor": _l("Net"),
}
METRICS: Words = {
    "adds": _l("Friend adds"),
    "valid_adds": _l("Paid friend adds"),
    "adds_lost_rate": _l("Friends lost"),
    "referrals": _l("Invitations"),
    "converted_referrals": _l("Paid referrals"),
    "net_sales": _l("Net sales"),
    "orders": _l("Orders"),
    "chats": _l("Chats"),
    "reply_rate": _l("Reply rate"),
    "avg_first_reply_min": _l("Minutes to the first reply"),
}
LOCATED: Words = {"0": _l("none"), "1": _l("exact"), "2": _l("fuzzy")}
SOURCES: Words = {
    "qr": _l("QR code"),
    "link": _l("Link"),
    "card": _l("Card"),
    "admin_assigned": _l("Assigned by an administrator"),
}
EVENTS: Words = {
    "contact.added": _l("Friend request, not confirmed yet"),
    "contact.confirmed": _l("Added as a friend"),
    "contact.deleted_by_guide": _l("Deleted by the guide"),
    "contact.deleted_by_customer": _l("Deleted the guide"),
    "contact.transferred": _l("Handed over to another guide"),
    "referral.invited": _l("Invited"),
    "customer.registered": _l("Registered"),
}
TRANSFER_STATES: Words = {
    "requested": _l("requested"),
    "waiting": _l("waiting"),
    "done": _l("done"),
    "refused": _l("refused"),
    "limit_exceeded": _l("the taker has too many customers"),
    "failed": _l("failed"),
}
BINDING_REASONS: Words = {
    "friend_add": _l("friend add"),
    "order_by_link": _l("first order by a guide's link"),
    "first_order": _l("first paid order"),
    "transfer": _l("handed over"),
    "snatch_after_protection": _l("order by another guide's link after the protection"),
    "snatch_anytime": _l("order by another guide's link"),
    "home_protected": _l("waited for the end of the former home's protection"),
    "manual_assignment": _l("assigned by a manager"),
    "customer_request": _l("at the customer's own wish"),
    "home_requested": _l("at the customer's own wish"),
    "home_approved": _l("after three orders there, approved by its manager"),
    "imported": _l("brought in by a file"),
    "store_closed": _l("the former home store closed"),
    "closing_undone": _l("the closing of the store was undone"),
    "reassigned": _l("re-assigned by headquarters"),
    "reassignment_undone": _l("a re-assignment was undone"),
}
BINDING_ENDS: Words = {
    **BINDING_REASONS,
    "validity_over": _l("no order for too long"),
    "guide_left": _l("the guide left"),
    "guide_moved_alone": _l("the guide moved, customers stayed"),
    "guide_changed_dealer": _l("the guide changed the dealer"),
    "deleted_by_customer": _l("the customer deleted the guide"),
    "owner_of_another_store": _l("the new owner works at another store"),
}
IDENTITIES: Words = {
    "customer_id": _l("Customer number"),
    "unionid": _l("WeChat unionid"),
    "openid": _l("WeChat openid"),
    "external_userid": _l("WeCom contact"),
    "phone": _l("Telephone"),
}
REVEAL_REASONS: Words = {
    "customer_asks": _l("The customer asked for help"),
    "complaint": _l("A complaint"),
    "delivery": _l("A delivery cannot be made"),
    "data_rights": _l("The customer asks for a copy, correction or deletion of personal data"),
    "authority": _l("An authority asks by law"),
    "fraud": _l("Suspicion of fraud"),
}
FOUND: Words = {
    "store": _l("Store"),
    "dealer": _l("Dealer"),
    "branch": _l("Branch"),
    "guide": _l("Guide"),
    "order": _l("Order"),
    "refund": _l("Refund"),
    "entry": _l("Entry"),
    "customer": _l("Customer"),
}
CONTACTS: Words = {
    "contact.confirmed": _l("Friend add"),
    "contact.deleted_by_customer": _l("The customer deleted the friend"),
    "contact.deleted_by_guide": _l("The guide deleted the friend"),
    "contact.transferred": _l("Handed over by another guide"),
}
BASES: Words = {
    "point": _l("decided again from the exact point, which is kept for 24 hours"),
    "record": _l("checked against the recorded candidates, which are kept for 30 days"),
    "result": _l("only the result is still kept"),
}

RUN_STATES: Words = {
    "queued": _l("waiting"),
    "running": _l("running"),
    "done": _l("done"),
    "failed": _l("failed"),
    "cancelled": _l("cancelled"),
}
RUN_MEANINGS = {"queued": "", "running": "wait", "done": "", "failed": "wrong", "cancelled": ""}
RUN_KINDS: Words = {
    "import.check": _l("Check of a file"),
    "import.save": _l("Import of a file"),
    "simulate": _l("Simulation"),
    "reassign.check": _l("Count of a re-assignment"),
    "reassign.run": _l("Re-assignment of customers"),
    "reassign.undo": _l("Undoing of a re-assignment"),
}
RUN_STEPS: Words = {
    "started": _l("Taken by a worker"),
    "reading": _l("Reading the file"),
    "checking": _l("Checking every row"),
    "preparing": _l("Preparing"),
    "deciding": _l("Deciding every visit twice"),
    "summing": _l("Summing up"),
    "comparing": _l("Comparing with what is stored"),
    "saving": _l("Saving"),
    "queued": _l("waiting"),
    "counting": _l("Counting customers"),
    "moving": _l("Moving customers"),
    "moving_back": _l("Moving customers back"),
}
IMPORT_STATES: Words = {
    "check_queued": _l("waits to be checked"),
    "check_running": _l("being checked"),
    "columns": _l("columns to match"),
    "ready": _l("checked, not saved"),
    "faults": _l("faults"),
    "nothing": _l("nothing changed"),
    "save_queued": _l("waits to be saved"),
    "save_running": _l("being saved"),
    "saved": _l("saved"),
    "check_failed": _l("check failed"),
    "save_failed": _l("saving failed"),
    "check_cancelled": _l("cancelled"),
    "save_cancelled": _l("saving cancelled"),
    "discarded": _l("removed, not saved"),
}
IMPORT_MEANINGS = {
    "columns": "wait",
    "ready": "wait",
    "faults": "wrong",
    "saved": "good",
    "check_failed": "wrong",
    "save_failed": "wrong",
    "check_running": "wait",
    "save_running": "wait",
}
RUN_OUTCOMES: Words = {
    **IMPORT_STATES,
    "counted": _l("counted"),
    "moved": _l("moved"),
    "undone": _l("undone"),
}
REASSIGN_STATES: Words = {
    "asked": _l("being counted"),
    "checked": _l("counted, nobody moved"),
    "running": _l("running"),
    "stopped": _l("stopped halfway"),
    "done": _l("done"),
    "undoing": _l("being undone"),
    "undone": _l("undone"),
}
REASSIGN_MEANINGS = {
    "checked": "wait",
    "running": "wait",
    "stopped": "wrong",
    "done": "good",
    "undoing": "wait",
}
REASSIGN_CAUSES: Words = {
    "closed": _l("is closed for good and nobody followed it"),
    "out_of_service": _l(
        "is out of service: cloud shop off, contract over, or coordinates withdrawn"
    ),
    "foreign_territory": _l("lies in another dealer's exclusive territory"),
    "first_order": _l("is only where the first order was, and the customer is seen elsewhere now"),
    "chosen": _l("was named by headquarters"),
}
REASSIGN_TARGETS: Words = {
    "ladder": _l("as the order of rules says"),
    "successor": _l("its successor"),
    "store": _l("one store"),
}
REASSIGN_PLACES: Words = {
    "home": _l("where the old home store is"),
    "last_visit": _l("where the customer was last seen"),
}
RECURRING: Words = {
    "rules": _l("Put a routing policy in force whose time has come"),
    "files": _l("Finish large files that were broken off"),
    "seal": _l("Seal the ledger and the audit log"),
    "rewards": _l("Book due rewards"),
    "figures": _l("Count the figures of each day"),
    "homes": _l("Move home stores whose day has come"),
    "forget": _l("Forget visitors' points"),
    "ahead": _l("Let facts of a time to come wait for it"),
    "uploads": _l("Remove uploaded files"),
}
SIMULATION_KINDS: Words = {"store": _l("Stores"), "dealer": _l("Dealers"), "branch": _l("Branches")}
SIMULATION_STATES: Words = {
    "queued": _l("waits"),
    "running": _l("under way"),
    "done": _l("finished"),
    "failed": _l("failed"),
    "cancelled": _l("cancelled"),
}
SIMULATION_MEANINGS = {"queued": "wait", "running": "wait", "done": "good", "failed": "wrong"}
CONFLICTS: Words = {
    "store_in_territory": _l("The store lies in another dealer's territory"),
    "stores_near": _l("Another dealer's store is near"),
    "territories_overlap": _l("Two dealers' territories overlap"),
    "territories_share_codes": _l("Two dealers' territories name the same regions or postal codes"),
}
RECURRING_STATES: Words = {
    "ok": _l("in order"),
    "failed": _l("failed"),
    "late": _l("late"),
    "never": _l("has not run yet"),
}
RECURRING_MEANINGS = {"ok": "", "failed": "wrong", "late": "wait", "never": ""}


class _Told(Mapping[str, str]):
    """Words of the domain, which knows both languages, in the reader's."""

    def __init__(self, words: Mapping[str, tuple[str, str]]):
        self._words = words

    def __getitem__(self, code: str) -> str:
        self._words[code]
        return routing.word(self._words, code, language())

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)


RUNGS: Words = _Told(routing.RUNG_NAMES)
OUTCOMES: Words = _Told(routing.OUTCOMES)
CANDIDATES: Words = _Told(routing.CANDIDATES)
TIES: Words = _Told(routing.TIES)


Chip = tuple[str | None, str | None]
OTHER_STORE, OTHER_GUIDE = _l("another store of the brand"), _l("a guide of another store")


def named(key: int | None, code: str | None, name: str | None, other: LazyString) -> Chip:
    """Code and name of what a key points at; where the query did not name it to this reader
    (`stores/network/sight.py`), only that there is one."""
    return (code, name) if code is not None or key is None else (None, str(other))


def label(words: Words, code: str) -> str:
    return str(words[code]) if code in words else code


def init_app(app: Flask) -> None:
    env = app.jinja_env
    tables = {name: value for name, value in globals().items() if name.isupper()}
    env.globals.update(labels=SimpleNamespace(**tables), label=label, same_filter=same_filter)
    env.filters.update(
        masked=masked,
        percent=rewards.percent,
        source_words=lambda code: label(SOURCES, code),
        rung=lambda code: routing.word(routing.RUNG_NAMES, code, language()),
        candidate=lambda code: routing.word(routing.CANDIDATES, code, language()),
        fact=lambda found: routing.word(routing.FACTS, found[0], language()).format(n=found[1]),
        distance=lambda km: routing.distance_words(km, language()),
    )
