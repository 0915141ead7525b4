"""Building the snapshot of any version of the network from its revisions (DESIGN 2, M7, M14,
M22)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_, select, true

from ledger.pieces import pieces
from stores.base.brand import brand
from stores.base.spans import spans_of
from stores.base.versions import Versions
from stores.geo.areas import AreaIndex, parse_geometry
from stores.geo.territories import area, area_revision
from stores.network import closings, offers, pauses, policy
from stores.network.binding_rules import Conditions
from stores.network.branches import branch
from stores.network.bundles import Shelves
from stores.network.channels import channel
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.guides import employment, guide
from stores.network.hours import parse_hours
from stores.network.policies import policy_version
from stores.network.records import (
    AreaRecord,
    ChannelRecord,
    Contract,
    GuideRecord,
    Job,
    StoreRecord,
    conditions_of,
)
from stores.network.revisions import IN_LIST, among, known_at, touched_between
from stores.network.snapshot import Snapshot
from stores.network.stores import store, store_revision


def load(connection: Connection, at: Versions, before: Snapshot | None = None) -> Snapshot:
    """Build the snapshot of a network and policy version, of today or of the past, from the
    revisions. `before`: another one of this database, of which is kept what no version between the
    two changed: a change of one store is seen within milliseconds, however large the chain."""
    stores = _stores(connection, at.network, before)
    areas, index = _areas(connection, at.network, before)
    body = connection.execute(
        select(policy_version.c.body).where(policy_version.c.version == at.policy)
    ).scalar_one()
    return Snapshot(
        at.network,
        at.policy,
        policy.parse(body),
        stores,
        _guides(connection, at.network, before),
        areas,
        index,
        _channels(connection, at.network),
        closings.load(connection, at.network),
        pauses.load(connection, at.network),
        _shelves(connection, at.network, before),
        _conditions(connection, at.policy, before),
    )


def _conditions(
    connection: Connection, version: int, before: Snapshot | None
) -> list[tuple[dt.datetime, Conditions]]:
    """From which moment on policies said what of bindings; one that was pushed out before its time
    came (`policies.waiting`) never did."""
    known = before is not None and before.policy_version <= version
    found = list(before.conditions) if before is not None and known else []
    p = policy_version.c
    query = (
        select(p.body, p.published_at, p.effective_at)
        .where(p.version <= version)
        .order_by(p.version)
    )
    for row in connection.execute(
        query.where(p.version > before.policy_version) if before is not None and known else query
    ):
        while found and found[-1][0] > row.published_at:
            found.pop()
        found.append((row.effective_at or row.published_at, conditions_of(policy.parse(row.body))))
    return found


def _shelves(connection: Connection, version: int, before: Snapshot | None) -> Shelves:
    if (
        before is not None
        and before.version <= version
        and not offers.changed(connection, before.version, version)
    ):
        return before.shelves
    return Shelves(offers.load(connection, version, dt.datetime.now(dt.UTC)))


def _stores(connection: Connection, version: int, before: Snapshot | None) -> list[StoreRecord]:
    touched = touched_between(
        connection, version, before, store_revision.c.store_id, dealer_contract.c.store_id
    )
    kept = (
        []
        if before is None or touched is None
        else [each for each in before.stores if each.id not in touched]
    )
    return kept + _read_stores(connection, version, touched)


def _read_stores(
    connection: Connection, version: int, touched: set[int] | None
) -> list[StoreRecord]:
    contracts = _contracts(connection, version, touched)
    home, zones, hours = brand().timezone, {None: brand().timezone}, {}
    found = []
    revision = store_revision
    unread = ("id", "address", "country", "crs", "source_latitude", "source_longitude")
    columns = (
        store.c.store_code,
        branch.c.branch_code,
        *(c for c in revision.c if c.name not in unread),
    )
    for r in connection.execute(
        select(*columns)
        .join(store, store.c.id == revision.c.store_id)
        .outerjoin(branch, branch.c.id == revision.c.branch_id)
        .where(known_at(revision, version), among(revision.c.store_id, touched))
    ):
        if r.timezone not in zones:
            zones[r.timezone] = ZoneInfo(r.timezone)
        if r.hours not in hours:
            hours[r.hours] = parse_hours(r.hours) if r.hours else None
        found.append(
            StoreRecord(
                r.store_id,
                r.store_code,
                r.name,
                r.branch_id,
                r.latitude,
                r.longitude,
                r.coordinates_withdrawn,
                r.region_code,
                r.status,
                r.cloud_shop,
                r.opened_on,
                r.closed_on,
                r.paused_until,
                r.priority,
                r.service_radius_m,
                hours[r.hours],
                zones.get(r.timezone, home),
                r.successor_store_id,
                r.cloud_shop_url,
                tuple(contracts.get(r.store_id, ())),
                r.branch_code,
                r.daily_capacity,
            )
        )
    return found


def _contracts(
    connection: Connection, version: int, touched: set[int] | None
) -> dict[int, list[Contract]]:
    found: dict[int, list[Contract]] = {}
    c, d = dealer_contract.c, dealer.c
    query = (
        select(
            c.id,
            c.store_id,
            c.dealer_id,
            d.dealer_code,
            c.valid_from,
            c.valid_to,
            c.platform_fee_bp,
            c.channel_fee_bp,
            c.collection_mode,
            d.platform_fee_bp.label("dealer_platform"),
            d.channel_fee_bp.label("dealer_channel"),
            d.collection_mode.label("dealer_mode"),
            d.express_rule,
            d.express_split_bp,
        )
        .join(dealer, d.id == c.dealer_id)
        .where(known_at(dealer_contract, version), among(c.store_id, touched))
        .order_by(c.id)
    )
    for r in connection.execute(query):
        found.setdefault(r.store_id, []).append(
            Contract(
                r.id,
                r.dealer_id,
                r.dealer_code,
                r.valid_from,
                r.valid_to,
                r.dealer_platform if r.platform_fee_bp is None else r.platform_fee_bp,
                r.dealer_channel if r.channel_fee_bp is None else r.channel_fee_bp,
                r.collection_mode or r.dealer_mode,
                r.express_rule,
                r.express_split_bp,
            )
        )
    return found


def _guides(
    connection: Connection, version: int, before: Snapshot | None
) -> dict[int, GuideRecord]:
    e, touched = employment.c, touched_between(connection, version, before, employment.c.guide_id)
    jobs: dict[int, list[Job]] = {}
    query = (
        select(
            e.guide_id, e.store_id, e.role, e.valid_from, e.valid_to, e.customers_follow, e.notices
        )
        .where(known_at(employment, version), among(e.guide_id, touched))
        .order_by(e.id)
    )
    for r in connection.execute(query):
        jobs.setdefault(r.guide_id, []).append(
            Job(
                r.store_id,
                r.role,
                r.valid_from,
                r.valid_to,
                r.customers_follow,
                spans_of(r.notices),
            )
        )
    kept = dict(before.guides) if before is not None and touched is not None else {}
    wanted = (
        true()
        if touched is None
        else or_(guide.c.id.in_(touched), guide.c.id > max(kept, default=0))
    )
    return kept | {
        r.id: GuideRecord(r.id, r.guide_code, tuple(jobs.get(r.id, ())))
        for r in connection.execute(select(guide.c.id, guide.c.guide_code).where(wanted))
    }


def _areas(
    connection: Connection, version: int, before: Snapshot | None
) -> tuple[list[AreaRecord], AreaIndex[int]]:
    """Shapes are read and built for revisions that `before` did not have; a revision never
    changes."""
    r = area_revision.c
    known = (
        {before.areas[key].revision_id: shape for key, shape in before.shapes.items()}
        if before is not None
        else {}
    )
    query = select(
        area.c.area_code,
        *(c for c in r if c.name != "geometry"),
        r.geometry.is_not(None).label("drawn"),
    )
    rows = connection.execute(
        query.join(area, area.c.id == r.area_id).where(known_at(area_revision, version))
    ).all()
    wanted = [row.id for row in rows if row.drawn and row.id not in known]
    for some in pieces(wanted, IN_LIST):
        read = connection.execute(select(r.id, r.geometry).where(r.id.in_(some)))
        known |= {each.id: parse_geometry(each.geometry, "wgs84") for each in read}
    records = [
        AreaRecord(
            row.area_id,
            row.area_code,
            row.kind,
            row.dealer_id,
            row.store_id,
            frozenset(row.region_codes),
            frozenset(row.postal_codes),
            row.valid_from,
            row.valid_to,
            row.id,
        )
        for row in rows
    ]
    drawn = [row for row in rows if row.drawn]
    return records, AreaIndex([known[row.id] for row in drawn], [row.area_id for row in drawn])


def _channels(connection: Connection, version: int) -> dict[int, ChannelRecord]:
    """All channels, also those registered since; one is revoked from the version on that says
    so."""
    return {
        r.id: ChannelRecord(
            r.id,
            r.channel_code,
            r.valid_from,
            r.valid_to,
            r.revoked_at is not None and (r.revoked_version or 0) <= version,
        )
        for r in connection.execute(select(channel))
    }
