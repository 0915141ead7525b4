"""Finding and creating customers by any of their identifiers (P5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from ledger.bulk import insert_rows
from ledger.faults import Conflict
from ledger.pieces import pieces
from ledger.upsert import insert_missing
from stores.facts.changes import changed_customer
from stores.facts.customers import (
    customer,
    customer_identity,
    customer_merge,
    customer_state,
    erased_name,
)

Identity = tuple[str, str]
CHUNK = 400


def find(connection: Connection, identities: Iterable[Identity]) -> dict[Identity, int]:
    """The surrogate id behind each known identity; unknown ones are absent."""
    by_kind: dict[str, set[str]] = {}
    for kind, value in identities:
        by_kind.setdefault(kind, set()).add(value)
    found: dict[Identity, int] = {}
    i = customer_identity.c
    for kind, values in by_kind.items():
        wanted = sorted(values)
        for some in pieces(wanted, CHUNK):
            rows = connection.execute(
                select(i.value, i.customer_id).where(i.kind == kind, i.value.in_(some))
            )
            found.update({(kind, value): owner for value, owner in rows})
    return found


class Named(NamedTuple):
    """A customer's surrogate, and the outside id he is shown by (he may have several)."""

    id: int
    customer_id: str


def by_customer_id(connection: Connection, texts: Iterable[str]) -> dict[str, Named]:
    """Customers by an outside id; unknown ones are absent."""
    found: dict[str, Named] = {}
    wanted = sorted(texts)
    for some in pieces(wanted, CHUNK):
        found |= {
            r[0]: Named(r[1], r[2]) for r in connection.execute(_BY_CUSTOMER_ID, {"texts": some})
        }
    return found


def text_of(connection: Connection, number: int) -> str | None:
    """The outside id of a surrogate; None when unknown."""
    return connection.execute(
        select(customer.c.customer_id).where(customer.c.id == number)
    ).scalar()


_BY_CUSTOMER_ID = (
    select(customer_identity.c.value, customer_identity.c.customer_id, customer.c.customer_id)
    .join(customer, customer.c.id == customer_identity.c.customer_id)
    .where(
        customer_identity.c.kind == "customer_id",
        customer_identity.c.value.in_(bindparam("texts", expanding=True)),
    )
)
_IDS = select(customer.c.customer_id, customer.c.id).where(
    customer.c.customer_id.in_(bindparam("texts", expanding=True))
)


def create(
    connection: Connection, people: Sequence[Sequence[Identity]], now: dt.datetime
) -> dict[str, int]:
    """New customers, each with his identities (the first must be his `customer_id`); returns
    surrogate ids by customer_id.

    Somebody who came in between by a rival transaction is found, not created again."""
    if not people:
        return {}
    people = sorted(
        people, key=lambda each: each[0]
    )  # rivals who create the same people wait for each other in one order
    texts = [each[0][1] for each in people]
    insert_missing(
        connection,
        customer,
        [{"customer_id": text, "employee": False, "created_at": now} for text in texts],
    )
    ids: dict[str, int] = {}
    for some in pieces(texts, CHUNK):
        ids |= {r[0]: r[1] for r in connection.execute(_IDS, {"texts": some})}
    insert_missing(
        connection,
        customer_identity,
        [
            {"kind": k, "value": v, "customer_id": ids[each[0][1]]}
            for each in people
            for k, v in each
        ],
    )
    insert_missing(
        connection,
        customer_state,
        [{"customer_id": ids[text], "rv": 0, "no_switch": False} for text in texts],
    )
    return ids


def link(connection: Connection, pairs: Iterable[tuple[Identity, int]]) -> None:
    """Attach further identities to known customers; one that belongs to somebody already stays with
    him."""
    linked = sorted(pairs)
    insert_missing(
        connection,
        customer_identity,
        [{"kind": k, "value": v, "customer_id": owner} for (k, v), owner in linked],
    )
    refuse_erased(connection, {owner for _, owner in linked})


def refuse_erased(connection: Connection, owners: Iterable[int]) -> None:
    """After identities were linked: raises Conflict when an owner was erased while the deed was
    under way, for then nothing may lead to him. Who links waits for an erasure in flight (the
    foreign key), so what is read here is true."""
    wanted = sorted(set(owners))
    for some in pieces(wanted, CHUNK):
        c, part = customer.c, some
        if connection.execute(
            select(c.id)
            .where(c.id.in_(part), c.customer_id.in_([erased_name(each) for each in part]))
            .limit(1)
        ).first():
            raise Conflict(
                "A customer of this call was erased while it was under way; nothing was written, "
                "send it once more.",
                code="busy",
            )


def note_merges(connection: Connection, groups: Iterable[Iterable[int]], now: dt.datetime) -> None:
    """Each group of customers turned out to be one person (M19). A customer is merged once, into
    the smallest one known by then, so what joins two persons is noted between those two. Rewards
    are reckoned by person, so his facts are looked at again."""
    for group in groups:
        roots = {root(connection, each) for each in group}
        kept = min(roots)
        insert_missing(
            connection,
            customer_merge,
            [{"kept_id": kept, "merged_id": each, "at": now} for each in sorted(roots - {kept})],
        )
        if len(roots) > 1:
            insert_rows(connection, changed_customer, [{"customer_id": kept}])


def root(connection: Connection, customer_id: int) -> int:
    """The customer into whom this one was merged in the end, himself if never."""
    m = customer_merge.c
    while (
        kept := connection.execute(select(m.kept_id).where(m.merged_id == customer_id)).scalar()
    ) is not None:
        customer_id = kept
    return customer_id


def lock(connection: Connection, customers: Iterable[int]) -> dict[int, int]:
    """Lock the state rows in id order; returns `rv` by customer. SQLite's writer is alone
    already."""
    found: dict[int, int] = {}
    wanted = sorted(set(customers))
    for some in pieces(wanted, CHUNK):
        s = customer_state.c
        query = (
            select(s.customer_id, s.rv)
            .where(s.customer_id.in_(some))
            .order_by(s.customer_id)
            .with_for_update()
        )
        found |= {r.customer_id: r.rv for r in connection.execute(query)}
    return found
