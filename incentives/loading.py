"""Loading the facts of many guides' months, set-based, up to a seal (M4)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Column, Connection, exists, or_, select
from sqlalchemy.sql.elements import ColumnElement

from incentives.calculate import PlanVersion
from incentives.facts import Contact, GuideFacts, Line, Order, Person, Place, Referral, RefundOf
from incentives.plan_form import parse
from incentives.plans import plan_version
from ledger.intakes import intake_seal
from stores.customers.binding_facts import MOVED
from stores.facts.customers import customer, customer_merge
from stores.facts.events import event
from stores.facts.orders import order_line, order_state, sales_order
from stores.facts.refunds import refund, refund_line
from stores.network.branches import branch
from stores.network.snapshot import Snapshot

CHUNK = 400
_CONTACTS = {
    "contact.confirmed": "confirmed",
    "contact.deleted_by_guide": "deleted",
    "contact.deleted_by_customer": "deleted",
    "contact.transferred": "transferred",
}


def month_days(period: str) -> tuple[dt.date, dt.date]:
    """First and last day of `YYYY-MM`."""
    first = dt.date.fromisoformat(period + "-01")
    return first, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)


def plan_versions(connection: Connection) -> list[PlanVersion]:
    """All published versions, parsed."""
    p = plan_version.c
    return [
        PlanVersion(r.id, r.version, parse(r.body))
        for r in connection.execute(select(p.id, p.version, p.body).order_by(p.id))
    ]


def load(
    connection: Connection,
    guides: Collection[int],
    period: str,
    snapshot: Snapshot,
    *,
    seal_no: int | None = None,
    merged_by: dt.datetime | None = None,
    cumulative: bool = False,
) -> list[GuideFacts]:
    """The facts of these guides in one month; `seal_no` leaves out what is sealed later or not at
    all, `merged_by` later merges of customers. `cumulative` loads earlier orders too."""
    return load_months(
        connection,
        guides,
        [period],
        snapshot,
        seal_no=seal_no,
        merged_by=merged_by,
        cumulative=cumulative,
    )[period]


def load_months(
    connection: Connection,
    guides: Collection[int],
    periods: Collection[str],
    snapshot: Snapshot,
    *,
    seal_no: int | None = None,
    merged_by: dt.datetime | None = None,
    cumulative: bool = False,
) -> dict[str, list[GuideFacts]]:
    """The same for several months, in as many statements as for one; best for months close to each
    other."""
    loader = _Loader(connection, seal_no, merged_by)
    first, last = month_days(min(periods))[0], month_days(max(periods))[1]
    orders = loader.orders_of(guides, None if cumulative else first, last)
    people = loader.people_met(guides, first, last)
    referrals = loader.referrals_of(guides)
    branches = branch_codes(connection)
    known = [g for g in sorted(guides) if g in snapshot.guides]
    return {
        period: [
            _facts(
                g,
                period,
                people.get(g, ()),
                orders.get(g, ()),
                tuple(referrals.get(g, ())),
                cumulative,
                snapshot,
                branches,
            )
            for g in known
        ]
        for period in periods
    }


def _facts(
    guide_id: int,
    period: str,
    people: Iterable[Person],
    orders: Iterable[Order],
    referrals: tuple[Referral, ...],
    cumulative: bool,
    snapshot: Snapshot,
    branches: dict[int, frozenset[str]],
) -> GuideFacts:
    """One month's part of what was loaded for a guide."""
    first, last = month_days(period)
    own = tuple(o for o in orders if first <= o.day <= last)
    earlier = tuple(o for o in orders if o.day < first) if cumulative else ()
    met = tuple(
        p
        for p in people
        if any(
            c.kind == "confirmed" and c.guide_id == guide_id and first <= c.day <= last
            for c in p.contacts
        )
    )
    days = {o.day for o in (*own, *earlier)}
    days |= {
        c.day for p in met for c in p.contacts if c.guide_id == guide_id and first <= c.day <= last
    }
    days |= {r.first_order.day if r.first_order else r.day for r in referrals}
    return GuideFacts(
        guide_id,
        snapshot.guides[guide_id].code,
        period,
        met,
        own,
        referrals,
        earlier,
        places_of(guide_id, days, snapshot, branches),
    )


def places_of(
    guide_id: int, days: Iterable[dt.date], snapshot: Snapshot, branches: dict[int, frozenset[str]]
) -> dict[dt.date, Place]:
    """Where the guide works on these days; days without employment are left out."""
    found = {}
    for day in days:
        place = place_at(snapshot.guides[guide_id].store_on(day), day, snapshot, branches)
        if place is not None:
            found[day] = place
    return found


def place_at(
    store_id: int | None, day: dt.date, snapshot: Snapshot, branches: dict[int, frozenset[str]]
) -> Place | None:
    """What a store is on a day for those who work there; None without one."""
    store = snapshot.by_id.get(store_id) if store_id is not None else None
    if store is None:
        return None
    contract = store.contract_on(day)
    return Place(
        store.id,
        store.code,
        contract.dealer_id if contract else None,
        contract.dealer_code if contract else None,
        branches.get(store.branch_id or -1, frozenset()),
    )


def persons(
    connection: Connection, customers: Iterable[int], merged_by: dt.datetime | None = None
) -> dict[int, int]:
    """Person by customer, for these and for everybody who turned out to be the same; a person is
    named by his smallest id (M19)."""
    m, found = customer_merge.c, {c: c for c in customers}
    if connection.execute(select(m.id).limit(1)).first() is None:
        return found
    pairs: set[tuple[int, int]] = set()
    fresh = set(found)
    while fresh:
        met: set[tuple[int, int]] = set()
        for part in chunks(fresh):
            for column in (m.kept_id, m.merged_id):
                query = select(m.kept_id, m.merged_id).where(column.in_(part))
                met |= {
                    (r.kept_id, r.merged_id)
                    for r in connection.execute(
                        query if merged_by is None else query.where(m.at <= merged_by)
                    )
                }
        pairs |= met
        fresh = {c for pair in met for c in pair} - found.keys()
        found |= {c: c for c in fresh}
    return _united(found, pairs)


def _united(found: dict[int, int], pairs: set[tuple[int, int]]) -> dict[int, int]:
    def top(customer: int) -> int:
        while found[customer] != customer:
            customer = found[customer]
        return customer

    for a, b in sorted(pairs):
        low, high = sorted((top(a), top(b)))
        found[high] = low
    return {customer: top(customer) for customer in found}


def branch_codes(connection: Connection) -> dict[int, frozenset[str]]:
    """Own and all higher branches' codes, by branch id: a plan for a branch holds for its
    subtree."""
    rows = connection.execute(select(branch.c.id, branch.c.branch_code, branch.c.path)).all()
    codes = {r.id: r.branch_code for r in rows}
    return {
        r.id: frozenset(
            codes[int(part)] for part in r.path.strip("/").split("/") if part and int(part) in codes
        )
        for r in rows
    }


class _Loader:
    """Queries over one connection, all bound to the same watermark."""

    def __init__(self, connection: Connection, seal_no: int | None, merged_by: dt.datetime | None):
        self.connection, self.seal_no, self.merged_by = connection, seal_no, merged_by

    def _sealed(self, column: Column[Any]) -> list[ColumnElement[bool]]:
        """A look-up for each row: the list of all intakes up to a seal grows without end."""
        return (
            []
            if self.seal_no is None
            else [
                exists().where(
                    intake_seal.c.intake_id == column, intake_seal.c.seal_no <= self.seal_no
                )
            ]
        )

    def orders_of(
        self, guides: Collection[int], first: dt.date | None, last: dt.date
    ) -> dict[int, list[Order]]:
        o = sales_order.c
        conditions = [
            o.business_day <= last,
            *([o.business_day >= first] if first is not None else []),
            *self._sealed(o.intake_id),
        ]
        rows: list[Any] = []
        for part in chunks(guides):
            rows += self.connection.execute(
                self._order_rows().where(o.guide_id.in_(part), *conditions)
            ).all()
        built = self._built(rows)
        found: dict[int, list[Order]] = defaultdict(list)
        for row in rows:
            found[row.guide_id].append(built[row.id])
        return found

    def _order_rows(self) -> Any:
        o = sales_order.c
        return select(
            o.id,
            o.order_no,
            o.customer_id,
            o.guide_id,
            o.paid_at,
            o.business_day,
            o.dealer_id,
            o.store_id,
            o.guide_dealer_id,
            o.freight_minor,
            o.delivery,
            customer.c.employee,
        ).join(customer, customer.c.id == o.customer_id)

    def _built(self, rows: list[Any]) -> dict[int, Order]:
        ids = [r.id for r in rows]
        lines, refunds, states = self._lines(ids), self._refunds(ids), self._states(ids)
        return {
            r.id: Order(
                r.id,
                r.order_no,
                r.customer_id,
                r.employee,
                r.paid_at,
                r.business_day,
                r.dealer_id,
                r.store_id,
                r.guide_dealer_id,
                r.freight_minor,
                r.delivery,
                states.get((r.id, "shipped")),
                states.get((r.id, "received")),
                tuple(lines.get(r.id, ())),
                tuple(refunds.get(r.id, ())),
            )
            for r in rows
        }

    def _lines(self, orders: list[int]) -> dict[int, list[Line]]:
        found: dict[int, list[Line]] = defaultdict(list)
        c = order_line.c
        for part in chunks(orders):
            for r in self.connection.execute(
                select(
                    c.order_id,
                    c.line_no,
                    c.sku,
                    c.category,
                    c.amount_minor,
                    c.subsidy_minor,
                    c.tax_minor,
                )
                .where(c.order_id.in_(part))
                .order_by(c.order_id, c.line_no)
            ):
                found[r.order_id].append(
                    Line(r.line_no, r.sku, r.category, r.amount_minor, r.subsidy_minor, r.tax_minor)
                )
        return found

    def _refunds(self, orders: list[int]) -> dict[int, list[RefundOf]]:
        grouped: dict[tuple[int, int], list[Any]] = defaultdict(list)
        for part in chunks(orders):
            query = (
                select(
                    refund.c.order_id,
                    refund.c.id,
                    refund.c.refunded_at,
                    refund.c.business_day,
                    refund_line.c.line_no,
                    refund_line.c.amount_minor,
                )
                .join(refund_line, refund_line.c.refund_id == refund.c.id)
                .where(refund.c.order_id.in_(part), *self._sealed(refund.c.intake_id))
            )
            for r in self.connection.execute(
                query.order_by(refund.c.order_id, refund.c.refunded_at, refund.c.id)
            ):
                grouped[r.order_id, r.id].append(r)
        found: dict[int, list[RefundOf]] = defaultdict(list)
        for (order_id, _), lines in grouped.items():
            found[order_id].append(
                RefundOf(
                    lines[0].refunded_at,
                    lines[0].business_day,
                    tuple((r.line_no, r.amount_minor) for r in lines),
                )
            )
        return found

    def _states(self, orders: list[int]) -> dict[tuple[int, str], dt.datetime]:
        found = {}
        for part in chunks(orders):
            s = order_state.c
            for r in self.connection.execute(
                select(s.order_id, s.state, s.at).where(
                    s.order_id.in_(part), *self._sealed(s.intake_id)
                )
            ):
                found[r.order_id, r.state] = r.at
        return found

    def people_met(
        self, guides: Collection[int], first: dt.date, last: dt.date
    ) -> dict[int, list[Person]]:
        """Customers whom each guide confirmed in the month, each with the whole contact history."""
        e = event.c
        met: dict[int, set[int]] = defaultdict(set)
        for part in chunks(guides):
            query = select(e.guide_id, e.customer_id).where(
                e.guide_id.in_(part),
                e.business_day >= first,
                e.business_day <= last,
                e.type == "contact.confirmed",
                *self._sealed(e.intake_id),
            )
            for r in self.connection.execute(query):
                met[r.guide_id].add(r.customer_id)
        person_of = persons(
            self.connection, {c for customers in met.values() for c in customers}, self.merged_by
        )
        people = self._people(person_of)
        return {
            guide_id: [people[p] for p in sorted({person_of[c] for c in customers})]
            for guide_id, customers in met.items()
        }

    def _people(self, person_of: dict[int, int]) -> dict[int, Person]:
        contacts: dict[int, list[Contact]] = defaultdict(list)
        e = event.c
        for part in chunks(person_of):
            for r in self.connection.execute(
                select(
                    e.event_id,
                    e.type,
                    e.occurred_at,
                    e.business_day,
                    e.guide_id,
                    e.customer_id,
                    e.source,
                    e.from_guide_id,
                ).where(
                    e.customer_id.in_(part),
                    e.type.in_(list(_CONTACTS)),
                    or_(
                        e.type != "contact.transferred",
                        e.transfer_state.is_(None),
                        e.transfer_state.in_([state for state in MOVED if state]),
                    ),
                    *self._sealed(e.intake_id),
                )
            ):
                contacts[person_of[r.customer_id]].append(
                    Contact(
                        r.event_id,
                        _CONTACTS[r.type],
                        r.occurred_at,
                        r.business_day,
                        r.guide_id,
                        r.source,
                        r.from_guide_id,
                    )
                )
        employees = self._employees(person_of)
        return {p: Person(p, p in employees, tuple(contacts[p])) for p in set(person_of.values())}

    def _employees(self, person_of: dict[int, int]) -> set[int]:
        c = customer.c
        return {
            person_of[i]
            for part in chunks(person_of)
            for i in self.connection.execute(
                select(c.id).where(c.id.in_(part), c.employee)
            ).scalars()
        }

    def referrals_of(self, guides: Collection[int]) -> dict[int, list[Referral]]:
        """All invitations by these guides, each with the invitee's first order and what speaks
        against it."""
        e = event.c
        invites: list[Any] = []
        for part in chunks(guides):
            invites += self.connection.execute(
                self._invitations().where(e.guide_id.in_(part))
            ).all()
        if not invites:
            return {}
        person_of = persons(
            self.connection,
            {c for r in invites for c in (r.customer_id, r.inviter_customer_id) if c is not None},
            self.merged_by,
        )
        firsts, met, first_invite, employees = (
            self._first_orders(person_of),
            self._first_met(person_of),
            self._first_invites(person_of),
            self._employees(person_of),
        )
        found: dict[int, list[Referral]] = defaultdict(list)
        for r in invites:
            invitee = person_of[r.customer_id]
            order = firsts.get(invitee)
            known = (
                order is not None
                and order.paid_at < r.occurred_at
                or met.get(invitee, r.occurred_at) < r.occurred_at
            )
            found[r.guide_id].append(
                Referral(
                    r.event_id,
                    r.occurred_at,
                    r.business_day,
                    invitee,
                    person_of.get(r.inviter_customer_id),
                    invitee in employees,
                    known,
                    first_invite.get(invitee) != r.event_id,
                    order,
                )
            )
        return found

    def _invitations(self) -> Any:
        e = event.c
        return select(
            e.event_id,
            e.guide_id,
            e.customer_id,
            e.occurred_at,
            e.business_day,
            e.inviter_customer_id,
        ).where(e.type == "referral.invited", *self._sealed(e.intake_id))

    def _first_orders(self, person_of: dict[int, int]) -> dict[int, Order]:
        first: dict[int, Any] = {}
        o = sales_order.c
        for part in chunks(person_of):
            for r in self.connection.execute(
                self._order_rows().where(o.customer_id.in_(part), *self._sealed(o.intake_id))
            ):
                person = person_of[r.customer_id]
                if person not in first or (r.paid_at, r.order_no) < (
                    first[person].paid_at,
                    first[person].order_no,
                ):
                    first[person] = r
        built = self._built(list(first.values()))
        return {p: built[r.id] for p, r in first.items()}

    def _first_met(self, person_of: dict[int, int]) -> dict[int, dt.datetime]:
        """When each first became anybody's friend."""
        e = event.c
        found: dict[int, dt.datetime] = {}
        for part in chunks(person_of):
            for r in self.connection.execute(
                select(e.customer_id, e.occurred_at).where(
                    e.customer_id.in_(part),
                    e.type == "contact.confirmed",
                    *self._sealed(e.intake_id),
                )
            ):
                person = person_of[r.customer_id]
                found[person] = min(r.occurred_at, found.get(person, r.occurred_at))
        return found

    def _first_invites(self, person_of: dict[int, int]) -> dict[int, str]:
        """The invitation that came first; later ones of the same invitee earn nothing."""
        e = event.c
        found: dict[int, tuple[dt.datetime, str]] = {}
        for part in chunks(person_of):
            for r in self.connection.execute(self._invitations().where(e.customer_id.in_(part))):
                person, this = person_of[r.customer_id], (r.occurred_at, r.event_id)
                found[person] = min(this, found.get(person, this))
        return {person: event_id for person, (_, event_id) in found.items()}


def chunks(ids: Iterable[int]) -> Iterable[list[int]]:
    kept = sorted(set(ids))
    return (kept[start : start + CHUNK] for start in range(0, len(kept), CHUNK))
