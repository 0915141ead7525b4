"""What a snapshot holds: stores with their contracts, areas, guides with their jobs, channels
(DESIGN 2, M7). Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from stores.base.spans import Spans, holds_at
from stores.network.binding_rules import Conditions
from stores.network.hours import Hours, is_open
from stores.network.policy import Policy


@dataclass(frozen=True, slots=True)
class Contract:
    """[valid_from, valid_to) in brand days; None is open. Fees in basis points, the dealer's
    defaults already filled in."""

    id: int
    dealer_id: int
    dealer_code: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    platform_fee_bp: int
    channel_fee_bp: int
    collection_mode: str
    express_rule: str = "keep"
    express_split_bp: int = 0

    def holds(self, day: dt.date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )


@dataclass(frozen=True, slots=True)
class StoreRecord:
    """One store as routing needs it; coordinates WGS-84."""

    id: int
    code: str
    name: str
    branch_id: int | None
    latitude: float
    longitude: float
    withdrawn: bool
    region_code: str | None
    status: str
    cloud_shop: bool
    opened_on: dt.date | None
    closed_on: dt.date | None
    paused_until: dt.date | None
    priority: int
    service_radius_m: int | None
    hours: Hours | None
    zone: ZoneInfo
    successor_id: int | None
    cloud_shop_url: str | None
    contracts: tuple[Contract, ...]
    branch_code: str | None = None
    daily_capacity: int | None = None

    def contract_on(self, day: dt.date) -> Contract | None:
        return next((c for c in self.contracts if c.holds(day)), None)

    def why_not(self, day: dt.date) -> str:
        """'' when eligible on that day (A2), else the reason in one word."""
        if self.status == "closed":
            if self.closed_on is None or self.closed_on <= day:
                return "closed"
        elif self.closed_on is not None and self.closed_on <= day:
            return "closed"
        if self.status == "paused" and (self.paused_until is None or day <= self.paused_until):
            return "paused"
        if not self.cloud_shop:
            return "cloud_shop_off"
        if self.opened_on is not None and day < self.opened_on:
            return "not_open_yet"
        if self.withdrawn:
            return "coordinates_withdrawn"
        return "" if self.contract_on(day) is not None else "no_contract"

    def sells_for(self, dealer_id: int, day: dt.date) -> bool:
        """Whether it is eligible and its contract of that day is this dealer's."""
        contract = self.contract_on(day)
        return contract is not None and contract.dealer_id == dealer_id and not self.why_not(day)

    def open_at(self, at: dt.datetime) -> bool:
        """Opening hours only break ties (A2, A6); unknown hours count as open (N3)."""
        return self.hours is None or is_open(
            self.hours, at.astimezone(self.zone).replace(tzinfo=None)
        )


@dataclass(frozen=True, slots=True)
class AreaRecord:
    """One area; `store_id` for service and isolated areas, `dealer_id` for territories.
    `revision_id`: what its shape was read from."""

    id: int
    code: str
    kind: str
    dealer_id: int | None
    store_id: int | None
    region_codes: frozenset[str]
    postal_codes: frozenset[str]
    valid_from: dt.date | None
    valid_to: dt.date | None
    revision_id: int = 0

    def holds(self, day: dt.date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )


@dataclass(frozen=True, slots=True)
class Job:
    """A stretch of employment, [valid_from, valid_to). `customers_follow` False: those of the store
    before stayed there (B10). `notices`: when it was known that he leaves at its end (B9)."""

    store_id: int
    role: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    customers_follow: bool | None = None
    notices: Spans = ()

    def holds(self, day: dt.date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )


@dataclass(frozen=True, slots=True)
class GuideRecord:
    id: int
    code: str
    jobs: tuple[Job, ...]

    def job_on(self, day: dt.date) -> Job | None:
        return next((job for job in self.jobs if job.holds(day)), None)

    def store_on(self, day: dt.date) -> int | None:
        job = self.job_on(day)
        return job.store_id if job is not None else None

    def is_leaving(self, day: dt.date) -> bool:
        """B9: he works on that day and his last day is known, with no job that follows on it (a
        mover, B10, stays)."""
        last = self._last_job(day)
        return last is not None and last.valid_to is not None

    def had_given_notice(self, day: dt.date, at: dt.datetime) -> bool:
        """B9: `at`, a moment of that day at work, it was known that he leaves."""
        last = self._last_job(day)
        return last is not None and holds_at(last.notices, at)

    def _last_job(self, day: dt.date) -> Job | None:
        """The last stretch of the employment that he is in on that day."""
        job = self.job_on(day)
        while (
            job is not None
            and job.valid_to is not None
            and (following := self.job_on(job.valid_to)) is not None
        ):
            job = following
        return job


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """Days are inclusive, None is open; a revoked channel carries nothing any more (A18, F2)."""

    id: int
    code: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    revoked: bool

    def holds(self, day: dt.date) -> bool:
        return (
            not self.revoked
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


def conditions_of(policy: Policy) -> Conditions:
    return Conditions(policy.protection_days, policy.validity_days, policy.snatch_policy)
