"""What an installation is pinned to (M26): zone and currency, written at the first migration and
compared at every start."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Column, Connection, String, Table, inspect, select

from ledger import schema
from ledger.upsert import insert_missing
from stores.base.brand import Brand
from stores.base.versions import network_change, routing_state
from stores.network.policies import policy_version
from stores.network.policy import Policy

installation = Table(
    "installation",
    schema.metadata,
    Column("name", schema.Code(32), primary_key=True),
    Column("value", String(200), nullable=False),
)
PINNED = ("brand_timezone", "brand_currency")
BEGINNING = dt.datetime(
    2000, 1, 1, tzinfo=dt.UTC
)  # the first policy judges whatever was before the second one, also facts of before the installation


class WrongInstallation(Exception):
    """The settings name another zone or currency than the database was made for."""


def pins(brand: Brand) -> dict[str, str]:
    return {"brand_timezone": brand.timezone.key, "brand_currency": brand.currency}


def install(connection: Connection, brand: Brand, now: dt.datetime) -> None:
    """Pin the brand and put the first network version and the policy `franchise` in place;
    repeatable."""
    insert_missing(
        connection, installation, [{"name": n, "value": v} for n, v in pins(brand).items()]
    )
    if connection.execute(select(routing_state.c.id)).first() is None:
        connection.execute(
            network_change.insert().values(
                version=1, at=now, actor="system", kind="installation", changed=0
            )
        )
        connection.execute(
            policy_version.insert().values(
                version=1,
                body=Policy().body(),
                published_at=BEGINNING,
                actor="system",
                note="default",
            )
        )
        connection.execute(routing_state.insert().values(id=1, network_version=1, policy_version=1))


def check(connection: Connection, brand: Brand) -> None:
    """Raises WrongInstallation when the settings differ from what is pinned; a database without
    tables passes."""
    if not inspect(connection).has_table("installation"):
        return
    pinned = {r.name: r.value for r in connection.execute(select(installation))}
    for name, value in pins(brand).items():
        if name in pinned and pinned[name] != value:
            raise WrongInstallation(
                f"{name.upper()} is {value}, but this database was made for {pinned[name]}. "
                "Business days and amounts would "
                f"change their meaning; set {name.upper()}={pinned[name]}, or use another "
                "DATABASE_URL."
            )
