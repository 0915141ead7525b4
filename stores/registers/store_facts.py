"""All facts of a store once a row is applied to what is stored (A2, A3, A11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stores.imports.cells import CLEAR
from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.network.stores import FACTS
from stores.registers.contracts import Contract
from stores.registers.saving import (
    complete,
)

DEFAULTS: dict[str, Any] = {"status": "active", "cloud_shop": True, "priority": 0}
PLAIN = (
    "name",
    "crs",
    "country",
    "region_code",
    "address",
    "status",
    "cloud_shop",
    "opened_on",
    "closed_on",
    "paused_until",
    "priority",
    "daily_capacity",
    "service_radius_m",
    "hours",
    "timezone",
    "cloud_shop_url",
)  # columns of the file that are columns of the table
NOTHING: dict[str, Any] = {**dict.fromkeys(FACTS), **DEFAULTS, "coordinates_withdrawn": False}


@dataclass(frozen=True, slots=True)
class Stored:
    """What the rows are compared with and refer to."""

    rows: dict[str, Mapping[str, Any]]
    contracts: dict[int, list[tuple[int, Contract]]]
    dealers: dict[str, int]
    branches: dict[str, int]
    successors: dict[str, int]


def merged(
    row: Row,
    before: Mapping[str, Any] | None,
    stored: Stored,
    in_file: set[str],
    today: dt.date,
    faults: FaultList,
) -> dict[str, Any] | None:
    """All facts of the store once the row is applied; None for a new store without the columns it
    needs."""
    values = row.values
    if before is None and not complete(row, ("name", "dealer_code", "latitude"), "store", faults):
        return None
    after = dict(NOTHING) if before is None else {name: before[name] for name in FACTS}
    after["store_code"] = values["store_code"]
    for name in PLAIN:
        if name in values:
            value = values[name]
            after[name] = DEFAULTS.get(name) if value is CLEAR else value
    if row.point is not None:
        after |= {
            "latitude": row.point.latitude,
            "longitude": row.point.longitude,
            "source_latitude": float(values["latitude"]),
            "source_longitude": float(values["longitude"]),
        }
    after["branch_id"] = _reference(
        row, "branch_code", after["branch_id"], stored.branches, faults, "import branches first"
    )
    successors: Mapping[str, int | str] = stored.successors
    code = row.get("successor_store_code")
    if code and code not in successors and code in in_file:
        after["successor_store_id"] = code
    else:
        after["successor_store_id"] = _reference(
            row,
            "successor_store_code",
            after["successor_store_id"],
            successors,
            faults,
            "neither stored nor in this file",
        )
    _closing(row, before, after, today, faults)
    return after


def _reference(
    row: Row, column: str, kept: Any, known: Mapping[str, Any], faults: FaultList, advice: str
) -> Any:
    if column not in row.values:
        return kept
    code = row.get(column)
    if code is None:
        return None
    if code not in known:
        faults.add(row.line, column, code, f"is unknown; {advice}")
    return known.get(code)


def _closing(
    row: Row,
    before: Mapping[str, Any] | None,
    after: dict[str, Any],
    today: dt.date,
    faults: FaultList,
) -> None:
    """A store that is closed without a day is closed today; that day stays when the same row comes
    again, and goes when it reopens."""
    was_closed = before is not None and before["status"] == "closed"
    if after["status"] == "closed":
        if after["closed_on"] is None:
            after["closed_on"] = before["closed_on"] if before is not None and was_closed else today
    elif was_closed and not row.get("closed_on"):
        after["closed_on"] = None
    given = row.get("closed_on") or row.get("opened_on")
    if (
        given
        and after["opened_on"]
        and after["closed_on"]
        and after["closed_on"] < after["opened_on"]
    ):
        faults.add(
            row.line,
            "closed_on",
            str(after["closed_on"]),
            f"lies before opened_on ({after['opened_on']})",
        )


def is_shut(facts: Mapping[str, Any], today: dt.date) -> bool:
    """Closed for good on that day (A2): a day to come does not close yet, and a day gone by does
    whatever the status says."""
    return (
        facts["closed_on"] is not None
        and facts["closed_on"] <= today
        or facts["status"] == "closed"
        and facts["closed_on"] is None
    )
