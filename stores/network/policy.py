"""A routing policy as a value: which rungs in which order, with which numbers (A4-A8, CONTRACT 4).
Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from stores.base.file_forms import Checked, Code, Flag, Form, NotSo, OneOf, Said, Whole, read

RUNGS = (
    "HQ_PIN",
    "MANUAL",
    "HOME_PROTECTED",
    "ENTRY_PARAM",
    "HOME",
    "ENTRY_CACHED",
    "LAST_VISIT",
    "TERRITORY",
    "SERVICE_AREA",
    "RADIUS",
    "NEAREST",
    "REGION",
    "DEFAULT",
    "PICKER",
)
_BINDING, _PLACE = RUNGS[2:7], RUNGS[7:11]
PRESETS: dict[str, tuple[str, ...]] = {
    "franchise": RUNGS,
    "nearest_first": RUNGS[:2] + _PLACE + _BINDING + RUNGS[11:],
    "link_first": ("HQ_PIN", "MANUAL", "ENTRY_PARAM", "HOME_PROTECTED", *RUNGS[4:]),
    "home_locked": ("HQ_PIN", "HOME_PROTECTED", "HOME", "ENTRY_PARAM", *RUNGS[5:]),
}
OWNER_BASES = ("order_shop",)


@dataclass(frozen=True, slots=True)
class Policy:
    """Every default of DOMAIN A1-A18; an absent key of the file has this default, never the last
    version's value."""

    preset: str = "franchise"
    rungs: tuple[str, ...] = RUNGS
    nearest_limit_m: int | None = 50_000
    ambiguity_m: int = 200
    fuzzy_accuracy_m: int = 3_000
    protection_days: int = 30
    validity_days: int = 365
    switching: bool = True
    home_reach_m: int = 100_000
    manual_hours: int = 24
    cached_param_days: int = 7
    last_visit_days: int = 30
    cover_m: int = 10_000
    switch_nearer_m: int = 500
    switch_nearer_bp: int = 2_000
    refusal_hours: int = 24
    guide_link_days: int = 30
    order_visit_hours: int = 24
    touch_days: int = 7
    duty_guides: bool = True
    guide_daily_capacity: int | None = None
    proposal_orders: int = 3
    proposal_days: int = 90
    snatch_policy: str = "after_protection"
    order_owner: str = "order_shop"
    default_store: str | None = None
    region_defaults: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def body(self) -> dict[str, Any]:
        """The policy as its file says it, with every parameter, fit for JSON (CONTRACT 4)."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**found, "rungs": list(self.rungs), "region_defaults": dict(self.region_defaults)}


def _ordered(value: list[str]) -> list[str]:
    """The rules as they are asked, PICKER last, whether it was named or not."""
    if unknown := [each for each in value if each not in RUNGS]:
        raise NotSo(f"names unknown rules {', '.join(unknown)}; known are {', '.join(RUNGS)}")
    if len(set(value)) != len(value):
        raise NotSo("names a rule twice")
    if not value:
        raise NotSo(
            "is empty, so nobody would be led anywhere; leave the key out for the list of the "
            "preset, or name PICKER alone for the list of stores"
        )
    return [each for each in value if each != "PICKER"] + ["PICKER"]


def _visible(value: str) -> str:
    if len(value) > 500 or not "".join(value.split()).isprintable():
        raise ValueError
    return value


_StoreCode = Annotated[str, Code("must be a store code or null")]
_USUAL = Policy()


class PolicyForm(Form):
    """The file form of a policy; an absent key has its default."""

    preset: Annotated[str, OneOf(*PRESETS)] = _USUAL.preset
    rungs: Annotated[
        Annotated[list[str], Said("must be a list of reason codes")], Checked(_ordered)
    ] = Field(default=list(RUNGS))
    nearest_limit_m: Annotated[int, Whole(0, 20_100_000)] | None = _USUAL.nearest_limit_m
    ambiguity_m: Annotated[int, Whole(0, 100_000)] = _USUAL.ambiguity_m
    fuzzy_accuracy_m: Annotated[int, Whole(0, 100_000)] = _USUAL.fuzzy_accuracy_m
    protection_days: Annotated[int, Whole(0, 3_650)] = _USUAL.protection_days
    validity_days: Annotated[int, Whole(0, 36_500)] = _USUAL.validity_days
    switching: Flag = _USUAL.switching
    home_reach_m: Annotated[int, Whole(0, 20_100_000)] = _USUAL.home_reach_m
    manual_hours: Annotated[int, Whole(0, 8_760)] = _USUAL.manual_hours
    cached_param_days: Annotated[int, Whole(0, 3_650)] = _USUAL.cached_param_days
    last_visit_days: Annotated[int, Whole(0, 3_650)] = _USUAL.last_visit_days
    cover_m: Annotated[int, Whole(0, 1_000_000)] = _USUAL.cover_m
    switch_nearer_m: Annotated[int, Whole(0, 1_000_000)] = _USUAL.switch_nearer_m
    switch_nearer_bp: Annotated[int, Whole(0, 10_000)] = _USUAL.switch_nearer_bp
    refusal_hours: Annotated[int, Whole(0, 8_760)] = _USUAL.refusal_hours
    guide_link_days: Annotated[int, Whole(0, 36_500)] = _USUAL.guide_link_days
    order_visit_hours: Annotated[int, Whole(0, 8_760)] = _USUAL.order_visit_hours
    touch_days: Annotated[int, Whole(0, 3_650)] = _USUAL.touch_days
    duty_guides: Flag = _USUAL.duty_guides
    guide_daily_capacity: Annotated[int, Whole(0, 1_000_000)] | None = _USUAL.guide_daily_capacity
    proposal_orders: Annotated[int, Whole(1, 1_000)] = _USUAL.proposal_orders
    proposal_days: Annotated[int, Whole(1, 3_650)] = _USUAL.proposal_days
    snatch_policy: Annotated[str, OneOf("after_protection", "never", "anytime")] = (
        _USUAL.snatch_policy
    )
    order_owner: Annotated[str, OneOf(*OWNER_BASES)] = _USUAL.order_owner
    default_store: _StoreCode | None = _USUAL.default_store
    region_defaults: Annotated[
        dict[_StoreCode, _StoreCode], Said("must be an object of region code to store code")
    ] = {}
    note: Annotated[
        str,
        AfterValidator(_visible),
        Said("must be visible text of at most 500 characters"),
    ] = ""


def parse(body: Any) -> Policy:
    """A policy from its file form. Raises InvalidInput with one fault per wrong key; store codes
    are checked by the publisher."""
    return of_form(
        read(
            PolicyForm,
            body,
            thing="policy",
            refusal="policy_invalid",
            unknown="is no key of a policy",
        )
    )


def of_form(form: PolicyForm) -> Policy:
    """The policy that a form says, with what a preset implies."""
    given = form.model_fields_set
    values = dict(form)
    values["rungs"] = tuple(form.rungs if "rungs" in given else PRESETS[form.preset])
    if form.preset == "home_locked" and "switching" not in given:
        values["switching"] = False
    return Policy(**values)
