"""What the ledger holds of a month and the transfers that bring it to what was earned (M3, D5)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, func, select, update

from incentives.judging.reward_lines import EARNED, VEST, Result
from incentives.posting.due_months import Month
from incentives.scopes import reward_scope
from ledger.accounts import AccountKey
from ledger.journals import Journal, Transfer, transfer
from ledger.pieces import pieces
from ledger.upsert import insert_missing
from stores.base.brand import brand, business_day, day_bounds
from stores.base.months import month_of
from stores.network.snapshot import Snapshot

KINDS = {
    EARNED: ("reward_pending", "reward_pending_return"),
    VEST: ("reward_vest", "reward_vest_return"),
}

Place = tuple[str, int | None, int | None]  # kind, dealer (None: headquarters pays), store


def open_day(day: dt.date, closed: frozenset[str]) -> dt.date:
    """The day itself, or the first day of the next month that is open."""
    while month_of(day) in closed:
        day = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return day


Sums = dict[tuple[str, Place], dict[dt.date, int]]


def posted_sums(connection: Connection, months: list[Month]) -> dict[Month, Sums]:
    """What the ledger holds, by component and place and day, returns subtracted."""
    found: dict[Month, Sums] = {}
    t = transfer.c
    by_period: dict[str, list[int]] = defaultdict(list)
    for guide_id, period in months:
        by_period[period].append(guide_id)
    signs = {
        kind: (name, sign)
        for name, pair in KINDS.items()
        for kind, sign in zip(pair, (1, -1), strict=True)
    }
    for period, guides in by_period.items():
        query = select(
            t.guide_id,
            t.component,
            t.kind,
            t.dealer_id,
            t.store_id,
            t.business_day,
            func.sum(t.amount_minor).label("amount"),
        ).where(t.guide_id.in_(guides), t.origin_period == period, t.kind.in_(list(signs)))
        for r in connection.execute(
            query.group_by(t.guide_id, t.component, t.kind, t.dealer_id, t.store_id, t.business_day)
        ):
            name, sign = signs[r.kind]
            days = found.setdefault((r.guide_id, period), {}).setdefault(
                (r.component, (name, r.dealer_id, r.store_id)), {}
            )
            days[r.business_day] = days.get(r.business_day, 0) + sign * int(r.amount)
    return found


def differences(
    month: Month,
    result: Result,
    posted: Sums,
    closed: frozenset[str],
    snapshot: Snapshot,
    dealers: dict[int, str],
    now: dt.datetime,
) -> dict[str, list[Transfer]]:
    """Transfers by component that bring what is posted to what is earned and vested by now."""
    target: Sums = {}
    version_of: dict[str, int] = {}
    for m in result.movements:
        if m.at <= now:
            days = target.setdefault((m.component, (m.kind, m.dealer_id, m.store_id)), {})
            day = open_day(business_day(m.at), closed)
            days[day] = days.get(day, 0) + m.amount_minor
            version_of[m.component] = max(m.plan_version_id, version_of.get(m.component, 0))
    found: dict[str, list[Transfer]] = {}
    for key in sorted(set(target) | set(posted), key=repr):
        component, place = key
        for day, amount in _by_day(target.get(key, {}), posted.get(key, {}), closed):
            found.setdefault(component, []).extend(
                _transfers(
                    month,
                    component,
                    version_of.get(component),
                    place,
                    day,
                    amount,
                    snapshot,
                    dealers,
                )
            )
    return {
        component: sorted(
            transfers, key=lambda t: _FIRST.index(t.kind) if t.kind in _FIRST else len(_FIRST)
        )
        for component, transfers in found.items()
    }


def _by_day(
    target: dict[dt.date, int], posted: dict[dt.date, int], closed: frozenset[str]
) -> Iterable[tuple[dt.date, int]]:
    """What to post on which open day, so that the running sums agree on every open day; closed days
    stay as they are."""
    days = sorted({*target, *(open_day(day, closed) for day in posted)})
    done = 0
    for day in days:
        wanted = (
            sum(a for d, a in target.items() if d <= day)
            - sum(a for d, a in posted.items() if d <= day)
            - done
        )
        if wanted:
            yield day, wanted
            done += wanted


_FIRST = (
    "reward_pending",
    "reward_vest_return",
    "reward_vest",
    "reward_pending_return",
)  # then the payer's side


def _transfers(
    month: Month,
    component: str,
    version_id: int | None,
    place: Place,
    day: dt.date,
    amount: int,
    snapshot: Snapshot,
    dealers: dict[int, str],
) -> list[Transfer]:
    kind, dealer_id, store_id = place
    currency = brand().currency
    payer = f"dealer:{dealers[dealer_id]}" if dealer_id is not None else "hq"
    guide = f"guide:{snapshot.guides[month[0]].code}"
    provision = AccountKey(payer, "reward_provision", currency)
    pending, vested = (
        AccountKey(guide, purpose, currency, payer) for purpose in ("pending", "vested")
    )
    at = day_bounds(day)[0]

    def move(debit: AccountKey, credit: AccountKey, names: tuple[str, str]) -> Transfer:
        forth = amount > 0
        return Transfer(
            debit if forth else credit,
            credit if forth else debit,
            abs(amount),
            names[0] if forth else names[1],
            at,
            day,
            dealer_id=dealer_id,
            store_id=store_id,
            guide_id=month[0],
            origin_period=month[1],
            component=component,
            plan_version_id=version_id,
        )

    if kind == EARNED:
        return [move(provision, pending, KINDS[EARNED])]
    cost = AccountKey(payer, "earnings" if dealer_id is not None else "rewards", currency)
    return [
        move(pending, vested, KINDS[VEST]),
        move(
            cost,
            provision,
            ("reward", "reward_return")
            if dealer_id is not None
            else ("reward_hq", "reward_hq_return"),
        ),
    ]


def numbered(
    connection: Connection,
    needed: dict[tuple[int, str, str], list[Transfer]],
    seal_no: int,
    now: dt.datetime,
) -> list[Journal]:
    """One journal per scope under the key (scope, posted_seq + 1): a second run at once finds the
    key taken (M3)."""
    keys = sorted(needed)
    insert_missing(
        connection,
        reward_scope,
        [
            {"guide_id": g, "period": p, "component": c, "posted_seq": 0, "seal_no": 0}
            for g, p, c in keys
        ],
    )
    s = reward_scope.c
    found = {}
    guides, wanted = sorted({k[0] for k in keys}), set(keys)
    for r in connection.execute(
        select(reward_scope)
        .where(s.guide_id.in_(guides), s.period.in_(sorted({k[1] for k in keys})))
        .order_by(s.id)
        .with_for_update()
    ):
        if (r.guide_id, r.period, r.component) in wanted:
            found[r.guide_id, r.period, r.component] = r
    journals, changed = [], []
    for key in keys:
        row = found[key]
        if row.seal_no > seal_no:
            continue  # somebody booked from a newer watermark; this run knows less
        journals.append(
            Journal(
                f"reward:{key[0]}:{key[1]}:{key[2]}:{row.posted_seq + 1}",
                "reward",
                now,
                tuple(needed[key]),
            )
        )
        changed.append(row.id)
    for some in pieces(changed, 500):
        connection.execute(
            update(reward_scope)
            .where(s.id.in_(some))
            .values(posted_seq=s.posted_seq + 1, seal_no=seal_no)
        )
    return journals
