"""Background jobs: one worker at a time, points forgotten after 24 h, seals kept up, a clean end
(P2, M11, M17, CONTRACT 2)."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

import db
from app.hq import work
from app.services.schedule import Job, Worker
from ledger import clocks, leases
from ledger.intakes import intake_open, open_intake, seal
from stores.base.actors import COMMAND_LINE
from stores.facts import privacy
from stores.facts.entries import entry_point, entry_trace
from tests.app.conftest import on_both_engines

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
ROOT = Path(__file__).resolve().parents[3]


def count(table) -> int:
    with db.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@on_both_engines
def test_only_one_holds_the_lease_until_it_ends_or_is_given_back(house):
    assert leases.take("jobs", "a", NOW, 60)
    assert leases.take("jobs", "a", NOW + dt.timedelta(seconds=30), 60)
    assert not leases.take("jobs", "b", NOW + dt.timedelta(seconds=89), 60)
    assert leases.take("jobs", "b", NOW + dt.timedelta(seconds=90), 60)
    leases.give_back("jobs", "a")  # not his any more
    assert not leases.take("jobs", "a", NOW + dt.timedelta(seconds=91), 60)
    leases.give_back("jobs", "b")
    assert leases.take("jobs", "a", NOW + dt.timedelta(seconds=92), 60)


def keep(entry_id: str, at: dt.datetime) -> None:
    with db.transaction() as connection:
        connection.execute(
            entry_point.insert().values(
                entry_id=entry_id,
                latitude=1.0,
                longitude=2.0,
                crs="wgs84",
                source_latitude=1.0,
                source_longitude=2.0,
                fuzzy=0,
                distances={},
                recorded_at=at,
            )
        )
        connection.execute(
            entry_trace.insert().values(
                entry_id=entry_id, visit={}, state={}, trace={}, recorded_at=at
            )
        )


@on_both_engines
def test_points_go_after_24_hours_and_traces_after_30_days(house, monkeypatch):
    monkeypatch.setattr(privacy, "ROWS_AT_ONCE", 2)
    for number, age in enumerate((1, 23, 25, 26, 27, 24 * 29, 24 * 31)):
        keep(f"e{number}", NOW - dt.timedelta(hours=age))
    assert privacy.forget_points(NOW) == privacy.Forgotten(points=5, traces=1)
    assert privacy.forget_points(NOW) == privacy.Forgotten(points=0, traces=0)
    assert (count(entry_point), count(entry_trace)) == (2, 6)


@on_both_engines
def test_a_worker_seals_what_came_in(house):
    with db.transaction() as connection:
        open_intake(connection, "orders", "test", NOW)
    done = Worker().once()
    assert done["seal"]["seals"] == 1
    assert (count(intake_open), count(seal)) == (0, 1)
    assert Worker().once()["seal"] == {"seals": 0, "audit_lines": 0}


def test_a_failing_job_does_not_end_the_others(house):
    ran = []

    def fail(now):
        raise ValueError("broken")

    worker = Worker((Job("bad", 0, fail), Job("good", 0, lambda now: ran.append(now) or {})))
    worker._turn()
    worker._turn()
    worker.release()
    assert len(ran) == 2


def test_a_worker_waits_while_another_works(house):
    ran = []
    assert leases.take("worker", "somebody", dt.datetime.now(dt.UTC), 60)
    worker = Worker((Job("good", 0, lambda now: ran.append(now) or {}),))
    worker._turn()
    assert ran == []
    leases.give_back("worker", "somebody")
    worker._turn()
    assert len(ran) == 1


def started(tmp_path: Path, *options: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DATABASE_URL": db.database().url,
        "INSTANCE_PATH": str(tmp_path),
        "LOG_LEVEL": "INFO",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker", *options],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_cleanly_within_five_seconds_of_a_signal(house, tmp_path, number):
    process = started(tmp_path)
    for line in process.stderr:
        if b"lease taken" in line:
            break
    process.send_signal(number)
    began = time.monotonic()
    _, said = process.communicate(timeout=15)
    assert time.monotonic() - began < 5
    assert process.returncode == 0, said
    assert b"worker ended" in said
    assert leases.take("worker", "the next", dt.datetime.now(dt.UTC), 60)


def test_a_worker_beside_a_server_ends_when_that_is_gone(house, tmp_path):
    process = started(tmp_path, "--parent", "1")  # not its parent: as after a kill -9
    assert process.wait(timeout=60) == 0
    process.stderr.close()


@on_both_engines
def test_the_lease_of_a_worker_who_is_gone_ends_though_his_clock_ran_ahead(house, monkeypatch):
    """Killed without giving it back: by his clock it lasts for weeks, and who does not prolong it
    is not there."""
    ahead = dt.datetime.now(dt.UTC) + dt.timedelta(days=40)
    assert leases.take("worker", "gone", ahead, 60)
    running, seconds = Worker(()), [0.0]
    monkeypatch.setattr("app.services.schedule.time.monotonic", lambda: seconds[0])
    assert not running._leased()
    seconds[0] = 59.0
    assert not running._leased() and leases.held("worker") is not None
    leases.take("worker", "gone", ahead + dt.timedelta(seconds=5), 60)  # he is there after all
    seconds[0] = 100.0
    assert not running._leased()
    seconds[0] = 161.0
    assert not running._leased() and running._leased()
    running.release()


@on_both_engines
def test_a_clock_in_doubt_is_a_number_of_health_and_a_line_of_work(house):
    now = dt.datetime.now(dt.UTC)
    with db.transaction() as connection:
        connection.execute(
            clocks.clock_doubt.insert().values(seen_at=now, ahead_at=now + dt.timedelta(days=3))
        )
    client = house.stranger()
    assert client.get("/readyz").json["checks"]["clock"] == "ok"
    shown = next(
        line
        for line in client.get("/metrics").text.splitlines()
        if line.startswith("doorstep_clock_doubt_seconds")
    )
    assert float(shown.split()[1]) > 250_000
    with house.app.test_request_context(), db.read() as connection:
        waiting = {
            item.name: item.number for item in work.items(connection, COMMAND_LINE, now.date())
        }
    assert 1 in [number for name, number in waiting.items() if "时钟" in name or "clocks" in name]
