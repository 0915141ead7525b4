"""O3: every run has a record, one worker at a time has it, a worker may die in the middle, and what
failed waits for somebody."""

from __future__ import annotations

import csv
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
from app.imports import lists as upload_lists
from app.imports import runs as import_runs
from app.imports import uploads
from app.jobs import job_deeds, job_lists, job_runs
from app.jobs.job_runs import job_run
from app.jobs.runner import Done, Runner
from app.services import schedule as jobs
from app.services.schedule import Job, Worker
from app.ui import work_labels
from ledger.faults import Conflict, InvalidInput, NotFound
from stores.base.actors import COMMAND_LINE
from stores.network.stores import store
from tests.app.conftest import on_both_engines
from tests.app.imports.conftest import Desk, stores_file
from tests.app.pages.conftest import statements

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
ROOT = Path(__file__).resolve().parent.parent.parent.parent
LATER = dt.timedelta(seconds=job_runs.STALE_SECONDS + 1)


def ask(kind: str = "test", at: dt.datetime = NOW) -> int:
    with db.transaction() as connection:
        return job_runs.enqueue(connection, kind, user_id=None, now=at)


def run(run_id: int) -> Any:
    with db.read() as connection:
        return job_lists.find(connection, run_id)


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


# -- killed in the middle --------------------------------------------------------------------------


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


# -- recurring jobs and the page -------------------------------------------------------------------


def last(name: str) -> Any:
    with db.read() as connection:
        return job_lists.recurring(connection)[name]


@on_both_engines
def test_a_recurring_job_leaves_its_last_word_and_not_one_for_each_turn(house, monkeypatch):
    broken = [False]

    def turn(now: dt.datetime) -> dict[str, int]:
        if broken[0]:
            raise ValueError("broken")
        return {"n": 1}

    running = Worker((Job("turns", 0, turn),))
    with statements() as sql:
        for _ in range(5):
            running._turn()
    assert (
        len(
            [
                text
                for text in sql
                if text.startswith(("INSERT INTO recurring_job", "UPDATE recurring_job"))
            ]
        )
        == 2
    )  # tried, then made
    assert (last("turns").broken, last("turns").result) == (False, {"n": 1})
    broken[0] = True
    running._turn()
    with db.read() as connection:
        assert job_lists.failed_jobs(connection) == 1
    assert (last("turns").broken, last("turns").error_code) == (True, "ValueError")
    broken[0] = False
    running._turn()
    running.release()
    with db.read() as connection:
        assert job_lists.failed_jobs(connection) == 0


def test_every_recurring_job_and_every_kind_of_run_has_its_words():
    assert set(work_labels.RECURRING) == {job.name for job in jobs.JOBS}
    assert set(work_labels.RUN_KINDS) == set(jobs.HANDLERS)
    assert set(work_labels.IMPORT_STATES) == set(upload_lists.STATUSES)


def test_the_page_of_jobs_shows_what_runs_what_failed_and_lets_it_be_tried_again(desk: Desk):
    path = desk.upload(stores_file(1))
    with db.transaction() as connection:
        connection.execute(
            update(job_run).values(
                state="failed", error="The file burned.", error_code="fire", finished_at=NOW
            )
        )
    page = desk.page("/hq/jobs")
    assert "1 job failed and waits for you." in page
    assert "The file burned." in page and f'href="{path}"' in page
    with db.read() as connection:
        assert (job_lists.failed_jobs(connection), list(job_lists.running(connection))) == (1, [])
    assert "The file burned." in desk.page(path)
    run_id = desk.row(path).run_id
    desk.post(f"/hq/jobs/{run_id}/retry")
    with db.read() as connection:
        assert [row.id for row in job_lists.running(connection)] == [run_id]
    assert 'hx-trigger="every 2s"' in desk.page("/hq/jobs")
    assert desk.client.get("/hq/jobs/now").status_code == 200
    desk.work()
    assert desk.client.get("/hq/jobs/now").headers["HX-Refresh"] == "true"
    assert "No job failed." in desk.page("/hq/jobs")
    assert desk.post(f"/hq/jobs/{run_id}/retry").status_code == 409


def test_a_failed_job_can_be_set_aside(desk: Desk):
    path = desk.upload(stores_file(1))
    with db.transaction() as connection:
        connection.execute(
            update(job_run).values(state="failed", error="x", error_code="x", finished_at=NOW)
        )
    desk.post(f"/hq/jobs/{desk.row(path).run_id}/cancel")
    assert "No job failed." in desk.page("/hq/jobs")


def test_finance_looks_at_jobs_and_touches_none_and_branches_do_not_see_them(desk: Desk):
    path = desk.upload(stores_file(1))
    run_id, finn, bea = desk.row(path).run_id, desk.chain.client("finn"), desk.chain.client("bea")
    page = finn.get("/hq/jobs?lang=en")
    assert page.status_code == 200
    assert "/hq/imports" not in page.text and "/cancel" not in page.text
    assert (
        finn.post(f"/hq/jobs/{run_id}/cancel", data={"csrf_token": desk_token(finn)}).status_code
        == 403
    )
    assert {bea.get(each).status_code for each in ("/hq/jobs", "/hq/jobs/now")} == {403}
    assert desk.client.post(f"/hq/jobs/{run_id}/cancel").status_code == 400  # no form token
    assert {
        desk.post(f"/hq/jobs/{number}/{deed}").status_code
        for number, deed in ((4711, "retry"), (10**30, "cancel"), (run_id, "wish"))
    } == {404}


def desk_token(client: Any) -> str:
    from tests.app.conftest import token_of

    return token_of(client.get("/account"))


def test_readiness_and_metrics_tell_how_long_runs_wait(desk: Desk):
    desk.upload(stores_file(1))
    with db.transaction() as connection:
        connection.execute(
            update(job_run).values(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5))
        )
    stranger = desk.chain.house.stranger()
    assert stranger.get("/readyz").json["checks"]["jobs"] == "ok"
    told = dict(
        line.rsplit(" ", 1)
        for line in stranger.get("/metrics").text.splitlines()
        if line.startswith("doorstep_job")
    )
    assert float(told["doorstep_job_runs_open"]) == 1
    assert 299 < float(told["doorstep_job_queue_age_seconds"]) < 330
    assert float(told["doorstep_job_runs_failed"]) == 0


@pytest.mark.parametrize(
    ("address", "most"),
    [("/hq/imports", 10), ("/hq/jobs", 12), ("{path}", 12), ("{path}/progress", 6)],
)
def test_a_page_asks_the_database_a_bounded_number_of_times(desk: Desk, address, most):
    path = desk.checked(stores_file(3) + "A1,,D1,x,121.5,wgs84\n" * 5)
    counted = []
    for _ in range(2):
        desk.client.get(address.format(path=path))
        with statements() as sql:
            assert desk.client.get(address.format(path=path)).status_code == 200
        counted.append(len(sql))
        for n in range(6):
            desk.upload(stores_file(n + 1))
    assert counted[0] == counted[1] <= most


def test_lists_are_sorted_filtered_and_exported(desk: Desk):
    desk.checked(stores_file(2), name="b.csv")
    desk.checked("guide_code,name,store_code\nG9,Ada,NOPE\n", "guides", name="a.csv")
    page = desk.page("/hq/imports?sort=name")
    assert page.index(">a.csv<") < page.index(">b.csv<")
    assert ">b.csv<" not in desk.page("/hq/imports?status=faults")
    assert ">a.csv<" not in desk.page("/hq/imports?of=stores")
    given = desk.client.get("/hq/imports?export=csv&lang=en").data.decode("utf-8-sig").splitlines()
    assert [row[1:6] for row in csv.reader(given[1:])] == [
        ["a.csv", "Guides", "petra", "faults", ""],
        ["b.csv", "Stores", "petra", "checked, not saved", "2"],
    ]
    assert len(desk.client.get("/hq/jobs?export=csv").data.decode("utf-8-sig").splitlines()) == 3
    assert desk.client.get("/hq/jobs?sort=mood").status_code == 400
    assert uploads.KEPT > uploads.KEPT_AFTER_SAVING
