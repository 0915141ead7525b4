"""The register of areas with their revisions; exclusive territories of two dealers do not overlap
(A12)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, or_, select

from ledger.bulk import allocate, insert_rows
from ledger.canonical import canonical
from ledger.pieces import pieces
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.geo.afar import Place, afar
from stores.geo.areas import near_boxes, overlapping_pairs, to_geojson
from stores.geo.postal_codes import readable
from stores.geo.postal_forms import fits
from stores.geo.postal_index import PostalIndex
from stores.geo.regions import region_and_above
from stores.geo.territories import BOX, area, area_revision
from stores.geo.whereabouts import country_at
from stores.imports import oddities
from stores.imports.area_file import AreaRow
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.scope import contract_in_force
from stores.network.stores import store
from stores.registers.saving import Plan, end_versions, ids_by_code, save

FACTS = (
    "kind",
    "dealer_id",
    "store_id",
    "geometry",
    "region_codes",
    "postal_codes",
    "valid_from",
    "valid_to",
)


def apply(
    rows: Sequence[AreaRow],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    accept: bool = True,
) -> Outcome:
    """Upsert by area_code; a feature replaces its area whole. `valid_to` of a feature is the last
    day that counts. Raises Refused: unknown dealer or store, a territory that overlaps another
    dealer's."""
    return save("areas", plan, rows, actor=actor, now=now, dry_run=dry_run, accept=accept)


@dataclass(frozen=True, slots=True)
class _Territory:
    """`line` None: stored, not in the file."""

    code: str
    line: int | None
    facts: Mapping[str, Any]
    outline: BaseGeometry | None


def plan(connection: Connection, rows: Sequence[AreaRow], now: dt.datetime) -> Plan:
    stored = _stored(connection)
    _draw(connection, [stored[code] for code in {row.area_code for row in rows} if code in stored])
    dealers = ids_by_code(connection, dealer, {row.dealer_code for row in rows if row.dealer_code})
    stores = ids_by_code(connection, store, {row.store_code for row in rows if row.store_code})
    new: list[tuple[str, dict[str, Any]]] = []
    changed: list[tuple[Mapping[str, Any], dict[str, Any]]] = []
    faults, territories = FaultList(), []
    for row in rows:
        facts = _facts(row, dealers, stores, faults)
        before = stored.get(row.area_code)
        if before is None:
            new.append((row.area_code, facts))
        elif any(before[name] != facts[name] for name in FACTS):
            changed.append((before, facts))
        else:
            continue
        if facts["kind"] == "territory":
            territories.append(_Territory(row.area_code, row.line, facts, row.geometry))
    warnings = (
        FaultList() if faults else _oddities(connection, rows, dealers, stores, business_day(now))
    )
    if territories and not faults:
        in_file = {each.code for each in territories} | {
            before["area_code"] for before, _ in changed
        }
        _refuse_overlaps(
            connection,
            territories,
            [
                each
                for code, each in stored.items()
                if each["kind"] == "territory" and code not in in_file
            ],
            faults,
        )

    def write(connection: Connection, version: int) -> None:
        ids = allocate(connection, area, len(new))
        insert_rows(
            connection,
            area,
            [{"id": key, "area_code": code} for key, (code, _) in zip(ids, new, strict=True)],
        )
        end_versions(connection, area_revision, [before["id"] for before, _ in changed], version)
        begun = [(key, facts) for key, (_, facts) in zip(ids, new, strict=True)] + [
            (before["area_id"], facts) for before, facts in changed
        ]
        insert_rows(
            connection,
            area_revision,
            [{"area_id": key, **facts, "version_from": version} for key, facts in begun],
        )

    return Plan(
        Outcome(len(new), len(changed), len(rows) - len(new) - len(changed), warnings),
        faults,
        write,
    )


def _oddities(
    connection: Connection,
    rows: Sequence[AreaRow],
    dealers: Mapping[str, int],
    stores: Mapping[str, int],
    today: dt.date,
) -> FaultList:
    """Areas drawn far from all who serve them, divisions nobody knows, postal codes of another
    country: warnings."""
    warnings, serving = (
        FaultList(),
        _serving(connection, set(dealers.values()), set(stores.values()), today),
    )
    lying: dict[tuple[str, int], list[str]] = {}  # the countries of those who serve
    for row in rows:
        oddities.of_area(row.line, row.region_codes, warnings)
        of_dealer = ("dealer", dealers.get(row.dealer_code or "", 0))
        who = of_dealer if of_dealer in serving else ("store", stores.get(row.store_code or "", 0))
        near = serving.get(who, [])
        off = afar(row.geometry, [place for place, _ in near]) if row.geometry is not None else None
        if off is not None:
            here, there = oddities.named(off.here) or "the sea", oddities.named(off.there)
            code = (
                "area_far_turned" if off.turned else "area_far_elsewhere" if there else "area_far"
            )
            warnings.say(
                row.line,
                "geometry",
                row.area_code,
                code,
                here=here,
                there=there,
                km=f"{off.metres / 1000:,.0f}",
                store=off.code,
            )
        listed = readable(row.postal_codes)
        if listed and who not in lying:
            lying[who] = sorted(
                {
                    country or country_at(latitude, longitude) or ""
                    for (_, latitude, longitude), country in near
                }
                - {""}
            )
        countries = lying.get(who, [])
        for entry in listed if countries else ():
            if not any(fits(entry, country) for country in countries):
                warnings.say(
                    row.line,
                    "postal_codes",
                    str(entry),
                    "postal_useless",
                    countries=", ".join(map(oddities.named, countries)),
                )
    return warnings


def _serving(
    connection: Connection, dealers: set[int], stores: set[int], today: dt.date
) -> dict[tuple[str, int], list[tuple[Place, str | None]]]:
    """Stores that are not closed, with their country: of each dealer, and each alone."""
    s, c = store.c, dealer_contract.c
    query = (
        select(s.id, s.store_code, s.latitude, s.longitude, s.country, c.dealer_id)
        .outerjoin(dealer_contract, (c.store_id == s.id) & contract_in_force(today))
        .where(s.status != "closed", or_(c.dealer_id.in_(dealers), s.id.in_(stores)))
    )
    found: dict[tuple[str, int], list[tuple[Place, str | None]]] = {}
    for row in connection.execute(query):
        served = ((row.store_code, row.latitude, row.longitude), row.country)
        found.setdefault(("store", row.id), []).append(served)
        if row.dealer_id is not None:
            found.setdefault(("dealer", row.dealer_id), []).append(served)
    return found


def _stored(connection: Connection) -> dict[str, dict[str, Any]]:
    """All areas by code, without their shapes (`_draw`), which are nearly all there is to read."""
    r = area_revision.c
    query = select(
        area.c.area_code,
        *(c for c in r if c.name != "geometry"),
        r.geometry.is_not(None).label("drawn"),
    ).join(area, area.c.id == r.area_id)
    return {
        row.area_code: dict(row._mapping)
        for row in connection.execute(query.where(r.version_to.is_(None)))
    }


def _draw(connection: Connection, several: Sequence[dict[str, Any]]) -> None:
    """Add the shapes of stored areas."""
    by_id, r = {each["id"]: each for each in several}, area_revision.c
    for each in several:
        each["geometry"] = None
    wanted = sorted(key for key, each in by_id.items() if each["drawn"])
    for some in pieces(wanted):
        for key, geometry in connection.execute(select(r.id, r.geometry).where(r.id.in_(some))):
            by_id[key]["geometry"] = geometry


def _facts(
    row: AreaRow, dealers: Mapping[str, int], stores: Mapping[str, int], faults: FaultList
) -> dict[str, Any]:
    if row.dealer_code and row.dealer_code not in dealers:
        faults.add(
            row.line, "dealer_code", row.dealer_code, "is no known dealer; import dealers first"
        )
    if row.store_code and row.store_code not in stores:
        faults.add(row.line, "store_code", row.store_code, "is no known store; import stores first")
    return {
        "kind": row.kind,
        "dealer_id": dealers.get(row.dealer_code or ""),
        "store_id": stores.get(row.store_code or ""),
        "geometry": None
        if row.geometry is None
        else json.loads(canonical(to_geojson(row.geometry))),  # lists, as they come back
        **dict(
            zip(BOX, row.geometry.bounds if row.geometry is not None else (None,) * 4, strict=True)
        ),
        "region_codes": sorted(row.region_codes),
        "postal_codes": sorted(row.postal_codes),
        "valid_from": row.valid_from,
        "valid_to": None if row.valid_to is None else row.valid_to + dt.timedelta(days=1),
    }


def _refuse_overlaps(
    connection: Connection,
    coming: list[_Territory],
    stored: list[dict[str, Any]],
    faults: FaultList,
) -> None:
    """Each coming territory against the others of the file and the stored ones near it."""
    _refuse_shared_codes(
        coming, [_Territory(each["area_code"], None, each, None) for each in stored], faults
    )
    near = _near(coming, stored)
    _draw(connection, near)
    others = [_Territory(each["area_code"], None, each, shape(each["geometry"])) for each in near]
    drawn = [(each, each.outline) for each in (*coming, *others) if each.outline is not None]

    def asked(i: int, j: int) -> bool:  # those that come stand before the stored ones
        return drawn[i][0].line is not None and _rivals(drawn[i][0], drawn[j][0])

    for i, j, square_metres in overlapping_pairs([outline for _, outline in drawn], asked=asked):
        one, other = drawn[i][0], drawn[j][0]
        faults.add(
            one.line or 0,
            "geometry",
            one.code,
            f"overlaps the territory {other.code} of another dealer by {square_metres:,.0f} "
            "square metres",
        )


def _near(coming: list[_Territory], stored: list[dict[str, Any]]) -> list[dict[str, Any]]:
    drawn = [each for each in stored if each["drawn"]]
    found = near_boxes(
        [each.outline for each in coming if each.outline is not None],
        [tuple(each[name] for name in BOX) for each in drawn],
    )
    return [drawn[place] for place in found]


def _refuse_shared_codes(
    coming: list[_Territory], others: list[_Territory], faults: FaultList
) -> None:
    """A code belongs to one dealer; a district also to whoever holds its city or province, and the
    other way round."""
    holders: dict[str, list[_Territory]] = {}  # by the code itself
    inside: dict[str, list[_Territory]] = {}  # by the code and all above it
    for each in (*others, *coming):
        for code in each.facts["region_codes"]:
            met = [
                *inside.get(code, ()),
                *(holder for above in region_and_above(code) for holder in holders.get(above, ())),
            ]
            _refuse_shared(each, "region_codes", code, met, faults)
            holders.setdefault(code, []).append(each)
            for above in region_and_above(code):
                inside.setdefault(above, []).append(each)
    index = PostalIndex(
        (entry, n)
        for n, each in enumerate((*others, *coming))
        for entry in readable(each.facts["postal_codes"])
    )
    for n, each in enumerate(coming, len(others)):
        for entry in readable(each.facts["postal_codes"]):
            _refuse_shared(
                each,
                "postal_codes",
                str(entry),
                [(*others, *coming)[m] for m in sorted(index.meeting(entry)) if m < n],
                faults,
            )


def _refuse_shared(
    each: _Territory, name: str, code: str, met: Sequence[_Territory], faults: FaultList
) -> None:
    rival = next((holder for holder in met if _rivals(each, holder)), None)
    if rival is not None and each.line is not None:
        faults.add(
            each.line, name, code, f"belongs to the territory {rival.code} of another dealer"
        )


def _rivals(one: _Territory, other: _Territory) -> bool:
    """Two dealers, and at least one day on which both hold."""
    a, b = one.facts, other.facts
    apart = (a["valid_to"] or dt.date.max) <= (b["valid_from"] or dt.date.min) or (
        b["valid_to"] or dt.date.max
    ) <= (a["valid_from"] or dt.date.min)
    return a["dealer_id"] != b["dealer_id"] and not apart
