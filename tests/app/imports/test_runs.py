"""O3: every run has a record, one worker at a time has it, a worker may die in the middle, and what
failed waits for somebody."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

import db
from app.imports import runs as import_runs
from app.jobs import job_deeds, job_lists, job_runs
from app.jobs.job_runs import job_run
from app.jobs.runner import Done, Runner
from app.services import schedule as jobs
from ledger.faults import Conflict, InvalidInput, NotFound
from stores.base.actors import COMMAND_LINE
from stores.network.stores import store
from tests.app.conftest import on_both_engines
from tests.app.imports.asking import LATER, NOW, ask, run
from tests.app.imports.conftest import Desk, stores_file
from tests.app.pages.conftest import statements

ROOT = Path(__file__).resolve().parent.parent.parent.parent


@on_both_engines
def test_a_run_is_taken_by_one_worker_in_the_order_in_which_it_was_asked_for(house):
    first, second = ask(), ask()
    taken = [job_runs.take(name, NOW) for name in ("a", "b", "c")]
    assert [each.id if each else None for each in taken] == [first, second, None]
    assert job_runs.beat(taken[0], NOW, "half", NOW, 5, 10) is False
    assert (run(first).state, run(first).done, run(first).total) == ("running", 5, 10)


@on_both_engines
def test_many_workers_at_once_take_each_run_once(house):
    ids, found, start = {ask() for _ in range(24)}, [], threading.Barrier(6)

    def take(name: str) -> None:
        start.wait()
        while (taken := job_runs.take(name, NOW)) is not None:
            found.append(taken.id)

    threads = [threading.Thread(target=take, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(ids)


@on_both_engines
def test_a_silent_run_is_taken_again_and_its_old_holder_writes_nothing_more(house):
    run_id = ask()
    old = job_runs.take("dead", NOW)
    assert job_runs.take("next", NOW + LATER - dt.timedelta(seconds=2)) is None
    new = job_runs.take("next", NOW + LATER)
    assert (new.id, new.attempts) == (run_id, 2)
    assert job_runs.beat(old, NOW, "x", NOW, 0, 0) is None
    with db.transaction() as connection:
        assert not job_runs.finish(connection, old, "done", NOW, outcome="lie")
        assert job_runs.finish(connection, new, "done", NOW, outcome="truth")
    assert run(run_id).outcome == "truth"


@on_both_engines
def test_a_run_that_takes_its_workers_down_fails_after_three(house):
    run_id = ask()
    for n in range(3):
        assert job_runs.take(f"w{n}", NOW + n * LATER).attempts == n + 1
    assert job_runs.take("last", NOW + 3 * LATER) is None
    assert (run(run_id).state, run(run_id).error_code) == ("failed", "interrupted")
    job_deeds.retry(run_id, actor=COMMAND_LINE, now=NOW)
    assert job_runs.take("again", NOW).attempts == 1


def runner_of(handler: Any, **more: Any) -> Runner:
    return Runner("test", {"test": handler}, **more)


@on_both_engines
def test_what_a_run_found_and_its_end_are_one_transaction(house):
    run_id = ask()

    def keep(connection: Any) -> None:
        raise RuntimeError("the disk is full")

    runner_of(lambda run, tell: Done("found", {"n": 1}, keep)).once()
    assert (run(run_id).state, run(run_id).outcome, run(run_id).error_code) == (
        "failed",
        None,
        "internal_error",
    )


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ValueError("a secret of a customer"), "internal_error", "ValueError"),
        (InvalidInput("This is wrong.", code="wrong"), "wrong", "This is wrong."),
    ],
)
def test_a_run_that_raises_fails_with_a_reason_that_betrays_nothing(
    house, caplog, error, code, words
):
    run_id = ask()

    def fail(run: Any, tell: Any) -> Done:
        raise error

    assert runner_of(fail).drain() == 1
    assert (run(run_id).state, run(run_id).error_code, run(run_id).error) == ("failed", code, words)


def test_progress_is_written_at_most_once_a_second_and_a_wish_to_cancel_is_heard(house):
    run_id, written = ask(), []

    def count(run_: Any, tell: Any) -> Done:
        for n in range(100_000):
            tell("counting", n, 100_000)
            if n == 1_000:
                job_deeds.cancel(run_id, actor=COMMAND_LINE, now=NOW)
            time.sleep(0.001)
        raise AssertionError("not cancelled")

    with statements() as sql:
        runner_of(count).once()
    written = [text for text in sql if text.startswith("UPDATE job_run SET heartbeat_at")]
    assert 1 <= len(written) <= 4
    assert run(run_id).state == "cancelled"
    assert run(run_id).step == "counting"


def test_a_worker_that_is_told_to_stop_hands_its_run_back(house):
    run_id, stopping = ask(), threading.Event()

    def stop(run: Any, tell: Any) -> Done:
        stopping.set()
        tell("half")
        raise AssertionError("not stopped")

    runner_of(stop, stopping=stopping).once()
    assert (run(run_id).state, run(run_id).attempts) == ("queued", 0)


@on_both_engines
def test_cancel_retry_and_their_limits(house):
    waiting, failed, done = ask(), ask(), ask()
    with db.transaction() as connection:
        connection.execute(update(job_run).where(job_run.c.id == failed).values(state="failed"))
        connection.execute(update(job_run).where(job_run.c.id == done).values(state="done"))
    assert job_deeds.cancel(waiting, actor=COMMAND_LINE, now=NOW) == "cancelled"
    job_deeds.retry(failed, actor=COMMAND_LINE, now=NOW)
    assert run(failed).state == "queued"
    for run_id in (done, waiting):
        with pytest.raises(Conflict):
            job_deeds.cancel(run_id, actor=COMMAND_LINE, now=NOW)
        with pytest.raises(Conflict):
            job_deeds.retry(run_id, actor=COMMAND_LINE, now=NOW)
    with pytest.raises(NotFound):
        job_deeds.retry(4711, actor=COMMAND_LINE, now=NOW)


def worker(tmp_path: Path, **settings: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DATABASE_URL": db.database().url,
        "INSTANCE_PATH": str(tmp_path),
        "LOG_LEVEL": "WARNING",
        **settings,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
    )


def until(question: Any, seconds: float = 60.0) -> Any:
    for _ in range(int(seconds / 0.02)):
        if found := question():
            return found
        time.sleep(0.02)
    raise AssertionError("nothing happened")


@on_both_engines
@pytest.mark.slow
@pytest.mark.parametrize("after_seconds", [0.2, 0.9])
def test_a_worker_killed_in_the_middle_leaves_nothing_half_done_and_the_next_one_saves_all_once(
    desk: Desk, tmp_path, after_seconds
):
    rows = 15_000
    path = desk.checked(stores_file(rows))
    before = desk.stores()
    desk.post(f"{path}/save")
    process = worker(tmp_path)
    try:
        until(lambda: desk.row(path).status == "save_running")
        time.sleep(after_seconds)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    row = desk.row(path)
    assert desk.stores() in (before, before + rows)
    if row.status == "save_running":
        assert job_runs.take("other", dt.datetime.now(dt.UTC)) is None  # not silent for long enough
        Runner("next", import_runs.HANDLERS, stale_seconds=0).drain()
    row = desk.row(path)
    assert (row.status, row.result["new"]) == ("saved", rows)
    assert desk.stores() == before + rows
    with db.read() as connection:
        assert (
            connection.execute(select(func.count(store.c.store_code.distinct()))).scalar_one()
            == before + rows
        )


def test_rows_that_were_written_before_the_worker_died_are_told_as_saved(desk: Desk, monkeypatch):
    path = desk.checked(stores_file(3))
    desk.post(f"{path}/save")
    finish = job_runs.finish

    def die(*given: Any, **named: Any) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(job_runs, "finish", die)
    with pytest.raises(KeyboardInterrupt):
        desk.work()
    monkeypatch.setattr(job_runs, "finish", finish)
    Runner("next", import_runs.HANDLERS, stale_seconds=0).drain()
    assert (desk.row(path).status, desk.row(path).result["new"]) == ("saved", 3)
    assert "took the job up again; the rows stand once" in desk.page(path)


def test_a_real_worker_checks_what_was_uploaded_while_the_page_asks_how_far_it_is(
    desk: Desk, tmp_path
):
    path = desk.upload(
        stores_file(200_000)
    )  # checking them takes longer than two heartbeats are apart
    assert 'hx-trigger="every 1s"' in desk.page(path)
    fragment = desk.client.get(f"{path}/progress?lang=en")
    assert "waits to be checked" in fragment.text
    assert "<html" not in fragment.text
    process = worker(tmp_path, IMPORT_MAX_ROWS="200000")
    try:
        until(lambda: desk.row(path).status == "check_running" and desk.row(path).done > 0)
        assert "of 200,000 rows" in desk.client.get(f"{path}/progress?lang=en").text
        until(lambda: desk.row(path).status == "ready")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    over = desk.client.get(f"{path}/progress")
    assert (over.text, over.headers["HX-Refresh"]) == ("", "true")
    with db.read() as connection:
        assert set(job_lists.recurring(connection)) == {job.name for job in jobs.JOBS}


def test_a_waiting_import_is_cancelled_from_its_page_and_checked_again(desk: Desk):
    path = desk.upload(stores_file(2))
    assert (
        desk.post(f"/hq/jobs/{desk.row(path).run_id}/cancel", back=path).headers["Location"] == path
    )
    desk.work()
    assert desk.row(path).status == "check_cancelled"
    assert "Cancelled; nothing was written." in desk.page(path)
    desk.post(f"{path}/check")
    desk.work()
    assert desk.row(path).status == "ready"
