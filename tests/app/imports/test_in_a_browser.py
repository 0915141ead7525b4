"""H3 as Petra does it: drop a file, read what is wrong, correct it, save it, see it in the history;
the page moves on by itself."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

import db
from app.imports import runs as import_runs
from app.jobs.job_runs import job_run
from app.jobs.runner import Runner
from tests.app.imports.conftest import HEADER
from tests.app.pages.browser import CHROMIUM, Reader, chromium, reading, serving
from tests.app.pages.conftest import bare_chain  # noqa: F401 - a fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium"
    ),
]
DROP = """([selector, name, text]) => {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0)), held = new DataTransfer();
    held.items.add(new File([bytes], name, {type: 'text/csv'}));
    document.querySelector(selector).files = held.files;
}"""
WRONG = HEADER + "A1,One,D1,131.2,121.5,wgs84\nA2,Two,D1,31.2,121.5,wgs84\n"
LOOKS = ((1280, "zh", "dark"), (390, "en", "light"))


@pytest.fixture
def petra(bare_chain: Any) -> Iterator[Reader]:  # noqa: F811
    with (
        chromium() as browser,
        serving(bare_chain.house.app) as address,
        reading(browser, address, locale="en-US") as reader,
    ):
        reader.sign_in("petra")
        reader.page.goto("/hq/imports?lang=en")
        yield reader


def looked_at(reader: Reader, name: str) -> None:
    """The page as it stands, in two looks, with axe-core; then in English again."""
    path = reader.page.url.removeprefix(reader.base).partition("?")[0]
    for width, tongue, theme in LOOKS:
        reader.look(path, width, tongue, theme, axe=True)
        reader.shoot(f"imports {name} {width} {tongue} {theme}")


def test_a_file_is_dropped_its_faults_are_read_and_the_corrected_one_is_saved(petra):
    page, worker = petra.page, Runner("beside", import_runs.HANDLERS)
    page.click(".kinds a:has-text('Stores')")
    page.evaluate(
        DROP, ["input[type=file]", "stores.csv", base64.b64encode(WRONG.encode()).decode()]
    )
    page.click("text=Check the file")
    assert "waits to be checked" in page.locator("#moving").inner_text()
    looked_at(petra, "waiting")
    worker.drain()
    page.wait_for_selector(".report.wrong")  # without a reload by hand
    assert page.locator("tbody tr").first.inner_text().split("\t")[:3] == ["2", "latitude", "131.2"]
    looked_at(petra, "faults")
    page.click("text=Upload another file")
    page.set_input_files(
        "input[type=file]",
        files=[
            {
                "name": "stores.csv",
                "mimeType": "text/csv",
                "buffer": WRONG.replace("131.2", "31.3").encode(),
            }
        ],
    )
    page.click("text=Check the file")
    worker.drain()
    page.wait_for_selector(".report.wait")
    assert page.locator(".report-figures .new dd").inner_text() == "2"
    looked_at(petra, "ready")
    page.click("text=Save these rows")
    worker.drain()
    page.wait_for_selector(".report.good")
    page.reload()
    assert "Saved: 2 new" in page.locator(".report .answer").inner_text()
    looked_at(petra, "saved")
    page.goto("/hq/imports?lang=en")
    assert page.locator("tbody tr").first.locator("td").nth(4).inner_text() == "saved"
    looked_at(petra, "history")


def test_a_running_and_a_failed_job_are_whole_pages_too(petra):
    page = petra.page
    for name in ("a.csv", "b.csv"):
        page.goto("/hq/imports?lang=en")
        page.set_input_files(
            "input[type=file]",
            files=[{"name": name, "mimeType": "text/csv", "buffer": HEADER.encode()}],
        )
        page.click("text=Check the file")
    running, now = page.url, dt.datetime.now(dt.UTC)
    with db.transaction() as connection:
        values = {
            "started_at": now,
            "heartbeat_at": now,
            "step": "checking",
            "step_at": now - dt.timedelta(seconds=20),
            "done": 48_000,
            "total": 100_000,
        }
        connection.execute(update(job_run).values(state="running", holder="somebody", **values))
        connection.execute(
            update(job_run)
            .where(job_run.c.id == 1)
            .values(state="failed", error="x", error_code="internal_error", finished_at=now)
        )
    page.goto(running)
    assert "about 2" in page.locator("#moving").inner_text()
    looked_at(petra, "running")
    page.goto("/hq/jobs?lang=en")
    assert page.locator("#moving progress").get_attribute("value") == "48000"
    looked_at(petra, "jobs")
    page.goto(running.rpartition("/")[0] + "/1")
    looked_at(petra, "failed")
