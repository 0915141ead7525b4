"""H3 as Petra does it: drop a file, read what is wrong, correct it, save it, see it in the history."""
from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app import import_runs
from app.runner import Runner
from stores import network
from tests.app.conftest import PASSWORD
from tests.app.imports.conftest import HEADER
from tests.app.pages.conftest import bare_chain, chain  # noqa: F401 - fixtures
from tests.app.pages.test_browser import CHECKS, chromium, pytestmark, served  # noqa: F401 - fixtures and marks

DROP = """([name, text]) => {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0)), held = new DataTransfer();
    held.items.add(new File([bytes], name, {type: 'text/csv'}));
    const input = document.querySelector('input[type=file]');
    input.files = held.files;
}"""


@pytest.fixture
def at_work(house: Any) -> Iterator[Runner]:
    """A runner that takes what the pages ask for, beside the server."""
    runner = Runner("beside", import_runs.HANDLERS)
    thread = threading.Thread(target=runner.forever)
    thread.start()
    yield runner
    runner.stopping.set()
    thread.join()


def test_a_file_is_dropped_its_faults_are_read_and_the_corrected_one_is_saved(chain, served, chromium, at_work):  # noqa: F811
    faults: list[str] = []
    context = chromium.new_context(base_url=served, viewport={"width": 1280, "height": 900}, locale="en-US")
    page = context.new_page()
    page.on("console", lambda message: faults.append(f"{page.url}: {message.text}") if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.goto("/sign-in")
    page.fill("input[name=name]", "petra")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.goto("/hq/imports?lang=en")
    page.click(".kinds a:has-text('Stores')")
    wrong = HEADER + "A1,One,D1,131.2,121.5,wgs84\nA2,Two,D1,31.2,121.5,wgs84\n"
    page.evaluate(DROP, ["stores.csv", base64.b64encode(wrong.encode()).decode()])
    page.click("text=Check the file")
    page.wait_for_selector(".report.wrong")
    assert page.locator("tbody tr").first.inner_text().split("\t")[:3] == ["2", "latitude", "131.2"]
    assert "1 faults" in page.locator(".report .answer").inner_text()
    page.click("text=Upload another file")
    page.set_input_files("input[type=file]", files=[{"name": "stores.csv", "mimeType": "text/csv", "buffer": wrong.replace("131.2", "31.3").encode()}])
    page.click("text=Check the file")
    page.wait_for_selector(".report.wait")
    assert page.locator(".report-figures .new dd").inner_text() == "2"
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        found = page.evaluate(CHECKS)
        assert (found["wider"], found["nameless"], found["twice"]) == (0, [], [])
    page.click("text=Save these rows")
    page.wait_for_selector(".report.good")
    page.reload()
    assert "Saved: 2 new" in page.locator(".report .answer").inner_text()
    page.goto("/hq/imports")
    assert page.locator("tbody tr").first.locator("td").nth(4).inner_text() == "saved"
    context.close()
    network.forget()
    assert faults == []
