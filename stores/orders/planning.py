"""Planning orders: whose sale each is, which guide it credits, which terms it freezes. Reads and
decides, writes nothing (M8, M21).

The owner of a sale is decided by the server (D1, CONTRACT 2): the store of the named entry; else of
the customer's last entry in the 24 hours before; else `decide()` at `paid_at` with the order's
location; else the store a headquarters' file names; else nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from ledger.faults import FieldFault, InvalidInput
from stores.base.brand import brand, business_day
from stores.customers import binding_facts
from stores.customers.bindings import BindingFact, Held
from stores.customers.course import Course
from stores.facts.decision import NEW_CUSTOMER, State, Visit
from stores.facts.entry_records import NOT_A_VISIT
from stores.facts.visits import point_of
from stores.network.snapshot import Snapshot
from stores.orders.books import Fees, Terms, fees_of
from stores.orders.inputs import OrderIn
from stores.orders.known import Known, Visited, known_of
from stores.routing.decide import decide


@dataclass(frozen=True, slots=True)
class Plan:
    """One order, decided. `guide_basis`: assisted, touch, owner, none (B6). `customer` None: he is
    new. The visiting shop stands on the entry; home, revenue (`terms`) and fulfilment store stand
    here, each for itself (A1)."""

    order: OrderIn
    customer: int | None
    day: dt.date
    terms: Terms
    fees: Fees
    owner_basis: str
    guide_id: int | None
    guide_basis: str
    guide_store_id: int | None
    guide_dealer_id: int | None
    link_guide_id: int | None
    home_store_id: int | None
    branch_id: int | None
    fulfilment_store_id: int | None

    def fact(self, order_id: int, snapshot: Snapshot) -> BindingFact:
        """What the order means for the customer's bindings."""
        return binding_facts.order_fact(
            self.order.paid_at,
            order_id,
            self.order.order_no,
            self.link_guide_id,
            self.terms.store_id,
            self.guide_id,
            snapshot,
        )


def plan(
    connection: Connection,
    orders: Sequence[OrderIn],
    snapshot: Snapshot,
    customers: Mapping[str, int],
    *,
    lock: bool = False,
) -> tuple[list[Plan], Known]:
    """Decide every order in (paid_at, order_no) order, each seeing the ones before it. `customers`
    that exist, by outside id; with `lock` their states are held from now on. Raises InvalidInput
    naming what is unknown."""
    known = known_of(connection, orders, snapshot, customers, lock)
    rules = binding_facts.rules_of(snapshot)
    courses: dict[int | str, Course] = {}
    plans = []
    for order in sorted(orders, key=lambda o: (o.paid_at, o.order_no)):
        customer = known.customers.get(order.customer_id)
        who = order.customer_id if customer is None else customer
        if who not in courses:
            courses[who] = Course(known.facts[customer] if customer is not None else (), rules)
        course = courses[who]
        held = course.held_at((order.paid_at, "order", order.order_no))
        made = _plan(order, customer, known, held, snapshot)
        plans.append(made)
        course.add(made.fact(0, snapshot))
    return plans, known


def _plan(
    order: OrderIn, customer: int | None, known: Known, held: Held, snapshot: Snapshot
) -> Plan:
    day = business_day(order.paid_at)
    if order.currency != brand().currency:
        raise InvalidInput(
            f"Orders of this installation are in {brand().currency}, this one is in "
            f"{order.currency}.",
            code="wrong_currency",
            errors=[FieldFault("currency", f"must be {brand().currency}")],
        )
    if order.freight_minor > order.total_minor:
        raise InvalidInput(
            "freight_minor is the part of the order's total that is freight; it exceeds the total.",
            code="freight_above_total",
            errors=[FieldFault("freight_minor", "exceeds the sum of the lines")],
        )
    named = _named_entry(order, customer, known)
    basis, store_id = _owner(order, customer, named, held, known, snapshot, day)
    terms = terms_of(snapshot, store_id, day)
    link = _touch(order, customer, named, known, snapshot)
    guide_id, guide_basis = _credited(order, link, held, snapshot, day)
    at_store = snapshot.guides[guide_id].store_on(day) if guide_id is not None else None
    guide_contract = (
        snapshot.by_id[at_store].contract_on(day) if at_store in snapshot.by_id else None
    )
    store = snapshot.by_id[terms.store_id] if terms.store_id is not None else None
    return Plan(
        order,
        customer,
        day,
        terms,
        fees_of(order.total_minor, terms),
        basis if terms.store_id is not None else "unattributed",
        guide_id,
        guide_basis,
        at_store,
        guide_contract.dealer_id if guide_contract else None,
        link,
        held.home.store_id if held.home else None,
        store.branch_id if store else None,
        _fulfilling(order, snapshot) or terms.store_id,
    )


# -- whose sale ------------------------------------------------------------------------------------


def _named_entry(order: OrderIn, customer: int | None, known: Known) -> Visited | None:
    if order.entry_id is None:
        return None
    found = known.entries.get(order.entry_id)
    if found is None:
        raise InvalidInput(
            f"There is no entry {order.entry_id!r}; name the entry_id that POST /entries "
            "answered, or leave it out.",
            code="unknown_entry",
            errors=[FieldFault("entry_id", "is unknown")],
        )
    if found.customer != customer:
        raise InvalidInput(
            "The named entry is another customer's; an order is credited by its own customer's "
            "entry.",
            code="entry_of_another_customer",
            errors=[FieldFault("entry_id", "belongs to another customer")],
        )
    return found


def _owner(
    order: OrderIn,
    customer: int | None,
    named: Visited | None,
    held: Held,
    known: Known,
    snapshot: Snapshot,
    day: dt.date,
) -> tuple[str, int | None]:
    if named is not None and named.store_id is not None:
        return "entry", named.store_id
    since = order.paid_at - dt.timedelta(hours=snapshot.policy.order_visit_hours)
    last = [
        v
        for v in known.visits.get(customer or -1, ())
        if v.store_id is not None and since <= v.at <= order.paid_at
    ]
    if last:
        return "visit", last[-1].store_id
    point = point_of(order.location) if order.location is not None else None
    if point is not None:
        state = _state_at(known.states.get(customer or -1, NEW_CUSTOMER), held)
        decision = decide(
            Visit(
                order.paid_at,
                day,
                point,
                order.location.accuracy_m if order.location else None,
                region_code=order.region_code,
                postal_code=order.postal_code,
            ),
            state,
            snapshot,
        )
        if decision.rung not in NOT_A_VISIT:
            return "location", decision.store_id
    if order.store_code is not None:
        store = snapshot.by_code.get(order.store_code)
        if store is None:
            raise InvalidInput(
                f"There is no store {order.store_code!r}; import the store first, or leave "
                "store_code out.",
                code="unknown_store",
                errors=[FieldFault("store_code", "is unknown")],
            )
        return "named", store.id
    return "unattributed", None


def _fulfilling(order: OrderIn, snapshot: Snapshot) -> int | None:
    """The store that the order names to ship it or hand it over. Raises InvalidInput."""
    if order.fulfilment_store_code is None:
        return None
    store = snapshot.by_code.get(order.fulfilment_store_code)
    if store is None:
        raise InvalidInput(
            f"There is no store {order.fulfilment_store_code!r}; import the store first, or leave "
            "fulfilment_store_code out.",
            code="unknown_store",
            errors=[FieldFault("fulfilment_store_code", "is unknown")],
        )
    return store.id


def _state_at(state: State, held: Held) -> State:
    """The customer's state with the bindings that held at the order's moment."""
    home, owner = held.home, held.owner
    return replace(
        state,
        home_store_id=home.store_id if home else None,
        home_protected_until=home.protected_until if home else None,
        home_valid_until=home.valid_until if home else None,
        next_home_store_id=None,
        owner_guide_id=owner.guide_id if owner else None,
        owner_protected_until=owner.protected_until if owner else None,
        owner_valid_until=owner.valid_until if owner else None,
    )


def terms_of(snapshot: Snapshot, store_id: int | None, day: dt.date) -> Terms:
    """The contract in force on that day; none (the store was nobody's then): unattributed."""
    store = snapshot.by_id.get(store_id) if store_id is not None else None
    contract = store.contract_on(day) if store is not None else None
    if store is None or contract is None:
        return Terms()
    return Terms(
        contract.dealer_id,
        contract.dealer_code,
        store.id,
        contract.id,
        contract.platform_fee_bp,
        contract.channel_fee_bp,
        contract.collection_mode,
    )


# -- whose guide (B6) ------------------------------------------------------------------------------


def _touch(
    order: OrderIn, customer: int | None, named: Visited | None, known: Known, snapshot: Snapshot
) -> int | None:
    """The guide of the last signed touch, at most `touch_days` before; the named entry's own touch
    counts whatever its time."""
    if named is not None and named.param_guide_id is not None:
        return named.param_guide_id
    since = order.paid_at - dt.timedelta(days=snapshot.policy.touch_days)
    touches = [
        v
        for v in known.visits.get(customer or -1, ())
        if v.param_guide_id is not None and since <= v.at <= order.paid_at
    ]
    return touches[-1].param_guide_id if touches else None


def _credited(
    order: OrderIn, link: int | None, held: Held, snapshot: Snapshot, day: dt.date
) -> tuple[int | None, str]:
    """Assisting guide, else last touch, else owner, else nobody; only who is employed on that
    day."""
    assisted = None
    if order.guide_code is not None:
        guide = snapshot.guides_by_code.get(order.guide_code)
        if guide is None:
            raise InvalidInput(
                f"There is no guide {order.guide_code!r}; import the guide first, or leave "
                "guide_code out.",
                code="unknown_guide",
                errors=[FieldFault("guide_code", "is unknown")],
            )
        assisted = guide.id
    for guide_id, basis in (
        (assisted, "assisted"),
        (link, "touch"),
        (held.owner.guide_id if held.owner else None, "owner"),
    ):
        record = snapshot.guides.get(guide_id) if guide_id is not None else None
        if record is not None and record.store_on(day) is not None:
            return record.id, basis
    return None, "none"
