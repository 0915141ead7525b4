"""What a re-assignment of a customer base shall do: which home stores, why, and where their
customers go. Pure.

Customers are re-assigned for one of these causes, and never without somebody at headquarters saying
so:

- `closed`: the home store closed for good and nobody followed it (A11). Its customers have no home;
  protection protects nothing any more.
- `out_of_service`: its cloud shop is off, its contract is over, or its coordinates were withdrawn
  (A2). A pause is none: it is kept (A11).
- `foreign_territory`: it lies in what is now the exclusive territory of another dealer (A12).
- `first_order`: the home is merely the store of the first order (B2), no guide owns the customer,
  and he was last seen near another store.
- `chosen`: headquarters named the stores themselves, by code, dealer, region or area.

Where they go: a named store, the successor, or by the ladder: what the rungs of the policy that
look at the place (8-11) answer at the place of the home store, or of the store last visited; the
exact nearest of them, since opening hours of one moment shall not place a customer base."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from ledger.faults import FieldFault, InvalidInput
from stores.base.file_forms import (
    CODE_LENGTH,
    Checked,
    Day,
    Flag,
    Form,
    NotSo,
    OneOf,
    Said,
    Text,
    try_reading,
)
from stores.facts.decision import NEW_CUSTOMER, Question, Visit
from stores.facts.reassignments import REASON_LENGTH
from stores.geo.coordinates import Coordinates
from stores.geo.regions import region_and_above
from stores.network.policy import Policy
from stores.network.records import Contract, StoreRecord
from stores.network.snapshot import Snapshot
from stores.routing.decide import decide
from stores.routing.rungs.here import areas_here

CAUSES = ("closed", "out_of_service", "foreign_territory", "first_order")
CHOSEN = "chosen"
TARGETS = ("ladder", "successor", "store")
PLACES = ("home", "last_visit")
_OUT = frozenset({"cloud_shop_off", "no_contract", "coordinates_withdrawn"})
_PLACE_RUNGS = ("TERRITORY", "SERVICE_AREA", "RADIUS", "NEAREST")
_HOPS = 5
REFUSAL = "plan_invalid"


@dataclass(frozen=True, slots=True)
class Plan:
    """Codes as headquarters gave them. `bound_from`, `bound_before`: brand days [from, before) on
    which the present home began; None: no bound."""

    reason: str = ""
    from_store_codes: tuple[str, ...] = ()
    dealer_code: str | None = None
    region_code: str | None = None
    area_code: str | None = None
    causes: tuple[str, ...] = ()
    bound_from: dt.date | None = None
    bound_before: dt.date | None = None
    target: str = "ladder"
    to_store_code: str | None = None
    place: str = "home"
    include_protected: bool = False

    @property
    def by_last_visit(self) -> bool:
        return self.place == "last_visit"

    def body(self) -> dict[str, Any]:
        """The file form, complete, fit for JSON."""
        found = asdict(self)
        return {
            **found,
            "from_store_codes": list(self.from_store_codes),
            "causes": list(self.causes),
            **{
                name: day.isoformat() if (day := found[name]) else None
                for name in ("bound_from", "bound_before")
            },
        }


@dataclass(frozen=True, slots=True)
class Move:
    """Customers at home in `from_id`, of whom `last_id` (0: any) was seen last, go to `to_id`;
    None: no store was found for them."""

    from_id: int
    last_id: int
    to_id: int | None
    cause: str
    gone: bool
    forced: bool


def _causes(value: list[str]) -> list[str]:
    if unknown := [each for each in value if each not in CAUSES]:
        raise NotSo(f"names unknown {', '.join(unknown)}; known are {', '.join(CAUSES)}")
    return value


_Codes = Annotated[list[Annotated[str, Text(CODE_LENGTH)]], Said("must be a list of codes")]
_Code = Annotated[str, Text(CODE_LENGTH, words="must be a code")]
_A_DAY = Day("must be a day as 2026-01-31")


class ReassignmentForm(Form):
    """The file form of a plan: whose customers move, why, and where to."""

    reason: Annotated[str, Text(REASON_LENGTH, least=0)] = ""
    from_store_codes: _Codes = []
    dealer_code: _Code | None = None
    region_code: _Code | None = None
    area_code: _Code | None = None
    causes: Annotated[_Codes, Checked(_causes)] = []
    bound_from: Annotated[dt.date, _A_DAY] | None = None
    bound_before: Annotated[dt.date, _A_DAY] | None = None
    target: Annotated[str, OneOf(*TARGETS)] = "ladder"
    to_store_code: _Code | None = None
    place: Annotated[str, OneOf(*PLACES)] = "home"
    include_protected: Flag = False


def parse(body: Any) -> Plan:
    """A plan from its file form. Raises InvalidInput with one fault for each wrong key."""
    given, faults = try_reading(ReassignmentForm, body, "plan", REFUSAL, "is no key of a plan")
    values = {name: given[name] for name in given}
    for name in ("from_store_codes", "causes"):
        values[name] = tuple(dict.fromkeys(values.get(name, ())))
    values["reason"] = values.get("reason", "").strip()
    if "first_order" in values["causes"] and "place" not in given:
        values["place"] = "last_visit"
    if values.get("to_store_code") and "target" not in given:
        values["target"] = "store"
    plan = Plan(**values)
    faults += _together(plan, {fault.field for fault in faults})
    if faults:
        raise InvalidInput(
            "; ".join(f"{f.field} {f.reason}" for f in faults[:5]) + ".",
            code=REFUSAL,
            errors=faults,
        )
    return plan


def _together(plan: Plan, wrong: set[str]) -> Iterator[FieldFault]:
    """What the keys ask of each other."""
    if not plan.reason and "reason" not in wrong:
        yield FieldFault("reason", "is required: say why customers are moved")
    if not (
        plan.causes
        or plan.from_store_codes
        or plan.dealer_code
        or plan.region_code
        or plan.area_code
    ):
        yield FieldFault(
            "causes",
            "or stores, a dealer, a region or an area must be given: nobody is moved without a "
            "choice",
        )
    if (plan.target == "store") != bool(plan.to_store_code):
        yield FieldFault(
            "to_store_code",
            "is required for target store"
            if plan.target == "store"
            else "is for target store alone",
        )
    if "first_order" in plan.causes and (
        len(plan.causes) > 1 or not plan.by_last_visit or plan.target != "ladder"
    ):
        yield FieldFault(
            "causes", "first_order stands alone, with target ladder at the place of the last visit"
        )


# -- which stores, and where to --------------------------------------------------------------------


class Planner:
    """A plan on one snapshot and day. Raises InvalidInput for codes that the network does not know
    and a target that takes no visitors."""

    def __init__(self, plan: Plan, snapshot: Snapshot, at: dt.datetime, day: dt.date):
        self.plan, self.snapshot, self.at, self.day = plan, snapshot, at, day
        rungs = tuple(rung for rung in snapshot.policy.rungs if rung in _PLACE_RUNGS)
        self.policy: Policy = replace(snapshot.policy, rungs=(*rungs, "PICKER"), ambiguity_m=0)
        self._found: dict[tuple[int, int], int | None] = {}
        self._check_codes()
        self.sources: Mapping[int, str] = {
            s.id: cause
            for s in snapshot.stores
            if self._selected(s) and (cause := self._cause(s)) is not None
        }

    def move(self, from_id: int, last_id: int) -> Move | None:
        """None: these customers stay where they are."""
        cause, gone = self.sources[from_id], self.is_gone(from_id)
        to_id = self._target(from_id, last_id, cause)
        if to_id == from_id or cause == "first_order" and to_id is None:
            return None
        return Move(from_id, last_id, to_id, cause, gone, gone or self.plan.include_protected)

    def is_gone(self, store_id: int) -> bool:
        """Closed for good: what protected its customers protects nothing any more."""
        return self.snapshot.by_id[store_id].why_not(self.day) == "closed"

    def dealer_of(self, store_id: int) -> Contract | None:
        """The contract in force, else the last one there was."""
        store = self.snapshot.by_id[store_id]
        past = [c for c in store.contracts if c.valid_from is None or c.valid_from <= self.day]
        return store.contract_on(self.day) or max(
            past, key=lambda c: (c.valid_from or dt.date.min, c.id), default=None
        )

    def _check_codes(self) -> None:
        plan, known = self.plan, self.snapshot.by_code
        faults = [
            FieldFault("from_store_codes", f"names an unknown store {code!r}")
            for code in plan.from_store_codes
            if code not in known
        ]
        if plan.dealer_code and not any(
            c.dealer_code == plan.dealer_code for s in self.snapshot.stores for c in s.contracts
        ):
            faults.append(FieldFault("dealer_code", "is no dealer with a store"))
        if plan.area_code and plan.area_code not in {a.code for a in self.snapshot.areas.values()}:
            faults.append(FieldFault("area_code", "is unknown"))
        if plan.to_store_code:
            target = known.get(plan.to_store_code)
            why = "unknown" if target is None else target.why_not(self.day)
            if why:
                faults.append(
                    FieldFault(
                        "to_store_code",
                        "is unknown" if target is None else f"takes no visitors: {why}",
                    )
                )
        if faults:
            raise InvalidInput(
                "; ".join(f"{f.field} {f.reason}" for f in faults[:5]) + ".",
                code=REFUSAL,
                errors=faults,
            )

    def _selected(self, store: StoreRecord) -> bool:
        plan = self.plan
        contract = self.dealer_of(store.id) if plan.dealer_code else None
        return (
            (not plan.from_store_codes or store.code in plan.from_store_codes)
            and (
                not plan.dealer_code
                or contract is not None
                and contract.dealer_code == plan.dealer_code
            )
            and (
                not plan.region_code
                or bool(store.region_code)
                and plan.region_code in region_and_above(store.region_code or "")
            )
            and (not plan.area_code or self._lies_in_area(store))
        )

    def _lies_in_area(self, store: StoreRecord) -> bool:
        here = self._question(store)
        return any(
            a.code == self.plan.area_code
            for kind in ("territory", "service_area", "isolated")
            for a in areas_here(here, kind)
        )

    def _cause(self, store: StoreRecord) -> str | None:
        if not self.plan.causes:
            return CHOSEN
        why = store.why_not(self.day)
        found = {
            "closed": why == "closed",
            "out_of_service": why in _OUT,
            "foreign_territory": why != "closed" and self._foreign(store),
            "first_order": not why,
        }
        return next((cause for cause in CAUSES if cause in self.plan.causes and found[cause]), None)

    def _foreign(self, store: StoreRecord) -> bool:
        contract = self.dealer_of(store.id)
        owners = {a.dealer_id for a in areas_here(self._question(store), "territory")}
        return bool(owners) and (contract is None or contract.dealer_id not in owners)

    def _question(self, store: StoreRecord) -> Question:
        return Question(self._visit(store), NEW_CUSTOMER, self.snapshot, self.policy)

    def _visit(self, store: StoreRecord) -> Visit:
        return Visit(
            self.at,
            self.day,
            None if store.withdrawn else Coordinates(store.latitude, store.longitude),
            region_code=store.region_code,
        )

    def _target(self, from_id: int, last_id: int, cause: str) -> int | None:
        if self.plan.target == "store":
            return self.snapshot.by_code[self.plan.to_store_code or ""].id
        if self.plan.target == "successor":
            return self._successor(from_id)
        if cause == "first_order":
            return self._by_ladder(last_id, 0) if last_id else None
        return self._by_ladder(last_id or from_id, from_id)

    def _successor(self, store_id: int) -> int | None:
        store: StoreRecord | None = self.snapshot.by_id[store_id]
        for _ in range(_HOPS):
            store = (
                self.snapshot.by_id.get(store.successor_id)
                if store is not None and store.successor_id is not None
                else None
            )
            if store is not None and not store.why_not(self.day):
                return store.id
        return None

    def _by_ladder(self, place_id: int, without: int) -> int | None:
        """What the rungs of the place answer where this store lies, the store that is left set
        aside."""
        key = place_id, without
        if key not in self._found:
            store = self.snapshot.by_id.get(place_id)
            self._found[key] = (
                decide(
                    self._visit(store),
                    NEW_CUSTOMER,
                    self.snapshot,
                    self.policy,
                    full=frozenset({without}),
                ).store_id
                if store
                else None
            )
        return self._found[key]
