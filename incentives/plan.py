"""An incentive plan as a value, from its file form (CONTRACT 4, C1-C5, C10-C13). Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from incentives.tiers import Band, Tiers
from ledger.faults import FieldFault, InvalidInput
from ledger.money import LARGEST_MINOR
from stores.base.addressable import why_not

METRICS = ("valid_adds", "converted_referrals")
ASSIGNED = ("branches", "dealers", "stores", "guides")
LARGEST = LARGEST_MINOR
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COMPONENT = re.compile(
    r"[A-Za-z0-9_-]{1,20}"
)  # no dot or colon: names of components and lines are put together with them


@dataclass(frozen=True, slots=True)
class PerEvent:
    """So much for each valid event (C1, C2)."""

    code: str
    metric: str
    amount_minor: int
    vests_after_days: int = 7
    guide_day_cap: int | None = 50
    min_order_minor: int = 0
    invite_days: int = 30
    freeze_days: int = 7
    freeze_without_receipt_days: int = 15
    auto_receipt_days: Mapping[str, int] = field(
        default_factory=lambda: {"express": 10, "pickup": 2, "local": 2}
    )
    sources: tuple[str, ...] = ("qr", "link", "card")
    first_again_days: int = 90


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of sales (C4, C5). `per`: order, period (C5: the month, when a plan does not say) or
    cumulative (since `valid_from`) is the span over which tiers count."""

    code: str
    per: str
    tiers: Tiers
    sku_rates: Mapping[str, int] = field(default_factory=dict)
    category_rates: Mapping[str, int] = field(default_factory=dict)
    freeze_days: int = 7
    freeze_without_receipt_days: int = 15
    auto_receipt_days: Mapping[str, int] = field(
        default_factory=lambda: {"express": 10, "pickup": 2, "local": 2}
    )
    order_cap_minor: int | None = None
    guide_month_cap_minor: int | None = None
    cross_dealer: bool = False
    deduct_subsidy: bool = True
    deduct_tax: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """One version. Days are inclusive; `assigned` None is everybody, else kind to codes. Payer
    shares in basis points."""

    plan_code: str
    name: Mapping[str, str]
    valid_from: dt.date
    valid_to: dt.date | None
    assigned: Mapping[str, frozenset[str]] | None
    dealer_bp: int
    hq_bp: int
    components: tuple[PerEvent | Rate, ...]

    def holds(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class _Reader:
    """Reads one file form and collects every fault with its path."""

    def __init__(self) -> None:
        self.faults: list[FieldFault] = []

    def fault(self, path: str, reason: str) -> None:
        self.faults.append(FieldFault(path, reason))

    def whole(
        self,
        body: Mapping[str, Any],
        name: str,
        path: str,
        default: int | None = None,
        high: int = LARGEST,
        *,
        needed: bool = False,
    ) -> int | None:
        value = body.get(name, default)
        if value is None and not needed:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
            self.fault(f"{path}{name}", f"must be a whole number from 0 to {high}")
            return default or 0
        return value

    def choice(
        self,
        body: Mapping[str, Any],
        name: str,
        path: str,
        allowed: tuple[str, ...],
        default: str,
        *,
        needed: bool = False,
    ) -> str:
        value = body.get(name, None if needed else default)
        if value not in allowed:
            self.fault(f"{path}{name}", f"must be one of {', '.join(allowed)}")
            return default
        return str(value)

    def flag(self, body: Mapping[str, Any], name: str, path: str, default: bool) -> bool:
        value = body.get(name, default)
        if not isinstance(value, bool):
            self.fault(f"{path}{name}", "must be true or false")
            return default
        return value

    def day(self, body: Mapping[str, Any], name: str, needed: bool) -> dt.date | None:
        value = body.get(name)
        if value is None and not needed:
            return None
        try:
            if isinstance(value, str) and _DAY.fullmatch(value):
                return dt.date.fromisoformat(value)
        except ValueError:
            pass
        self.fault(name, "must be a day such as 2026-01-01")
        return None

    def numbers(self, body: Mapping[str, Any], name: str, path: str, high: int) -> dict[str, int]:
        value = {} if body.get(name) is None else body[name]
        if not isinstance(value, dict) or not all(
            is_code(k) and isinstance(v, int) and not isinstance(v, bool) and 0 <= v <= high
            for k, v in value.items()
        ):
            self.fault(
                f"{path}{name}",
                f"must be an object of codes, each with a whole number from 0 to {high}",
            )
            return {}
        return dict(value)

    def known(self, body: Mapping[str, Any], path: str, *names: str) -> None:
        for name in body:
            if name not in names:
                self.fault(
                    f"{path}{str(name)[:40]}", f"is no key here; known are {', '.join(names)}"
                )


def is_code(value: Any) -> TypeGuard[str]:
    """A business code: printable text of 1 to 64 characters."""
    return isinstance(value, str) and 0 < len(value) <= 64 and value.isprintable()


def parse(body: Any) -> Plan:
    """A plan from its file form. Raises InvalidInput with one fault for each wrong key."""
    read = _Reader()
    if not isinstance(body, dict):
        raise InvalidInput(
            "A plan is a JSON object; see one with `flask plan show`.", code="plan_invalid"
        )
    read.known(
        body,
        "",
        "plan_code",
        "name",
        "valid_from",
        "valid_to",
        "assigned_to",
        "payer",
        "components",
        "budget_minor",
        "note",
    )
    if body.get("budget_minor") is not None:
        read.fault("budget_minor", "budgets are not calculated by this version; leave it out")
    code = body.get("plan_code")
    if (
        not isinstance(code, str)
        or not is_code(code)
        or len(code) > 40
        or "/" in code
        or why_not(code)
    ):
        read.fault(
            "plan_code", "must be a code of 1 to 40 characters, without a slash, and not only dots"
        )
    first, last = read.day(body, "valid_from", True), read.day(body, "valid_to", False)
    if first and last and last < first:
        read.fault("valid_to", "lies before valid_from")
    dealer_bp, hq_bp = _payer(read, body.get("payer", {"dealer_bp": 10000, "hq_bp": 0}))
    components = _components(read, body.get("components"))
    assigned = _assigned(read, body.get("assigned_to", {"all": True}))
    name = _name(read, body.get("name", {}))
    if read.faults or first is None:
        raise InvalidInput(
            "The plan was not read: "
            + "; ".join(f"{f.field} {f.reason}" for f in read.faults[:5])
            + ".",
            code="plan_invalid",
            errors=read.faults,
        )
    return Plan(str(code), name, first, last, assigned, dealer_bp, hq_bp, components)


def _name(read: _Reader, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(
        k in ("zh", "en") and isinstance(v, str) and len(v) <= 100 and v.isprintable()
        for k, v in value.items()
    ):
        read.fault(
            "name", "must be an object of zh and en, each one line of at most 100 characters"
        )
        return {}
    return dict(value)


def _payer(read: _Reader, value: Any) -> tuple[int, int]:
    if not isinstance(value, dict):
        read.fault("payer", "must be an object of dealer_bp and hq_bp")
        return 10_000, 0
    read.known(value, "payer.", "dealer_bp", "hq_bp")
    dealer_bp, hq_bp = (
        read.whole(value, "dealer_bp", "payer.", 0, 10_000) or 0,
        read.whole(value, "hq_bp", "payer.", 0, 10_000) or 0,
    )
    if dealer_bp + hq_bp != 10_000:
        read.fault("payer", "dealer_bp and hq_bp must sum to 10000")
    return dealer_bp, hq_bp


def _assigned(read: _Reader, value: Any) -> dict[str, frozenset[str]] | None:
    if value == {"all": True}:
        return None
    if not isinstance(value, dict) or not value or any(k not in ASSIGNED for k in value):
        read.fault(
            "assigned_to",
            f'must be {{"all": true}} or an object of {", ".join(ASSIGNED)} with lists of codes',
        )
        return None
    for kind, codes in value.items():
        if not isinstance(codes, list) or not codes or not all(is_code(c) for c in codes):
            read.fault(f"assigned_to.{kind}", "must be a list of codes")
            return None
    return {kind: frozenset(codes) for kind, codes in value.items()}


def _components(read: _Reader, value: Any) -> tuple[PerEvent | Rate, ...]:
    if not isinstance(value, list) or not value:
        read.fault("components", "must be a list of at least one component")
        return ()
    found: list[PerEvent | Rate] = []
    for number, each in enumerate(value):
        path = f"components.{number}."
        if not isinstance(each, dict):
            read.fault(path.rstrip("."), "must be an object")
            continue
        if not isinstance(each.get("code"), str) or not _COMPONENT.fullmatch(each["code"]):
            read.fault(f"{path}code", "must be a code of 1 to 20 letters, digits, - and _")
            continue
        kind = each.get("kind")
        if kind == "per_event":
            found.append(_per_event(read, each, path))
        elif kind == "rate":
            found.append(_rate(read, each, path))
        elif kind in ("override", "scorecard"):
            read.fault(
                f"{path}kind", f"{kind} is not calculated by this version; leave the component out"
            )
        else:
            read.fault(f"{path}kind", "must be per_event or rate")
    if len({c.code for c in found}) != len(found):
        read.fault("components", "name a code twice")
    return tuple(found)


def _per_event(read: _Reader, body: dict[str, Any], path: str) -> PerEvent:
    read.known(
        body,
        path,
        "code",
        "kind",
        "metric",
        "amount_minor",
        "vests_after_days",
        "caps",
        "min_order_minor",
        "invite_days",
        "freeze_days",
        "freeze_without_receipt_days",
        "auto_receipt_days",
        "sources",
        "first_again_days",
    )
    usual = PerEvent("", "", 0)
    caps = read.numbers(body, "caps", path, 1_000_000)
    read.known(caps, f"{path}caps.", "guide_day")
    sources = body.get("sources", list(usual.sources))
    if not isinstance(sources, list) or not all(is_code(s) for s in sources):
        read.fault(f"{path}sources", "must be a list of sources such as qr, link, card")
        sources = []
    days = {
        n: read.whole(body, n, path, getattr(usual, n), 3_650) or 0
        for n in (
            "vests_after_days",
            "invite_days",
            "freeze_days",
            "freeze_without_receipt_days",
            "first_again_days",
        )
    }
    return PerEvent(
        body["code"],
        read.choice(body, "metric", path, METRICS, METRICS[0], needed=True),
        read.whole(body, "amount_minor", path, needed=True) or 0,
        guide_day_cap=caps.get("guide_day") if "caps" in body else usual.guide_day_cap,
        min_order_minor=read.whole(body, "min_order_minor", path, 0) or 0,
        auto_receipt_days={
            **usual.auto_receipt_days,
            **read.numbers(body, "auto_receipt_days", path, 3_650),
        },
        sources=tuple(sources),
        **days,
    )


def _rate(read: _Reader, body: dict[str, Any], path: str) -> Rate:
    read.known(
        body,
        path,
        "code",
        "kind",
        "basis",
        "per",
        "tiers",
        "rates",
        "freeze_days",
        "freeze_without_receipt_days",
        "auto_receipt_days",
        "caps",
        "floor_minor",
        "gate",
        "cross_dealer",
        "deduct_subsidy",
        "deduct_tax",
    )
    for name in ("floor_minor", "gate"):
        if body.get(name) is not None:
            read.fault(f"{path}{name}", "is not calculated by this version; leave it out")
    if body.get("basis", "net_sales") != "net_sales":
        read.fault(f"{path}basis", "must be net_sales")
    rates = {} if body.get("rates") is None else body["rates"]
    if not isinstance(rates, dict):
        read.fault(f"{path}rates", "must be an object of sku and category")
        rates = {}
    read.known(rates, f"{path}rates.", "sku", "category")
    caps = read.numbers(body, "caps", path, LARGEST)
    read.known(caps, f"{path}caps.", "order_minor", "guide_month_minor")
    usual = Rate("", "order", Tiers("marginal", "lower", ()))
    days = {
        n: read.whole(body, n, path, getattr(usual, n), 3_650) or 0
        for n in ("freeze_days", "freeze_without_receipt_days")
    }
    return Rate(
        body["code"],
        read.choice(body, "per", path, ("order", "period", "cumulative"), "period"),
        _tiers(read, body.get("tiers"), f"{path}tiers."),
        read.numbers(rates, "sku", f"{path}rates.", 10_000),
        read.numbers(rates, "category", f"{path}rates.", 10_000),
        auto_receipt_days={
            **usual.auto_receipt_days,
            **read.numbers(body, "auto_receipt_days", path, 3_650),
        },
        order_cap_minor=caps.get("order_minor"),
        guide_month_cap_minor=caps.get("guide_month_minor"),
        cross_dealer=read.flag(body, "cross_dealer", path, False),
        deduct_subsidy=read.flag(body, "deduct_subsidy", path, True),
        deduct_tax=read.flag(body, "deduct_tax", path, True),
        **days,
    )


def _tiers(read: _Reader, body: Any, path: str) -> Tiers:
    empty = Tiers("marginal", "lower", (Band(None),))
    if not isinstance(body, dict) or not isinstance(body.get("bands"), list) or not body["bands"]:
        read.fault(path.rstrip("."), "must be an object of mode, bound and a list of bands")
        return empty
    read.known(body, path, "mode", "bound", "bands")
    bands: list[Band] = []
    for number, each in enumerate(body["bands"]):
        at = f"{path}bands.{number}."
        if not isinstance(each, dict) or "rate_bp" not in each and "amount_minor" not in each:
            read.fault(at.rstrip("."), "must have rate_bp or amount_minor")
            continue
        read.known(each, at, "up_to_minor", "rate_bp", "amount_minor")
        bands.append(
            Band(
                read.whole(each, "up_to_minor", at),
                read.whole(each, "rate_bp", at, 0, 10_000) or 0,
                read.whole(each, "amount_minor", at, 0) or 0,
            )
        )
    tops = [b.up_to_minor for b in bands]
    if bands and (
        tops[-1] is not None
        or None in tops[:-1]
        or sorted(t for t in tops[:-1] if t is not None) != tops[:-1]
        or len(set(tops)) != len(tops)
    ):
        read.fault(f"{path}bands", "must rise, and the last must be without end (up_to_minor null)")
    return Tiers(
        read.choice(body, "mode", path, ("marginal", "retroactive"), "marginal"),
        read.choice(body, "bound", path, ("lower", "upper"), "lower"),
        tuple(bands),
    )
