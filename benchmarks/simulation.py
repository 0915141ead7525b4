"""How long a simulation of a million past entries takes: `python -m benchmarks.simulation
[ENTRIES]`.

SQLite, 2,000 stores, 30 days of entries as they are kept: points of the last day, traces of all;
half the visitors return with a last visit, a home or a code. The question is the dearest one: other
rules, so that every visit must be decided twice."""

from __future__ import annotations

import datetime as dt
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import select

import config
import db
from app import create_app
from benchmarks.entries import _open_chain
from benchmarks.table import Line
from ledger.bulk import insert_rows
from migrations import commands
from stores.base import versions
from stores.base.brand import business_day
from stores.facts.customers import customer
from stores.facts.entries import entry, entry_point, entry_trace
from stores.network import network
from stores.network.policy import PRESETS
from stores.network.stores import store
from stores.simulation import running
from stores.simulation.scenario_form import read

ENTRIES, DAYS, AIM_SECONDS, PART = 1_000_000, 30, 60.0, 20_000


def run(entries: int = ENTRIES) -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        given = {
            "DATABASE_URL": f"sqlite:///{Path(folder) / 'simulation.db'}",
            "INSTANCE_PATH": folder,
            "LOG_LEVEL": "ERROR",
        }
        commands.upgrade(given["DATABASE_URL"])
        create_app(config.load(given))
        _open_chain(config.load(given))
        now = dt.datetime.now(dt.UTC)
        _fill(entries, now)
        on = {
            "entries": {
                "from": (business_day(now) - dt.timedelta(days=DAYS)).isoformat(),
                "to": business_day(now).isoformat(),
            }
        }
        policy = {
            "preset": "nearest_first",
            "rungs": list(PRESETS["nearest_first"]),
            "nearest_limit_m": 20_000,
        }
        began = time.perf_counter()
        found = running.run(read({"name": "nearest first", "policy": policy, "on": on}), now=now)
        seconds = time.perf_counter() - began
        db.database().dispose()
    print(
        {
            **found.summary["basis"],
            "visits": found.summary["visits"],
            "moved": found.summary["moved"]["visits"],
        },
        file=sys.stderr,
    )
    limit = AIM_SECONDS * entries / ENTRIES
    return [
        Line(
            f"simulation of {entries:,} past entries / {AIM_SECONDS:.0f} s a million",
            seconds,
            limit,
            "s",
            limit / seconds,
            1.0,
        )
    ]


def _fill(entries: int, now: dt.datetime) -> None:
    """Entries of the last 30 days; each was led where the rules of the chain lead it."""
    chance, places = random.Random(5), np.random.default_rng(5)
    with db.read() as connection:
        ids = list(connection.execute(select(store.c.id)).scalars())
        snapshot = network.snapshot(versions.current(connection))
    index, codes = snapshot.index_on(business_day(now)), [s.id for s in snapshot.stores]
    with db.transaction() as connection:
        insert_rows(
            connection,
            customer,
            [
                {"id": n, "customer_id": f"c{n}", "employee": False, "created_at": now}
                for n in range(1, 50_001)
            ],
        )
    for start in range(0, entries, PART):
        n = min(PART, entries - start)
        lats, lngs = places.uniform(30, 32.4, n), places.uniform(120, 122.4, n)
        nearest, metres = index.nearest_batch(lats, lngs)
        rows, traces, points = [], [], []
        for i in range(n):
            number = start + i
            at = now - dt.timedelta(
                seconds=60 + (entries - number) * DAYS * 86_400 / (entries + 1) * 0.98
            )
            state, led, rung = _state(chance, ids, at, codes[nearest[i]])
            entry_id = f"{number:036d}"
            rows.append(
                {
                    "entry_id": entry_id,
                    "customer_id": 1 + number % 50_000,
                    "store_id": led,
                    "dealer_id": None,
                    "guide_id": None,
                    "rung": rung,
                    "reason": "x",
                    "touchpoint": None,
                    "channel_id": None,
                    "param_guide_id": None,
                    "occurred_at": at,
                    "decided_at": at,
                    "business_day": business_day(at),
                    "network_version": 1,
                    "policy_version": 1,
                    "located": 1,
                }
            )
            visit = {
                "at": at.isoformat(),
                "day": business_day(at).isoformat(),
                "fuzzy": False,
                "region_code": None,
                "postal_code": None,
                "notes": [],
                "param": None,
            }
            traces.append(
                {
                    "entry_id": entry_id,
                    "visit": visit,
                    "state": state,
                    "trace": {},
                    "distance_class_km": int(metres[i] // 1000),
                    "recorded_at": at,
                }
            )
            if now - at < dt.timedelta(hours=24):
                points.append(
                    {
                        "entry_id": entry_id,
                        "latitude": lats[i],
                        "longitude": lngs[i],
                        "crs": "wgs84",
                        "source_latitude": lats[i],
                        "source_longitude": lngs[i],
                        "accuracy_m": 30.0,
                        "fuzzy": 0,
                        "distances": {},
                        "recorded_at": at,
                    }
                )
        with db.transaction() as connection:
            for table, values in ((entry, rows), (entry_trace, traces), (entry_point, points)):
                insert_rows(connection, table, values)


def _state(
    chance: random.Random, ids: list[int], at: dt.datetime, near: int
) -> tuple[dict[str, object], int, str]:
    """Half are new; of the others most come back to where they were, some have a home elsewhere,
    some a code of last week."""
    which = chance.random()
    if which < 0.5:
        return {"rv": 0}, near, "NEAREST"
    if which < 0.8:
        return (
            {
                "rv": 3,
                "last_store_id": near,
                "last_visit_at": (at - dt.timedelta(days=4)).isoformat(),
            },
            near,
            "LAST_VISIT",
        )
    if which < 0.95:
        until = (at + dt.timedelta(days=9 if which < 0.9 else -9)).isoformat()
        return (
            {
                "rv": 5,
                "home_store_id": near,
                "home_protected_until": until,
                "home_valid_until": (at + dt.timedelta(days=200)).isoformat(),
            },
            near,
            "HOME",
        )
    other = chance.choice(ids)
    return (
        {"rv": 2, "param_store_id": other, "param_at": (at - dt.timedelta(days=2)).isoformat()},
        other,
        "ENTRY_CACHED",
    )


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run(int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES))
