"""The people whom guides met and the referrals they brought, up to a seal (M4)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, or_, select

from incentives.facts import Contact, Order, Person, Referral
from incentives.sealed.chunks import chunks
from incentives.sealed.orders import SealedOrders
from stores.customers.binding_facts import MOVED
from stores.facts.customers import customer, customer_merge
from stores.facts.events import event
from stores.facts.orders import sales_order

_CONTACTS = {
    "contact.confirmed": "confirmed",
    "contact.deleted_by_guide": "deleted",
    "contact.deleted_by_customer": "deleted",
    "contact.transferred": "transferred",
}


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


class SealedFacts(SealedOrders):
    """The same of people and referrals, over the same connection and up to the same seal."""

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
                *self.sealed(e.intake_id),
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
                    *self.sealed(e.intake_id),
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
        ).where(e.type == "referral.invited", *self.sealed(e.intake_id))

    def _first_orders(self, person_of: dict[int, int]) -> dict[int, Order]:
        first: dict[int, Any] = {}
        o = sales_order.c
        for part in chunks(person_of):
            for r in self.connection.execute(
                self.order_rows().where(o.customer_id.in_(part), *self.sealed(o.intake_id))
            ):
                person = person_of[r.customer_id]
                if person not in first or (r.paid_at, r.order_no) < (
                    first[person].paid_at,
                    first[person].order_no,
                ):
                    first[person] = r
        built = self.built(list(first.values()))
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
                    *self.sealed(e.intake_id),
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
