"""What the forms of the network ask for: the cells of the import, in groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.ui import labels, network_labels
from stores.geo.coordinates import CRS_NAMES
from stores.geo.territories import KINDS as AREA_KINDS
from stores.network.guides import ROLES
from stores.network.stores import STATUSES


@dataclass(frozen=True, slots=True)
class Field:
    """An input of a form. `choices`: (value, words); `hint` says the format."""

    name: str
    kind: str = "text"
    choices: tuple[tuple[str, Any], ...] = ()
    hint: Any = ""

    @property
    def of(self) -> str | None:
        """What the field names by its code: those are offered while one types."""
        return OFFERS.get(self.name)


OFFERS = {
    "branch_code": "branch",
    "parent_code": "branch",
    "dealer_code": "dealer",
    "successor_store_code": "store",
    "store_code": "store",
}
_CRS = {"wgs84": "WGS-84 (GPS)", "gcj02": "GCJ-02 (Amap, Tencent)", "bd09": "BD-09 (Baidu)"}
FORMS: dict[str, tuple[tuple[Any, tuple[Field, ...]], ...]] = {
    "stores": (
        (
            _l("What it is"),
            (
                Field("store_code"),
                Field("name"),
                Field("branch_code"),
                Field("address"),
                Field("country", hint=_l("two letters, such as CN")),
                Field("region_code", hint=_l("six digits, such as 310101")),
            ),
        ),
        (
            _l("Where it is"),
            (
                Field("latitude"),
                Field("longitude"),
                Field("crs", "choice", tuple((name, _CRS[name]) for name in CRS_NAMES)),
                Field("service_radius_m", "number", hint=_l("metres; empty: none")),
            ),
        ),
        (
            _l("Who holds it"),
            (
                Field("dealer_code"),
                Field(
                    "contract_from",
                    "date",
                    hint=_l("of another dealer: the first day, empty: today"),
                ),
            ),
        ),
        (
            _l("Service"),
            (
                Field(
                    "status",
                    "choice",
                    tuple((name, network_labels.STORE_STATES[name]) for name in STATUSES),
                ),
                Field("paused_until", "date"),
                Field("successor_store_code"),
                Field("cloud_shop", "choice", (("on", _l("on")), ("off", _l("off")))),
                Field("cloud_shop_url", "url"),
                Field("priority", "number"),
                Field("daily_capacity", "number"),
                Field("hours", hint=_l("such as mon-fri 09:00-18:00;sat 10:00-16:00")),
                Field("timezone", hint=_l("empty: the brand's")),
                Field("opened_on", "date"),
            ),
        ),
    ),
    "dealers": (
        (_l("What it is"), (Field("dealer_code"), Field("name"), Field("branch_code"))),
        (
            _l("Terms, where a contract states none of its own"),
            (
                Field("platform_fee_bp", "number", hint=_l("basis points: 500 is 5 %")),
                Field("channel_fee_bp", "number", hint=_l("basis points: 500 is 5 %")),
                Field("collection_mode", "choice", tuple(network_labels.COLLECTION.items())),
                Field("express_rule", "choice", tuple(network_labels.EXPRESS_RULES.items())),
                Field("express_split_bp", "number", hint=_l("basis points: 500 is 5 %")),
            ),
        ),
    ),
    "guides": (
        (
            _l("Who it is"),
            (
                Field("guide_code"),
                Field("name"),
                Field("wecom_userid"),
                Field(
                    "own_customer_id",
                    hint=_l("the number under which this guide buys; guides do not own themselves"),
                ),
            ),
        ),
        (
            _l("Work"),
            (
                Field("store_code"),
                Field("role", "choice", tuple((name, labels.ROLES[name]) for name in ROLES)),
                Field("hired_on", "date"),
                Field("left_on", "date", hint=_l("the last day at work")),
                Field(
                    "customers",
                    "choice",
                    (("", "–"), *network_labels.CUSTOMERS_OF_MOVER.items()),
                    hint=_l(
                        "of a move today or in the last 3 days; empty: they follow; to another "
                        "dealer they never do"
                    ),
                ),
            ),
        ),
    ),
    "branches": (
        (
            _l("What it is"),
            (
                Field("branch_code"),
                Field("name"),
                Field("parent_code", hint=_l("empty: right under headquarters")),
            ),
        ),
    ),
    "terms": (
        (
            _l("Terms of this contract, where they are not the dealer's own"),
            (
                Field("store_code"),
                Field(
                    "terms_from",
                    "date",
                    hint=_l(
                        "the first day of these terms; its first day or empty: since the contract "
                        "began"
                    ),
                ),
                Field(
                    "platform_fee_bp",
                    "number",
                    hint=_l("basis points: 500 is 5 %; empty: the dealer's own"),
                ),
                Field(
                    "channel_fee_bp",
                    "number",
                    hint=_l("basis points: 500 is 5 %; empty: the dealer's own"),
                ),
                Field(
                    "collection_mode",
                    "choice",
                    (("", _l("the dealer's own")), *network_labels.COLLECTION.items()),
                ),
            ),
        ),
    ),
    "areas": (
        (
            _l("What it is"),
            (
                Field("area_code"),
                Field(
                    "kind",
                    "choice",
                    tuple((name, network_labels.AREA_KINDS[name]) for name in AREA_KINDS),
                ),
                Field("dealer_code", hint=_l("of a territory")),
                Field("store_code", hint=_l("of a service area")),
                Field("valid_from", "date"),
                Field("valid_to", "date", hint=_l("the last day")),
            ),
        ),
        (
            _l("Where it is"),
            (
                Field("region_codes", hint=_l("separated by spaces")),
                Field("postal_codes", hint=_l("separated by spaces")),
                Field(
                    "crs",
                    "choice",
                    tuple((name, _CRS[name]) for name in CRS_NAMES),
                    hint=_l("of a shape that you paste; what is stored is WGS-84"),
                ),
                Field(
                    "geometry", "long", hint=_l("GeoJSON of one polygon; empty: the codes alone")
                ),
            ),
        ),
    ),
}
