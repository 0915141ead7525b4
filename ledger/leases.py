"""Leases: one runner at a time for a job, among any number of workers on any number of machines."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Column, Table, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

import db
from ledger import schema

job_lease = Table(
    "job_lease",
    schema.metadata,
    Column("name", schema.Code(32), primary_key=True),
    Column("holder", schema.Code(96), nullable=False),
    Column("until", schema.Instant, nullable=False),
)


def take(name: str, holder: str, now: dt.datetime, seconds: int) -> bool:
    """Take or prolong the lease; False while somebody else holds it."""
    with db.transaction() as connection:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(job_lease).values(
            name=name, holder=holder, until=now + dt.timedelta(seconds=seconds)
        )
        statement = statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": statement.excluded.holder, "until": statement.excluded.until},
            where=or_(job_lease.c.holder == holder, job_lease.c.until <= now),
        )
        return connection.execute(statement.returning(job_lease.c.name)).first() is not None


def held(name: str) -> tuple[str, dt.datetime] | None:
    """Who holds the lease and until when, by his clock."""
    with db.read() as connection:
        found = connection.execute(
            select(job_lease.c.holder, job_lease.c.until).where(job_lease.c.name == name)
        ).first()
        return (found.holder, found.until) if found is not None else None


def give_back(name: str, holder: str) -> None:
    """End the lease early, so that the next worker need not wait for its end."""
    with db.transaction() as connection:
        connection.execute(
            delete(job_lease).where(job_lease.c.name == name, job_lease.c.holder == holder)
        )
