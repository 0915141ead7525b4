"""What codes of customers, bindings, takeovers and transfers are called on pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.ui.labels import Words

OWNER_BASIS: Words = {
    "entry": _l("The order names the visit that led to this store."),
    "visit": _l(
        "The customer's last visit, no longer before than the policy allows, led to this store."
    ),
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
    "home_approved": _l(
        "after orders there, as many as the policy asks for, approved by its manager"
    ),
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
    "visit": _l(
        "The customer's last visit before the order, no longer before than the policy allows, led "
        "to another shop."
    ),
    "location": _l(
        "There was no visit before the order; where it is delivered to is served by another shop."
    ),
    "named": _l("There was no visit and no place; headquarters' file names another shop."),
    "unattributed": _l("No visit and no usable place: no shop owns this sale yet."),
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
    "home_approved": _l(
        "after orders there, as many as the policy asks for, approved by its manager"
    ),
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
