"""Moving the cube's marks on, building it from nothing, and comparing it with the facts (M16).

A step adds the facts of an id range to their cells and moves the mark past them, in one
transaction. The ranges are disjoint and facts never change, so adding once is exact, whatever day a
fact counts on. What makes a range safe is that nothing can still appear in it:

- SQLite has one writer: ids come in the order of commits.
- PostgreSQL hands out ids before the commit. Whoever took an id holds a lock on the table's
  sequence until his transaction ends; when
  all who held it after the newest id was seen have ended, every id up to that one has been decided.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Table, delete, func, literal, or_, select, text, union_all
from sqlalchemy.dialects import postgresql, sqlite

import db
from ledger.upsert import insert_or_update
from ledger.verification import Finding, finding
from stores.figures import first_orders, moved_days
from stores.figures.cube import CELLS, KEYS, cube_mark
from stores.figures.cube_feeds import FEEDS, SOURCES, Feed, marks
from stores.figures.first_orders import first_order
from stores.figures.moved_days import moved_day

KEPT = {
    "sales_order": (first_orders,),
    "transfer": (moved_days,),
}  # beside the cells, by source: add(), faults()
CUBE_LOCK = 7_301_003
STEP = 20_000  # ids in one transaction: other writers wait for a part of a second
PATIENCE_SECONDS = 1.0
Progress = Callable[[str, int, int], None]  # source, done, total


def advance(
    step: int = STEP,
    patience: float = PATIENCE_SECONDS,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> int:
    """Bring the cells up to the newest facts; how many ids were passed. A source whose writers do
    not end within `patience` seconds waits for the next time, and so does what is not done within
    `seconds`. May run anywhere at any time, also twice at once."""
    done, until = 0, None if seconds is None else time.monotonic() + seconds
    for source in SOURCES:
        with db.read() as connection:
            behind = marks(connection)[source.name]
        newest = _settled(source, behind, patience)
        while behind < newest and (until is None or time.monotonic() < until):
            with db.transaction() as connection:
                now_at = _step(connection, source, newest, step)
            done += now_at - behind
            behind = now_at
            if progress is not None:
                progress(source.name, behind, newest)
    return done


def _step(connection: Connection, source: Table, newest: int, step: int) -> int:
    """One step of a source; where its mark stands now."""
    _alone(connection)
    behind = marks(connection)[source.name]
    upto = min(behind + step, newest)
    if upto <= behind:
        return behind
    for feed in FEEDS:
        if feed.source is source:
            for grain in feed.grains:
                _add(connection, feed, grain, behind, upto)
    for kept in KEPT.get(source.name, ()):
        kept.add(connection, behind, upto)
    insert_or_update(connection, cube_mark, [{"source": source.name, "upto": upto}], ["source"])
    return upto


def _alone(connection: Connection) -> None:
    if db.lock_clause(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CUBE_LOCK})


def _sums(feed: Feed, grain: str, behind: int, upto: int) -> Any:
    keys = [key.label(name) for name, key in zip(feed.keys, feed.keys_of(grain), strict=True)]
    day = feed.day_of(grain).label("day")
    return (
        select(
            literal(grain).label("grain"),
            day,
            *keys,
            *(func.sum(added).label(name) for name, added in feed.adds.items()),
        )
        .where(feed.source.c.id > behind, feed.source.c.id <= upto, *feed.which)
        .group_by(text("2"), *(text(str(n)) for n in range(3, 3 + len(keys))))
    )


def _add(connection: Connection, feed: Feed, grain: str, behind: int, upto: int) -> None:
    names = ["grain", "day", *feed.keys, *feed.adds]
    rest = [name for name in feed.cells.info["measures"] if name not in feed.adds]
    sums = _sums(feed, grain, behind, upto).add_columns(*(literal(0) for _ in rest))
    insert = (
        (postgresql if db.lock_clause(connection) else sqlite)
        .insert(feed.cells)
        .from_select([*names, *rest], sums)
    )
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=list(feed.cells.primary_key.columns),
            set_={name: feed.cells.c[name] + insert.excluded[name] for name in feed.adds},
        )
    )


# -- how far ids are decided -----------------------------------------------------------------------

_HOLDERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND mode = "
    "'RowExclusiveLock' AND pid <> pg_backend_pid() "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND relation = CAST(CAST(pg_get_serial_sequence(:source, 'id') AS regclass) AS oid)"
)


def _settled(source: Table, behind: int, patience: float) -> int:
    """The newest id below which nothing can appear any more; `behind` when that is not known in
    time."""
    with db.read() as connection:
        newest = int(
            connection.execute(select(func.coalesce(func.max(source.c.id), 0))).scalar_one()
        )
        if newest <= behind or not db.lock_clause(connection):
            return newest
        holders = _holders(connection, source)
        until = time.monotonic() + patience
        while holders:
            if time.monotonic() > until:
                return behind
            time.sleep(0.01)
            holders &= _holders(connection, source)
    return newest


def _holders(connection: Connection, source: Table) -> set[str]:
    """Transactions that took an id of this table and have not ended. Locks are seen as they are,
    not as of a snapshot."""
    return set(connection.execute(_HOLDERS, {"source": source.name}).scalars())


# -- from nothing, and the proof -------------------------------------------------------------------


def rebuild(progress: Progress | None = None) -> int:
    """Empty the cube and build it again; figures stay right meanwhile, only slower. How many ids
    were passed."""
    with db.transaction() as connection:
        _alone(connection)
        connection.execute(delete(cube_mark))
        for each in (*CELLS, first_order, moved_day):
            connection.execute(delete(each))
    return advance(progress=progress)


def cube_is_right(connection: Connection) -> Finding:
    """Every cell is the sum of its facts up to the mark, and what is kept beside the cells is what
    the facts say."""
    kept = marks(connection)
    cells = sum(
        int(connection.execute(select(func.count()).select_from(each)).scalar_one())
        for each in CELLS
    )
    return finding("cube", f"{cells:,} cells, each the sum of its facts", _faults(connection, kept))


def _faults(connection: Connection, kept: dict[str, int]) -> Iterator[str]:
    yield from _wrong_cells(connection, kept)
    for source, beside in KEPT.items():
        for each in beside:
            yield from each.faults(connection, kept[source])


def _wrong_cells(connection: Connection, kept: dict[str, int]) -> Iterator[str]:
    for cells in CELLS:
        measures, names = cells.info["measures"], ("grain", "day", *KEYS[cells.name])
        parts = [
            select(
                *(cells.c[name] for name in names),
                *((-cells.c[name]).label(name) for name in measures),
            )
        ]
        for feed, grain in ((f, grain) for f in FEEDS if f.cells is cells for grain in f.grains):
            sums = _sums(feed, grain, 0, kept[feed.source.name]).subquery()
            parts.append(
                select(
                    *(sums.c[name] for name in names),
                    *(
                        sums.c[name] if name in feed.adds else literal(0).label(name)
                        for name in measures
                    ),
                )
            )
        both = union_all(*parts).subquery()
        off = {name: func.sum(both.c[name]) for name in measures}
        query = (
            select(
                *(both.c[name] for name in names),
                *(value.label(name) for name, value in off.items()),
            )
            .group_by(*(both.c[name] for name in names))
            .having(or_(*(value != 0 for value in off.values())))
            .order_by(*(both.c[name] for name in names))
        )
        for r in connection.execute(query):
            said = ", ".join(f"{name} {getattr(r, name)}" for name in names[2:])
            wrong = ", ".join(
                f"{name} is off by {-int(getattr(r, name))}"
                for name in measures
                if getattr(r, name)
            )
            yield f"{cells.name} {r.grain} {r.day} ({said}): {wrong}"
