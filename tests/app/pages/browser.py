"""A real browser on the small chain: served on loopback, everything that goes wrong in it is
noted."""

from __future__ import annotations

import functools
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from tests.app.conftest import PASSWORD

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
ARTEFACTS = Path(__file__).resolve().parents[3] / "test-artefacts"
AXE = Path(__file__).resolve().parents[2] / "vendor" / "axe.min.js"
OUR_OWN = """() => ({
    wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    headings: document.querySelectorAll('h1').length,
    twice: [...document.querySelectorAll('[id]')].map(e => e.id).filter((id, n, all) => all.indexOf(id) !== n),
    raw: (document.body.innerText.match(/%\\(\\w+\\)s|\\bNone\\b|\\bundefined\\b|\\bNaN\\b|\\{\\{|LazyString/g) || []),
})"""
SERIOUS = """async () => (await axe.run(document, {resultTypes: ['violations'],
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})).violations
    .filter(v => v.impact === 'serious' || v.impact === 'critical')
    .map(v => `${v.id}: ${v.nodes.length} x ${v.nodes[0].html.slice(0, 140)} ${v.nodes[0].any.map(a => a.message).join(' ').slice(0, 140)}`)"""


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address of an app on a free port of loopback."""
    server = make_server("127.0.0.1", 0, _whole(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _whole(app: Any) -> Any:
    """The app with each answer read to its end first: this server leaves a file open when the
    browser, leaving a page, hangs up in the middle."""

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        parts = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            if hasattr(parts, "close"):
                parts.close()

    return answer


def _until_loaded(deed: Callable[..., Any]) -> Callable[..., Any]:
    """The deed, and then the whole page it led to: by itself it ends when the next document has
    begun, of which a test may then read half."""

    @functools.wraps(deed)
    def done(of: Any, *arguments: Any, **more: Any) -> Any:
        result = deed(of, *arguments, **more)
        page = getattr(of, "page", of)
        if not page.is_closed():
            page.wait_for_load_state()
        return result

    done.waits = True  # type: ignore[attr-defined]
    return done


@contextmanager
def chromium() -> Iterator[Any]:
    from playwright.sync_api import Locator, Page, sync_playwright

    for kind in (Page, Locator):
        for name in ("click", "press", "check", "uncheck", "select_option"):
            if not hasattr(getattr(kind, name), "waits"):
                setattr(kind, name, _until_loaded(getattr(kind, name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Reader:
    """Somebody at a browser: his page, and the faults found so far."""

    page: Any
    base: str
    faults: list[str] = field(default_factory=list)

    def watch(self) -> None:
        page = self.page
        page.on(
            "console",
            lambda message: (
                self.faults.append(f"{page.url}: {message.text}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on(
            "request",
            lambda request: (
                self.faults.append(f"{page.url} asks {request.url}")
                if not request.url.startswith((self.base, "data:", "blob:"))
                else None
            ),
        )

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        self.page.goto("/sign-in")
        self.page.fill("input[name=name]", name)
        self.page.fill("input[name=password]", password)
        self.page.click("main button[type=submit]")

    def look(self, path: str, width: int, tongue: str, theme: str, *, axe: bool = False) -> None:
        """Open a page and note what is wrong with it."""
        self.page.set_viewport_size({"width": width, "height": 800})
        self.page.emulate_media(color_scheme=theme)
        answer = self.page.goto(path + ("&" if "?" in path else "?") + f"lang={tongue}")
        assert answer is not None
        found = self.page.evaluate(OUR_OWN)
        where = f"{path} {width} {tongue} {theme}"
        if (
            answer.status != 200
            or found["wider"] > 0
            or found["headings"] != 1
            or found["twice"]
            or found["raw"]
        ):
            self.faults.append(f"{where}: {answer.status} {found}")
        if axe:
            if not self.page.evaluate("'axe' in window"):
                self.page.evaluate(AXE.read_text("utf-8"))
            self.faults += [f"{where}: {fault}" for fault in self.page.evaluate(SERIOUS)]

    def shoot(self, name: str) -> None:
        """A picture of what this person sees now, kept as an artefact of the test."""
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(
            path=ARTEFACTS / f"{re.sub(r'[^a-z0-9-]+', '-', name.lower())}.png", full_page=True
        )


@contextmanager
def reading(browser: Any, base: str, **more: Any) -> Iterator[Reader]:
    """A fresh browser window. Fails when anything went wrong in it."""
    context = browser.new_context(base_url=base, viewport={"width": 1280, "height": 800}, **more)
    reader = Reader(context.new_page(), base)
    reader.watch()
    yield reader
    context.close()
    assert not reader.faults, "\n".join(reader.faults)
