"""Bodies and answers of the network's calls: the columns of the imports (CONTRACT 2)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from app.api.types import Answer, Crs, Strict

Text = Annotated[str, Field(max_length=500)]
Number = (
    Annotated[float, Field(ge=-1e15, le=1e15)] | Annotated[str, Field(max_length=40)]
)  # 31.23, or "31.23" as a file has it
Count = Annotated[int, Field(ge=-(10**15), le=10**15)] | Annotated[str, Field(max_length=40)]


class BranchIn(Strict):
    branch_code: Text | None = None
    name: Text | None = None
    parent_code: Text | None = None


class DealerIn(Strict):
    dealer_code: Text | None = None
    name: Text | None = None
    branch_code: Text | None = None
    platform_fee_bp: Count | None = None
    channel_fee_bp: Count | None = None
    collection_mode: Text | None = None
    express_rule: Text | None = None
    express_split_bp: Count | None = None


class StoreIn(Strict):
    store_code: Text | None = None
    name: Text | None = None
    dealer_code: Text | None = None
    branch_code: Text | None = None
    latitude: Number | None = None
    longitude: Number | None = None
    crs: Text | None = None
    country: Text | None = None
    region_code: Text | None = None
    address: Text | None = None
    status: Text | None = None
    cloud_shop: bool | Text | None = None
    opened_on: Text | None = None
    closed_on: Text | None = None
    paused_until: Text | None = None
    contract_from: Text | None = None
    priority: Count | None = None
    daily_capacity: Count | None = None
    service_radius_m: Count | None = None
    hours: Text | None = None
    timezone: Text | None = None
    successor_store_code: Text | None = None
    cloud_shop_url: Text | None = None


class GuideIn(Strict):
    guide_code: Text | None = None
    name: Text | None = None
    store_code: Text | None = None
    wecom_userid: Text | None = None
    own_customer_id: Text | None = None
    hired_on: Text | None = None
    left_on: Text | None = None
    role: Text | None = None
    customers: Text | None = None


class AreaIn(Strict):
    """The properties of a feature, and its geometry."""

    area_code: Text | None = None
    kind: Text | None = None
    dealer_code: Text | None = None
    store_code: Text | None = None
    valid_from: Text | None = None
    valid_to: Text | None = None
    crs: Text | None = None
    region_codes: list[Text] | None = None
    postal_codes: list[Text] | None = None
    geometry: dict[str, Any] | None = None


class BranchOut(Answer):
    branch_code: str
    name: str
    parent_code: str | None


class DealerOut(Answer):
    dealer_code: str
    name: str
    branch_code: str | None
    platform_fee_bp: int
    channel_fee_bp: int
    collection_mode: str
    express_rule: str
    express_split_bp: int


class Warned(Answer):
    """Something of a saved row that is likely not meant; it was saved all the same."""

    field: str
    reason: str


class StoreOut(Answer):
    """`latitude`, `longitude`, `crs` as they were given; the same place in WGS-84 beside them.
    `dealer_code`: under contract today."""

    store_code: str
    name: str
    dealer_code: str | None
    branch_code: str | None
    latitude: float
    longitude: float
    crs: Crs
    country: str | None
    region_code: str | None
    address: str | None
    status: Literal["active", "paused", "closed"]
    cloud_shop: Literal["on", "off"]
    opened_on: dt.date | None
    closed_on: dt.date | None
    paused_until: dt.date | None
    contract_from: dt.date | None
    priority: int
    daily_capacity: int | None
    service_radius_m: int | None
    hours: str | None
    timezone: str | None
    successor_store_code: str | None
    cloud_shop_url: str | None
    latitude_wgs84: float
    longitude_wgs84: float


class GuideOut(Answer):
    guide_code: str
    name: str
    store_code: str
    wecom_userid: str | None
    own_customer_id: Annotated[
        str | None, Field(description="left out for a key that may not write the network")
    ] = None
    hired_on: dt.date | None
    left_on: dt.date | None
    role: Literal["guide", "store_manager"]
    customers: Literal["follow", "stay"] | None


class AreaOut(Answer):
    """`valid_to` is the last day that counts."""

    area_code: str
    kind: Literal["territory", "service_area", "isolated"]
    dealer_code: str | None
    store_code: str | None
    valid_from: dt.date | None
    valid_to: dt.date | None
    crs: Literal["wgs84"]
    region_codes: list[str]
    postal_codes: list[str]
    geometry: dict[str, Any] | None
