"""The register of guides and their employment (B9, B10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

import db
from ledger.bulk import allocate, insert_rows, update_rows
from ledger.pieces import pieces
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.base.spans import kept_spans, spans_of
from stores.customers import following, people
from stores.facts.customers import customer
from stores.imports.cells import CLEAR
from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome
from stores.network.contracts import dealer_contract
from stores.network.found_by import folded_of
from stores.network.guides import employment, guide
from stores.network.stores import store
from stores.registers.employment import (
    Job,
    UnsoundEmployment,
    Wanted,
    arrival,
    jobs_after,
    still_open,
)
from stores.registers.saving import WHOLE_TABLE, Plan, complete, end_versions, ids_by_code, save

FACTS = ("name", "wecom_userid", "own_customer_id", "store_id", "role", "hired_on", "left_on")
PLAIN = ("name", "wecom_userid", "role", "hired_on", "left_on")
NO_EMPLOYEE = (
    "is not marked as an employee: own purchases earn commission until the file of customers "
    "says employee yes"
)
Jobs = dict[int, list[tuple[int, Job]]]
FOLLOW = {"follow": True, "stay": False}
NO_MOVE = "has no effect: no move to another store in the last 3 days"
ANOTHER_DEALER = (
    "has no effect: the new store belongs to another dealer, customers stay with the old one"
)


def apply(
    rows: Sequence[Row],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    accept: bool = True,
) -> Outcome:
    """Upsert by guide_code; a changed store counts from today. Raises Refused: unknown store, a
    WeCom userid of two guides, days that do not fit. The column `customers`, follow or stay, is
    about a move that is still open (B10); what has no effect is a warning of the outcome."""
    return save("guides", plan, rows, actor=actor, now=now, dry_run=dry_run, accept=accept)


def plan(connection: Connection, rows: Sequence[Row], now: dt.datetime) -> Plan:
    stored, jobs, today = _stored(connection, rows), _jobs(connection, rows), business_day(now)
    stores = ids_by_code(connection, store, {row.get("store_code") for row in rows} - {None})
    owns = _Owns(connection, {row.get("own_customer_id") for row in rows} - {None})
    dealers, draft, faults, warnings = _Dealers(connection), _Draft(), FaultList(), FaultList()
    for row in rows:
        before = stored.get(row.values["guide_code"])
        after = _merged(row, before, stores, owns, faults)
        if after is None:
            continue
        known = jobs.get(before["id"], []) if before is not None else []
        try:
            wanted = jobs_after(
                [job for _, job in known],
                _wanted(after, before, FOLLOW.get(row.get("customers"))),
                today,
                dealers.differ,
                now,
            )
        except UnsoundEmployment as reason:
            faults.add(row.line, reason.column, str(row.get(reason.column) or ""), str(reason))
            continue
        _warn_of_no_effect(row, wanted, today, warnings)
        owns.warn_of_others(row, before, after, warnings)
        draft.take(before, after, known, wanted)
    _refuse_shared_userids(connection, rows, stored, faults)
    return Plan(
        Outcome(len(draft.new), draft.differ, len(rows) - len(draft.new) - draft.differ, warnings),
        faults,
        lambda connection, version: draft.write(connection, version, now),
    )


@dataclass(slots=True)
class _Draft:
    """What is new or differs. `differ`: how many stored guides; `begun`: jobs by guide, a new one
    by code; `moved`: guides whose jobs differ, of whom `returned` have those back whom they left
    behind; `themselves`: customers who are guides now, or are not any more."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    differ: int = 0
    ended: list[int] = field(default_factory=list)
    begun: list[tuple[int | str, Job]] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    themselves: set[int] = field(default_factory=set)

    def take(
        self,
        before: Mapping[str, Any] | None,
        after: dict[str, Any],
        known: Sequence[tuple[int, Job]],
        wanted: Sequence[Job],
    ) -> None:
        """One guide, as stored and as wanted."""
        present = [job for _, job in known]
        self.ended += [job_id for job_id, job in known if job not in wanted]
        self.begun += [
            (before["id"] if before is not None else after["guide_code"], job)
            for job in wanted
            if job not in present
        ]
        was, own = (
            before["own_customer_id"] if before is not None else None,
            after["own_customer_id"],
        )
        if own != was:
            self.themselves |= {was, own} - {None}
        if before is None:
            self.new.append(after)
            return
        if any(before[name] != after[name] for name in FACTS):
            self.changed.append(
                {
                    "id": before["id"],
                    **{name: after[name] for name in FACTS},
                    "folded": folded_of(after["guide_code"], after["name"]),
                }
            )
            self.differ += 1
        elif wanted != present:
            self.differ += 1
        if wanted != present:
            self._move(before["id"], present, wanted)

    def _move(self, guide_id: int, present: Sequence[Job], wanted: Sequence[Job]) -> None:
        self.moved.append(guide_id)
        if any(job.customers_follow is False and job not in wanted for job in present):
            self.returned.append(guide_id)

    def write(self, connection: Connection, version: int, now: dt.datetime) -> None:
        """All of it; bindings follow once it is committed."""
        ids = dict(
            zip(
                (each["guide_code"] for each in self.new),
                allocate(connection, guide, len(self.new)),
                strict=True,
            )
        )
        insert_rows(
            connection,
            guide,
            [
                {
                    **each,
                    "id": ids[each["guide_code"]],
                    "folded": folded_of(each["guide_code"], each["name"]),
                }
                for each in self.new
            ],
        )
        update_rows(connection, guide, self.changed)
        end_versions(connection, employment, self.ended, version)
        insert_rows(
            connection,
            employment,
            [
                {
                    "guide_id": ids[key] if isinstance(key, str) else key,
                    "store_id": job.store_id,
                    "role": job.role,
                    "valid_from": job.valid_from,
                    "valid_to": job.valid_to,
                    "customers_follow": job.customers_follow,
                    "notices": kept_spans(job.notices),
                    "version_from": version,
                }
                for key, job in self.begun
            ],
        )
        if self.moved:
            db.after_commit(lambda: following.follow_guides(self.moved, now, self.returned))
        if self.themselves:
            db.after_commit(lambda: following.follow_customers(self.themselves, now))


def _stored(connection: Connection, rows: Sequence[Row]) -> dict[str, Mapping[str, Any]]:
    query = select(guide)
    if len(rows) <= WHOLE_TABLE:
        query = query.where(guide.c.guide_code.in_([row.values["guide_code"] for row in rows]))
    return {row.guide_code: dict(row._mapping) for row in connection.execute(query)}


def _jobs(connection: Connection, rows: Sequence[Row]) -> Jobs:
    query = select(employment).where(employment.c.version_to.is_(None))
    if len(rows) <= WHOLE_TABLE:
        codes = [row.values["guide_code"] for row in rows]
        query = query.where(
            employment.c.guide_id.in_(select(guide.c.id).where(guide.c.guide_code.in_(codes)))
        )
    jobs: Jobs = {}
    for each in connection.execute(query):
        jobs.setdefault(each.guide_id, []).append(
            (
                each.id,
                Job(
                    each.store_id,
                    each.role,
                    each.valid_from,
                    each.valid_to,
                    each.customers_follow,
                    spans_of(each.notices),
                ),
            )
        )
    for several in jobs.values():
        several.sort(key=lambda pair: pair[1].valid_from or dt.date.min)
    return jobs


def _merged(
    row: Row,
    before: Mapping[str, Any] | None,
    stores: Mapping[str, int],
    owns: _Owns,
    faults: FaultList,
) -> dict[str, Any] | None:
    if before is None and not complete(row, ("name", "store_code"), "guide", faults):
        return None
    after: dict[str, Any] = (
        {**dict.fromkeys(FACTS), "role": "guide"}
        if before is None
        else {name: before[name] for name in FACTS}
    )
    after["guide_code"] = row.values["guide_code"]
    for name in PLAIN:
        if name in row.values:
            value = row.values[name]
            after[name] = value if value is not CLEAR else "guide" if name == "role" else None
    if "own_customer_id" in row.values:
        text = row.get("own_customer_id")
        after["own_customer_id"] = owns.by_number.get(text)
        if text is not None and text not in owns.by_number:
            faults.add(
                row.line, "own_customer_id", text, "is no known customer; import customers first"
            )
            return None
    if "store_code" in row.values:
        code = row.values["store_code"]
        if code not in stores:
            faults.add(row.line, "store_code", code, "is no known store; import stores first")
            return None
        after["store_id"] = stores[code]
    return after


def _wanted(
    after: Mapping[str, Any], before: Mapping[str, Any] | None, customers_follow: bool | None
) -> Wanted:
    return Wanted(
        after["store_id"],
        after["role"],
        after["hired_on"],
        after["left_on"],
        before["hired_on"] if before is not None else None,
        before["left_on"] if before is not None else None,
        customers_follow,
    )


class _Owns:
    """The customers whose numbers a file gives as guides' own (B5), and who of them is no employee
    by the register of customers."""

    def __init__(self, connection: Connection, numbers: set[Any]):
        self.by_number = {
            number: each.id for number, each in people.by_customer_id(connection, numbers).items()
        }
        c = customer.c
        self.others = {
            found
            for some in pieces(self.by_number.values())
            for found in connection.execute(
                select(c.id).where(c.id.in_(some), c.employee.is_(False))
            ).scalars()
        }

    def warn_of_others(
        self,
        row: Row,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any],
        warnings: FaultList,
    ) -> None:
        """Naming changes no reward: whether own purchases earn is said by the register of
        customers."""
        own = after["own_customer_id"]
        if own in self.others and own != (
            before["own_customer_id"] if before is not None else None
        ):
            warnings.add(row.line, "own_customer_id", row.get("own_customer_id"), NO_EMPLOYEE)


class _Dealers:
    """Who holds which store when, read once somebody moved."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._holders: dict[int, list[Any]] | None = None

    def differ(self, old: int, new: int, day: dt.date) -> bool:
        """Whether a guide who left the store `old` for the store `new` on that day changed the
        dealer (B10)."""
        if self._holders is None:
            c = dealer_contract.c
            self._holders = {}
            for row in self._connection.execute(
                select(c.store_id, c.dealer_id, c.valid_from, c.valid_to).where(
                    c.version_to.is_(None)
                )
            ):
                self._holders.setdefault(row.store_id, []).append(row)
        return self._holder(old, day - dt.timedelta(days=1)) != self._holder(new, day)

    def _holder(self, store_id: int, day: dt.date) -> int | None:
        assert self._holders is not None
        return next(
            (
                r.dealer_id
                for r in self._holders.get(store_id, ())
                if (r.valid_from is None or r.valid_from <= day)
                and (r.valid_to is None or day < r.valid_to)
            ),
            None,
        )


def _warn_of_no_effect(row: Row, jobs: Sequence[Job], today: dt.date, warnings: FaultList) -> None:
    """B10: whoever says follow or stay is told when the customers do otherwise."""
    told, at = FOLLOW.get(row.get("customers")), arrival(jobs)
    stored = None if at is None else jobs[at].customers_follow
    if told is not None and told is not (stored is not False):
        moved_on = None if at is None else jobs[at].valid_from
        warnings.add(
            row.line,
            "customers",
            row.get("customers"),
            ANOTHER_DEALER if moved_on is not None and still_open(moved_on, today) else NO_MOVE,
        )


def _refuse_shared_userids(
    connection: Connection, rows: Sequence[Row], stored: Mapping[str, Any], faults: FaultList
) -> None:
    """One WeCom account is one guide: callbacks name nothing else."""
    named = {row.get("wecom_userid") for row in rows} - {None}
    if not named:
        return
    in_file = {row.values["guide_code"] for row in rows}
    query = select(guide.c.wecom_userid, guide.c.guide_code).where(
        guide.c.wecom_userid.is_not(None)
    )
    if len(named) <= WHOLE_TABLE:
        query = query.where(guide.c.wecom_userid.in_(sorted(named)))
    owner = {userid: code for userid, code in connection.execute(query) if code not in in_file}
    for row in rows:
        userid, code = row.get("wecom_userid"), row.values["guide_code"]
        if "wecom_userid" not in row.values and code in stored:
            userid = stored[code]["wecom_userid"]
        if userid is not None and owner.setdefault(userid, code) != code:
            faults.add(
                row.line, "wecom_userid", userid, f"belongs to guide {owner[userid]} already"
            )
