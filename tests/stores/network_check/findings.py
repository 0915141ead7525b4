"""What the check finds in a network, in short; and rows that no rule let through."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

import db
from stores import network_check
from stores.base import versions
from stores.geo.territories import area, area_revision
from stores.network.dealers import dealer
from stores.network_check import Finding


def findings(network: Any, kind: str | None = None) -> list[Finding]:
    with db.read() as connection:
        return [
            each
            for each in network_check.check(connection, network.today).findings
            if kind is None or each.kind == kind
        ]


def brief(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(each.kind, each.code, each.other) for each in found]


def place(latitude: float, longitude: float, crs: str = "wgs84", **more: str) -> dict[str, str]:
    return {"latitude": f"{latitude:.6f}", "longitude": f"{longitude:.6f}", "crs": crs, **more}


def behind_the_rules(
    network: Any, code: str, dealer_code: str, geometry: Any = None, **more: Any
) -> None:
    """An area as an older version of the rules, or another system, may have left it: saving would
    refuse it."""
    with db.transaction() as connection:
        owner = connection.execute(
            select(dealer.c.id).where(dealer.c.dealer_code == dealer_code)
        ).scalar_one()
        version = versions.next_network_version(connection)
        key = connection.execute(
            insert(area).values(area_code=code).returning(area.c.id)
        ).scalar_one()
        connection.execute(
            insert(area_revision).values(
                **{
                    "area_id": key,
                    "kind": "territory",
                    "dealer_id": owner,
                    "geometry": geometry,
                    "region_codes": [],
                    "postal_codes": [],
                    "version_from": version,
                    **more,
                }
            )
        )
