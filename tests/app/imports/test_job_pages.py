"""The page of jobs, recurring jobs' last word, and what health and lists say of runs (O3)."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any

import pytest
from sqlalchemy import update

import db
from app.imports import lists as upload_lists
from app.imports import uploads
from app.jobs import job_lists
from app.jobs.job_runs import job_run
from app.services import schedule as jobs
from app.services.schedule import Job, Worker
from app.ui import work_labels
from tests.app.conftest import on_both_engines
from tests.app.imports.asking import NOW
from tests.app.imports.conftest import Desk, stores_file
from tests.app.pages.conftest import statements


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
