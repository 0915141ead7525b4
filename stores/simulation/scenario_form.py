"""The file form of a scenario: what would be different, and on which visits it is tried, read
strictly (A16). Pure."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, model_validator

from ledger.faults import Fault, FieldFault
from stores.base.file_forms import (
    Checked,
    Code,
    Day,
    Degrees,
    Form,
    NotSo,
    NullAsAbsent,
    OneOf,
    Said,
    Text,
    Whole,
    so,
    try_reading,
)
from stores.geo.areas import parse_geometry
from stores.geo.coordinates import CRS_NAMES, to_wgs84
from stores.geo.postal_codes import readable
from stores.network.policy import PolicyForm, of_form
from stores.simulation.scenario import (
    FORMAT,
    MOST_CHANGES,
    MOST_DAYS,
    MOST_POINTS,
    NAME_LENGTH,
    REFUSAL,
    Change,
    PastEntries,
    Population,
    Scenario,
    refused,
)

MOST_CODES = 5_000
_A_DAY = Day("must be a day like 2026-03-01")


# -- changes ---------------------------------------------------------------------------------------

StoreCode = Annotated[str, Code("must be text of 1 to 64 characters")]


class PlaceForm(NullAsAbsent):
    """A point in its own system of coordinates."""

    latitude: Annotated[float, Degrees(90)]
    longitude: Annotated[float, Degrees(180)]
    crs: Annotated[str, OneOf(*CRS_NAMES)]


class OpenForm(PlaceForm):
    store_code: StoreCode
    dealer_code: StoreCode
    name: Annotated[str, Text(200)] | None = None
    service_radius_m: Annotated[int, Whole(0, 1_000_000)] | None = None
    region_code: StoreCode | None = None
    priority: Annotated[int, Whole(-1_000_000, 1_000_000)] | None = None


class MoveForm(PlaceForm):
    store_code: StoreCode


class PauseForm(NullAsAbsent):
    store_code: StoreCode
    paused_until: Annotated[dt.date, _A_DAY]


class CloseForm(NullAsAbsent):
    store_code: StoreCode
    successor_store_code: StoreCode | None = None


def _postal_codes(value: list[str]) -> list[str]:
    if len(readable(value)) != len(value):
        raise NotSo("must be postal codes, ranges such as 75001-75020 or beginnings such as NG1*")
    return value


_Codes = Annotated[list[StoreCode], Field(max_length=MOST_CODES), Said("must be a list of codes")]


class TerritoryForm(NullAsAbsent):
    area_code: StoreCode
    dealer_code: StoreCode
    geometry: Any = None
    crs: Annotated[str, OneOf(*CRS_NAMES)] | None = None
    region_codes: _Codes | None = None
    postal_codes: Annotated[_Codes, Checked(_postal_codes)] | None = None


class RemoveForm(NullAsAbsent):
    area_code: StoreCode


class ChangeForm(Form):
    """One change: an object with one key."""

    open: OpenForm | None = None
    move: MoveForm | None = None
    pause: PauseForm | None = None
    close: CloseForm | None = None
    territory: TerritoryForm | None = None
    remove_area: RemoveForm | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_key(cls, given: Any) -> Any:
        if not isinstance(given, dict) or len(given) != 1 or not _is_change(given):
            raise so(f"must be an object with one key of {', '.join(cls.model_fields)}")
        return given


def _is_change(given: dict[Any, Any]) -> bool:
    kind, values = next(iter(given.items()))
    return kind in ChangeForm.model_fields and isinstance(values, dict)


# -- on which visits -------------------------------------------------------------------------------


class EntriesForm(Form):
    """Entries of these days, both included."""

    first: Annotated[dt.date, _A_DAY] = Field(alias="from")
    last: Annotated[dt.date, _A_DAY] = Field(alias="to")


def _is_country(value: str) -> str:
    if len(value) != 2 or not value.isascii() or not value.isupper():
        raise ValueError
    return value


class PopulationForm(NullAsAbsent):
    """Made-up visitors; the same seed is the same people."""

    points: Annotated[int, Whole(1, MOST_POINTS)]
    seed: Annotated[int, Whole(0, 2**32 - 1)] = 1
    country: (
        Annotated[
            str,
            Checked(_is_country),
            Said("must be a country code of two capital letters"),
        ]
        | None
    ) = None


_ON = 'must be {"entries": {"from", "to"}} or {"population": {"points", "seed"}}'


class OnForm(Form):
    entries: EntriesForm | None = None
    population: PopulationForm | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_of_both(cls, given: Any) -> Any:
        if (
            not isinstance(given, dict)
            or len(given) != 1
            or not isinstance(next(iter(given.values())), dict)
        ):
            raise so(_ON)
        return given


# -- the scenario ----------------------------------------------------------------------------------


class ScenarioForm(NullAsAbsent):
    """A scenario as a file says it; `policy` absent: the rules in force."""

    brackets: ClassVar[bool] = True

    format: Annotated[Literal[1], Said(f"must be {FORMAT}")] = 1
    name: Annotated[
        str,
        Checked(lambda text: _named(text)),
        Said(f"must be text of 1 to {NAME_LENGTH} characters"),
    ]
    near_m: Annotated[int, Whole(0, 100_000)] = 1_000
    policy: PolicyForm | None = None
    changes: Annotated[list[ChangeForm], Field(max_length=MOST_CHANGES)] = []
    on: OnForm


def _named(text: str) -> str:
    if not 0 < len(text.strip()) <= NAME_LENGTH:
        raise ValueError
    return text.strip()


def read(body: Any) -> Scenario:
    """A scenario from its JSON form. Raises InvalidInput with one fault for each wrong key; codes
    are looked up by `changing.change`."""
    _, faults = try_reading(ScenarioForm, body, "scenario", REFUSAL)
    listed = body.get("changes") or []
    changes = _changes(listed if isinstance(listed, list) else [], faults)
    on = _on(body.get("on"), faults)
    if faults or on is None:
        raise refused(faults)
    form: ScenarioForm = ScenarioForm.model_validate(body)
    policy = of_form(form.policy) if form.policy else None
    clean = {
        "format": FORMAT,
        "name": form.name,
        "policy": policy.body() if policy else None,
        "near_m": form.near_m,
        "changes": [{each.kind: dict(each.values)} for each in changes],
        "on": body["on"],
    }
    return Scenario(form.name, policy, tuple(changes), on, form.near_m, clean)


def _on(body: Any, faults: list[FieldFault]) -> PastEntries | Population | None:
    """What the form's shape does not say: days in order, and not too many."""
    try:
        form = OnForm.model_validate(body)
    except ValidationError:
        return None
    if form.population is not None:
        return Population(form.population.points, form.population.seed, form.population.country)
    entries = form.entries
    assert entries is not None
    if entries.last < entries.first:
        faults.append(FieldFault("on.entries.to", "lies before from"))
    elif (entries.last - entries.first).days >= MOST_DAYS:
        faults.append(FieldFault("on.entries.to", f"makes more than {MOST_DAYS} days"))
    return PastEntries(entries.first, entries.last)


def _changes(given: list[Any], faults: list[FieldFault]) -> list[Change]:
    """Those of the right shape, each on its place; two of one store or area are a fault."""
    found, seen = [], set()
    for number, each in enumerate(given[:MOST_CHANGES]):
        try:
            ChangeForm.model_validate(each)
        except ValidationError:
            continue
        kind, values = next(iter(each.items()))
        at, before = f"changes[{number}].{kind}", len(faults)
        change = _change(kind, values, at, faults)
        if len(faults) > before:
            continue
        about = ("area" if "area_code" in values else "store", change.code)
        if about in seen:
            faults.append(FieldFault(at, f"is a second change of {change.code!r}"))
        seen.add(about)
        found.append(change)
    return found


def _change(kind: str, values: dict[str, Any], at: str, faults: list[FieldFault]) -> Change:
    if kind == "territory":
        _check_territory(values, at, faults)
    if "latitude" not in values or kind not in ("open", "move"):
        return Change(kind, values)
    try:
        point = to_wgs84(values["latitude"], values["longitude"], values["crs"])
    except Fault as fault:
        faults.append(FieldFault(f"{at}.latitude", fault.detail))
        return Change(kind, values)
    return Change(kind, values, point)


def _check_territory(values: dict[str, Any], at: str, faults: list[FieldFault]) -> None:
    if not any(values.get(key) for key in ("geometry", "region_codes", "postal_codes")):
        faults.append(
            FieldFault(f"{at}.geometry", "is missing, and so are region_codes and postal_codes")
        )
    if values.get("geometry") is not None:
        try:
            parse_geometry(values["geometry"], values.get("crs") or "wgs84")
        except Fault as fault:
            faults.append(FieldFault(f"{at}.geometry", fault.detail))
