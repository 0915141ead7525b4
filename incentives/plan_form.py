"""The file form of an incentive plan: what people write, read strictly into a Plan (CONTRACT 4,
C1-C5). Pure."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from incentives.plan import ASSIGNED, COMPONENT, LARGEST, METRICS, PerEvent, Plan, Rate
from incentives.tiers import Band, Tiers
from ledger.faults import FieldFault, InvalidInput
from stores.base.addressable import why_not
from stores.base.file_forms import (
    Checked,
    Code,
    Day,
    Flag,
    NotSo,
    NullAsAbsent,
    OneOf,
    Said,
    Whole,
    refused,
    so,
    try_reading,
)

REFUSAL = "plan_invalid"
LATER = ("override", "scorecard")  # kinds that this version does not calculate
_MOST_DAYS = 3_650
_USUAL = PerEvent("", "", 0)

Days = Annotated[int, Whole(0, _MOST_DAYS)]
Minor = Annotated[int, Whole(0, LARGEST)]
BasisPoints = Annotated[int, Whole(0, 10_000)]


def _numbers(high: int) -> Said:
    return Said(f"must be an object of codes, each with a whole number from 0 to {high}")


Rates = Annotated[dict[Annotated[str, Code()], BasisPoints], _numbers(10_000)]
ReceiptDays = Annotated[dict[Annotated[str, Code()], Days], _numbers(_MOST_DAYS)]


# -- components ------------------------------------------------------------------------------------


def _component_code(value: str) -> str:
    if not COMPONENT.fullmatch(value):
        raise ValueError
    return value


class Component(NullAsAbsent):
    """What every component has."""

    null_says = ("caps",)

    code: Annotated[
        str,
        Checked(_component_code),
        Said("must be a code of 1 to 20 letters, digits, - and _"),
    ]
    freeze_days: Days = _USUAL.freeze_days
    freeze_without_receipt_days: Days = _USUAL.freeze_without_receipt_days
    auto_receipt_days: ReceiptDays = {}

    def receipt_days(self) -> dict[str, int]:
        return {**_USUAL.auto_receipt_days, **self.auto_receipt_days}


class Caps(NullAsAbsent):
    """Caps by name, each a whole number."""

    @model_validator(mode="before")
    @classmethod
    def _numbers(cls, given: Any) -> Any:
        if isinstance(given, Caps):
            return given
        values = given.values() if isinstance(given, dict) else ("",)
        if any(isinstance(each, bool) or not isinstance(each, int) for each in values):
            raise so("must be an object of codes, each with a whole number of 0 or more")
        return given


class PerEventCaps(Caps):
    guide_day: Annotated[int, Whole(0, 1_000_000)] | None = None


class PerEventForm(Component):
    """So much for each event (C1, C2)."""

    kind: Literal["per_event"]
    metric: Annotated[str, OneOf(*METRICS)]
    amount_minor: Minor
    vests_after_days: Days = _USUAL.vests_after_days
    caps: PerEventCaps | None = PerEventCaps(guide_day=_USUAL.guide_day_cap)
    min_order_minor: Minor = 0
    invite_days: Days = _USUAL.invite_days
    sources: Annotated[
        list[Annotated[str, Code()]], Said("must be a list of sources such as qr, link, card")
    ] = list(_USUAL.sources)
    first_again_days: Days = _USUAL.first_again_days

    def component(self) -> PerEvent:
        return PerEvent(
            self.code,
            self.metric,
            self.amount_minor,
            vests_after_days=self.vests_after_days,
            guide_day_cap=self.caps.guide_day if self.caps else None,
            min_order_minor=self.min_order_minor,
            invite_days=self.invite_days,
            freeze_days=self.freeze_days,
            freeze_without_receipt_days=self.freeze_without_receipt_days,
            auto_receipt_days=self.receipt_days(),
            sources=tuple(self.sources),
            first_again_days=self.first_again_days,
        )


class BandForm(NullAsAbsent):
    """Up to so much of the line (None: without end), a share of it or a fixed amount."""

    null_says = ("up_to_minor",)

    up_to_minor: Minor | None = None
    rate_bp: BasisPoints = 0
    amount_minor: Minor = 0

    @model_validator(mode="after")
    def _pays(self) -> BandForm:
        if not self.model_fields_set & {"rate_bp", "amount_minor"}:
            raise so("must have rate_bp or amount_minor")
        return self


def _rising(bands: list[BandForm]) -> list[BandForm]:
    tops = [band.up_to_minor for band in bands]
    ends = [top for top in tops[:-1] if top is not None]
    if tops[-1] is not None or len(ends) < len(tops) - 1 or sorted(set(ends)) != ends:
        raise NotSo("must rise, and the last must be without end (up_to_minor null)")
    return bands


class TiersForm(NullAsAbsent):
    mode: Annotated[str, OneOf("marginal", "retroactive")] = "marginal"
    bound: Annotated[str, OneOf("lower", "upper")] = "lower"
    bands: Annotated[list[BandForm], Field(min_length=1), Checked(_rising)]

    @model_validator(mode="before")
    @classmethod
    def _has_bands(cls, given: Any) -> Any:
        bands = given.get("bands") if isinstance(given, dict) else None
        if not isinstance(given, TiersForm) and not (isinstance(bands, list) and bands):
            raise so("must be an object of mode, bound and a list of bands")
        return given

    def tiers(self) -> Tiers:
        bands = (Band(b.up_to_minor, b.rate_bp, b.amount_minor) for b in self.bands)
        return Tiers(self.mode, self.bound, tuple(bands))


class RatesForm(NullAsAbsent):
    sku: Rates = {}
    category: Rates = {}


class RateCaps(Caps):
    order_minor: Minor | None = None
    guide_month_minor: Minor | None = None


class NotYet(Said):
    """A key of the contract that this version does not calculate: absent or null."""

    def __init__(self, words: str = "is not calculated by this version; leave it out"):
        super().__init__(words)


class RateForm(Component):
    """A share of sales (C4, C5)."""

    kind: Literal["rate"]
    basis: Annotated[str, OneOf("net_sales")] = "net_sales"
    per: Annotated[str, OneOf("order", "period", "cumulative")] = "period"
    tiers: TiersForm
    rates: RatesForm = RatesForm()
    caps: RateCaps | None = None
    floor_minor: Annotated[None, NotYet()] = None
    gate: Annotated[None, NotYet()] = None
    cross_dealer: Flag = False
    deduct_subsidy: Flag = True
    deduct_tax: Flag = True

    def component(self) -> Rate:
        caps = self.caps or RateCaps()
        return Rate(
            self.code,
            self.per,
            self.tiers.tiers(),
            self.rates.sku,
            self.rates.category,
            freeze_days=self.freeze_days,
            freeze_without_receipt_days=self.freeze_without_receipt_days,
            auto_receipt_days=self.receipt_days(),
            order_cap_minor=caps.order_minor,
            guide_month_cap_minor=caps.guide_month_minor,
            cross_dealer=self.cross_dealer,
            deduct_subsidy=self.deduct_subsidy,
            deduct_tax=self.deduct_tax,
        )


_NO_KIND = "must be an object of kind per_event or rate"


def _kind_of(given: Any) -> str:
    return str(given.get("kind")) if isinstance(given, dict) else str(getattr(given, "kind", ""))


AnyComponent = Annotated[
    Annotated[PerEventForm, Tag("per_event")] | Annotated[RateForm, Tag("rate")],
    Discriminator(
        _kind_of,
        custom_error_type="said",
        custom_error_message="{words}",
        custom_error_context={"words": _NO_KIND},
    ),
]


# -- the plan --------------------------------------------------------------------------------------


def _plan_code(value: str) -> str:
    if not 0 < len(value) <= 40 or not value.isprintable() or "/" in value or why_not(value):
        raise ValueError
    return value


class PayerForm(NullAsAbsent):
    dealer_bp: BasisPoints = 0
    hq_bp: BasisPoints = 0

    @model_validator(mode="after")
    def _whole(self) -> PayerForm:
        if self.dealer_bp + self.hq_bp != 10_000:
            raise so("dealer_bp and hq_bp must sum to 10000")
        return self


_Codes = Annotated[
    list[Annotated[str, Code()]], Field(min_length=1), Said("must be a list of codes")
]


class AssignedForm(NullAsAbsent):
    """`{"all": true}`, or lists of codes by kind."""

    all: Literal[True] | None = None
    branches: _Codes | None = None
    dealers: _Codes | None = None
    stores: _Codes | None = None
    guides: _Codes | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, given: Any) -> Any:
        if isinstance(given, AssignedForm) or given == {"all": True}:
            return given
        if not isinstance(given, dict) or not given or given.keys() - set(ASSIGNED):
            raise so(
                f'must be {{"all": true}} or an object of {", ".join(ASSIGNED)} with lists of codes'
            )
        return given

    def assigned(self) -> dict[str, frozenset[str]] | None:
        if self.all:
            return None
        return {k: frozenset(getattr(self, k)) for k in ASSIGNED if getattr(self, k) is not None}


_Line = Annotated[str, Field(max_length=100), Checked(lambda text: _printable(text))]


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError
    return text


def _unique(components: list[Any]) -> list[Any]:
    if len({each.code for each in components}) != len(components):
        raise NotSo("name a code twice")
    return components


class PlanForm(NullAsAbsent):
    """A plan as a file says it; an absent key has its default."""

    tags: ClassVar[tuple[str, ...]] = ("per_event", "rate")

    plan_code: Annotated[
        str,
        Checked(_plan_code),
        Said("must be a code of 1 to 40 characters, without a slash, and not only dots"),
    ]
    name: Annotated[
        dict[Literal["zh", "en"], _Line],
        Said("must be an object of zh and en, each one line of at most 100 characters"),
    ] = {}
    valid_from: Annotated[dt.date, Day()]
    valid_to: Annotated[dt.date, Day()] | None = None
    assigned_to: AssignedForm = AssignedForm(all=True)
    payer: PayerForm = PayerForm(dealer_bp=10_000)
    components: Annotated[list[AnyComponent], Field(min_length=1), Checked(_unique)]
    budget_minor: Annotated[
        None, NotYet("budgets are not calculated by this version; leave it out")
    ] = None
    note: Any = None


def parse(body: Any) -> Plan:
    """A plan from its file form. Raises InvalidInput with one fault for each wrong key."""
    if not isinstance(body, dict):
        raise InvalidInput("A plan is a JSON object; see one with `flask plan show`.", code=REFUSAL)
    given, faults = try_reading(PlanForm, body, "plan", REFUSAL)
    faults = [_at_its_kind(fault, body) for fault in faults]
    if given.get("valid_to") and given["valid_to"] < given["valid_from"]:
        faults.append(FieldFault("valid_to", "lies before valid_from"))
    if faults:
        raise refused(faults, "plan", REFUSAL)
    form = PlanForm.model_validate(body)
    return Plan(
        form.plan_code,
        {str(tongue): name for tongue, name in form.name.items()},
        form.valid_from,
        form.valid_to,
        form.assigned_to.assigned(),
        form.payer.dealer_bp,
        form.payer.hq_bp,
        tuple(each.component() for each in form.components),
    )


def _at_its_kind(fault: FieldFault, body: dict[str, Any]) -> FieldFault:
    """A component of no known kind is at fault where its kind stands."""
    if fault.reason != _NO_KIND:
        return fault
    given = body["components"][int(fault.field.rpartition(".")[2])]
    if not isinstance(given, dict):
        return FieldFault(fault.field, "must be an object")
    if given.get("kind") in LATER:
        words = "is not calculated by this version; leave the component out"
        return FieldFault(f"{fault.field}.kind", f"{given['kind']} {words}")
    return FieldFault(f"{fault.field}.kind", "must be per_event or rate")
