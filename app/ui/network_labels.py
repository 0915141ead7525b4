"""What codes of stores, areas, offers and the fields of the network are called on pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.ui.labels import Words

STORE_STATES: Words = {"active": _l("in service"), "paused": _l("paused"), "closed": _l("closed")}
STORE_MEANINGS = {"active": "", "paused": "wait", "closed": "wrong"}
OWN_STORE_STATES: Words = {**STORE_STATES, "sold": _l("no longer yours")}


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
