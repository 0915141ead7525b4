"""The network as a scenario has it: stores opened, moved, paused or closed, territories drawn or
removed. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from ledger.faults import FieldFault
from stores.geo.areas import AreaIndex, parse_geometry
from stores.network.policy import Policy
from stores.network.records import AreaRecord, Contract, StoreRecord
from stores.network.snapshot import Snapshot
from stores.simulation.scenario import Change, Scenario, refused


def change(
    snapshot: Snapshot, scenario: Scenario, dealers: Mapping[str, int], zone: ZoneInfo
) -> Snapshot:
    """The snapshot after the scenario; new stores and areas have negative ids. `dealers`: ids by
    code. A closed or paused store is so on every day that is tried. Raises InvalidInput with one
    fault for each code that is unknown."""
    faults: list[FieldFault] = []
    stores, areas = (
        {each.code: each for each in snapshot.stores},
        {each.code: each for each in snapshot.areas.values()},
    )
    shapes = dict(snapshot.shapes.items())
    for number, each in enumerate(scenario.changes):
        at = f"changes[{number}].{each.kind}"
        if each.kind in ("territory", "remove_area"):
            _area(each, areas, shapes, dealers, -1 - number, at, faults)
        else:
            _store(each, stores, dealers, -1 - number, zone, at, faults)
    policy = scenario.policy or snapshot.policy
    faults += _unknown_stores(policy, stores) if scenario.policy else []
    if faults:
        raise refused(faults)
    return snapshot.changed(
        policy,
        list(stores.values()),
        list(areas.values()),
        AreaIndex(list(shapes.values()), list(shapes)),
    )


def _store(
    each: Change,
    stores: dict[str, StoreRecord],
    dealers: Mapping[str, int],
    new_id: int,
    zone: ZoneInfo,
    at: str,
    faults: list[FieldFault],
) -> None:
    held, values = stores.get(each.code), each.values
    if each.kind == "open":
        if held is not None:
            faults.append(
                FieldFault(
                    f"{at}.store_code", f"names the store {each.code!r}, which exists already"
                )
            )
        elif values["dealer_code"] not in dealers:
            faults.append(
                FieldFault(
                    f"{at}.dealer_code", f"names the unknown dealer {values['dealer_code']!r}"
                )
            )
        else:
            stores[each.code] = _opened(each, dealers[values["dealer_code"]], new_id, zone)
        return
    if held is None:
        faults.append(FieldFault(f"{at}.store_code", f"names the unknown store {each.code!r}"))
        return
    if each.kind == "move" and each.point is not None:
        stores[each.code] = replace(
            held, latitude=each.point.latitude, longitude=each.point.longitude, withdrawn=False
        )
    elif each.kind == "pause":
        stores[each.code] = replace(
            held, status="paused", paused_until=dt.date.fromisoformat(values["paused_until"])
        )
    elif each.kind == "close":
        successor = values.get("successor_store_code")
        if successor is not None and (successor not in stores or successor == each.code):
            faults.append(
                FieldFault(
                    f"{at}.successor_store_code", f"names no other known store: {successor!r}"
                )
            )
            return
        stores[each.code] = replace(
            held,
            status="closed",
            closed_on=None,
            successor_id=stores[successor].id if successor else held.successor_id,
        )


def _opened(each: Change, dealer_id: int, new_id: int, zone: ZoneInfo) -> StoreRecord:
    values, point = each.values, each.point
    assert point is not None
    contract = Contract(
        new_id, dealer_id, values["dealer_code"], None, None, 0, 0, "store_collects"
    )
    return StoreRecord(
        id=new_id,
        code=each.code,
        name=values.get("name") or each.code,
        branch_id=None,
        latitude=point.latitude,
        longitude=point.longitude,
        withdrawn=False,
        region_code=values.get("region_code"),
        status="active",
        cloud_shop=True,
        opened_on=None,
        closed_on=None,
        paused_until=None,
        priority=values.get("priority") or 0,
        service_radius_m=values.get("service_radius_m"),
        hours=None,
        zone=zone,
        successor_id=None,
        cloud_shop_url=None,
        contracts=(contract,),
    )


def _area(
    each: Change,
    areas: dict[str, AreaRecord],
    shapes: dict[int, object],
    dealers: Mapping[str, int],
    new_id: int,
    at: str,
    faults: list[FieldFault],
) -> None:
    held, values = areas.pop(each.code, None), each.values
    if held is not None:
        shapes.pop(held.id, None)
    elif each.kind == "remove_area":
        faults.append(FieldFault(f"{at}.area_code", f"names the unknown area {each.code!r}"))
    if each.kind != "territory":
        return
    if values["dealer_code"] not in dealers:
        faults.append(
            FieldFault(f"{at}.dealer_code", f"names the unknown dealer {values['dealer_code']!r}")
        )
        return
    areas[each.code] = AreaRecord(
        new_id,
        each.code,
        "territory",
        dealers[values["dealer_code"]],
        None,
        frozenset(values.get("region_codes") or ()),
        frozenset(values.get("postal_codes") or ()),
        None,
        None,
    )
    if values.get("geometry") is not None:
        shapes[new_id] = parse_geometry(values["geometry"], values.get("crs") or "wgs84")


def _unknown_stores(policy: Policy, stores: Mapping[str, StoreRecord]) -> list[FieldFault]:
    named = [("policy.default_store", policy.default_store)] if policy.default_store else []
    named += [
        (f"policy.region_defaults.{region}", code)
        for region, code in policy.region_defaults.items()
    ]
    return [
        FieldFault(key, f"names the unknown store {code!r}")
        for key, code in named
        if code not in stores
    ]
