"""Calculating many guides' months at once, set-based, as the facts stand now or as they stood when
a month was closed (M2, M4)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from incentives import loading
from incentives.calculate import calculate
from incentives.judging.reward_lines import PlanVersion, Result
from incentives.periods import Closing, closings
from incentives.plan import Rate
from ledger.pieces import pieces
from stores.base import versions
from stores.base.versions import Versions
from stores.network import network

GUIDES_AT_ONCE = 200
Month = tuple[int, str]  # guide id, YYYY-MM


def results(
    connection: Connection,
    months: Iterable[Month],
    as_of: dt.datetime,
    *,
    seal_no: int | None = None,
) -> Iterator[tuple[Month, Result]]:
    """Each month with its lines and movements; without a seal number everything committed counts. A
    closed month keeps the plans that were known when it was closed."""
    known = closings(connection)
    snapshot = network.snapshot(versions.current(connection))
    for period, guides in _by_period(months):
        closing = known.get(period)
        yield from _calculated(
            connection,
            guides,
            period,
            snapshot,
            closing.plan_version_id if closing else None,
            as_of,
            seal_no,
            None,
        )


def as_closed(
    connection: Connection, guides: Iterable[int], period: str, closing: Closing
) -> Iterator[tuple[Month, Result]]:
    """The month again from what went into its closing: sealed facts, plans, network and moment."""
    snapshot = network.past(Versions(closing.network_version, closing.policy_version))
    yield from _calculated(
        connection,
        sorted(guides),
        period,
        snapshot,
        closing.plan_version_id,
        closing.at,
        closing.seal_no,
        closing.at,
    )


def months_of(
    connection: Connection,
    guide_id: int,
    periods: Collection[str],
    as_of: dt.datetime,
    known: Mapping[str, Closing],
) -> dict[str, Result]:
    """Several months of one guide as the facts stand, in as many statements as for one; `known`:
    the closed months."""
    plans = loading.plan_versions(connection)
    snapshot = network.snapshot(versions.current(connection))
    loaded = (
        loading.load_months(
            connection, [guide_id], periods, snapshot, cumulative=is_cumulative(plans)
        )
        if periods
        else {}
    )
    return {
        period: calculate(facts, plans_known(plans, known.get(period)), as_of)
        for period, found in loaded.items()
        for facts in found
    }


def plans_known(plans: Sequence[PlanVersion], closing: Closing | None) -> list[PlanVersion]:
    """All plans, of a closed month those that were known when it was closed."""
    return [v for v in plans if closing is None or v.id <= closing.plan_version_id]


def is_cumulative(plans: Iterable[PlanVersion]) -> bool:
    """Whether a plan counts tiers since its beginning, so that earlier months matter."""
    return any(
        isinstance(c, Rate) and c.per == "cumulative" for v in plans for c in v.plan.components
    )


def _calculated(
    connection: Connection,
    guides: list[int],
    period: str,
    snapshot: network.Snapshot,
    plans_until: int | None,
    as_of: dt.datetime,
    seal_no: int | None,
    merged_by: dt.datetime | None,
) -> Iterator[tuple[Month, Result]]:
    plans = [
        v for v in loading.plan_versions(connection) if plans_until is None or v.id <= plans_until
    ]
    cumulative = is_cumulative(plans)
    for part in pieces(guides, GUIDES_AT_ONCE):
        for facts in loading.load(
            connection,
            part,
            period,
            snapshot,
            seal_no=seal_no,
            merged_by=merged_by,
            cumulative=cumulative,
        ):
            yield (facts.guide_id, period), calculate(facts, plans, as_of)


def _by_period(months: Iterable[Month]) -> list[tuple[str, list[int]]]:
    found: dict[str, list[int]] = defaultdict(list)
    for guide_id, period in sorted(months):
        found[period].append(guide_id)
    return sorted(found.items())
