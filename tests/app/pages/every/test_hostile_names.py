"""Names that hold HTML, hovered, clicked, searched and listed in a real browser: on every map and
in every part that htmx brings they stay text.

The proof that an outsider brought: a store's name of 200 characters framed a document that loaded
the site's own htmx and sent a form when an administrator hovered the dot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.jobs.runner import Runner
from app.services import simulation_runs
from stores.base.actors import COMMAND_LINE
from tests.app.pages.browser import CHROMIUM, reading, serving
from tests.app.pages.conftest import BUND, Chain
from tests.network import SOMEWHERE, Network
from tests.stores.registers.test_areas import save, square, territory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium"
    ),
]
FRAME = (
    '<iframe srcdoc="<script src=/static/vendor/htmx.min.js></script><form '
    "hx-post=/hq/users/1/role hx-trigger=load>"
    '<input name=role value=hq_admin></form>"></iframe>'
)
PICTURE = "<img src=/nowhere onerror=\"document.title='owned'\">"
LINK = '<a hx-post="/sign-out" hx-trigger="load" href="javascript:document.title=1">S</a>'
CODE = "<img src=x onerror=alert(1)>"
MAPS = (
    "/hq",
    "/hq?period=30d&colour=orders",
    "/hq/stores?view=map&figure=sales",
    "/hq/stores?view=map",
    "/hq/stores/S1",
    "/hq/dealers/D1",
    "/hq/branches/B2",
    "/hq/areas",
    "/hq/areas/T1",
    "/hq/new/store",
    "/hq/stores/S1/edit",
    "/hq/route?lat=31.2304&lng=121.4737&crs=wgs84",
    "/hq/simulations/new",
    "/hq/simulations/new?question=open",
    "/hq/simulations/1",
    "/hq/entries/{entry}",
    "/hq/samples",
)
TOUCH_ALL = """async () => {
    const said = [];
    for (const box of document.querySelectorAll("[data-map]")) {
        for (let n = 0; n < 100 && !(box.storeMap && box.storeMap.answer); n += 1) { await new Promise((done) => setTimeout(done, 50)); }
        box.storeMap.layer.eachLayer((layer) => {
            for (const [what, open] of [["tooltip", "openTooltip"], ["popup", "openPopup"]]) {
                if (!(what === "tooltip" ? layer.getTooltip() : layer.getPopup())) { continue; }
                layer[open](box.storeMap.map.getCenter());
                const shown = (what === "tooltip" ? layer.getTooltip() : layer.getPopup()).getElement();
                if (shown) { said.push(shown.textContent); }
            }
        });
        const table = box.closest("figure").querySelector("details");
        table.open = true;
        await new Promise((done) => setTimeout(done, 100));
        said.push(table.querySelector("table").textContent);
    }
    return said;
}"""
FOREIGN = (
    "iframe, object, embed, [onerror], [onload], [srcdoc], main [hx-post], #found-rows [hx-post]"
)
MADE = f"""() => ({{title: document.title, made: [...document.querySelectorAll('{FOREIGN}')]
    .filter((each) => !each.closest('form')).map((each) => each.outerHTML.slice(0, 200))}})"""
SINKS = """() => {
    const inside = (text) => { const box = document.createElement("div"); box.innerHTML = text; return box.childElementCount; };
    const refused = (deed) => { try { deed(); return false; } catch (error) { return error instanceof TypeError; } };
    return {
        inside: inside("<b>x</b>"),
        beside: (() => {
            const box = document.createElement("div");
            box.appendChild(document.createElement("i")).insertAdjacentHTML("afterend", "<b>x</b>");
            return box.childElementCount;
        })(),
        parsed: new DOMParser().parseFromString("<b>x</b>", "text/html").body.childElementCount,
        framed: (() => { const frame = document.createElement("iframe"); frame.srcdoc = "<b>x</b>"; return frame.srcdoc; })(),
        script: refused(() => { document.createElement("script").src = "/static/vendor/htmx.min.js"; }),
        words: refused(() => { document.createElement("script").text = "1"; }),
        policy: refused(() => window.trustedTypes.createPolicy("another", {})),
    };
}"""


@pytest.fixture
def hostile(chain: Chain) -> Chain:
    """The small chain, of which whoever may name something has named it to hurt."""
    network = Network()
    network.load(
        "stores",
        *(
            {"store_code": code, "name": name, "dealer_code": dealer, **SOMEWHERE, **more}
            for code, dealer, name, more in (
                ("S1", "D1", FRAME, {"branch_code": "B2"}),
                ("S2", "D2", PICTURE, {"branch_code": ""}),
                ("S4", "D1", LINK, {"branch_code": "B2"}),
            )
        ),
    )
    network.load(
        "dealers", {"dealer_code": "D1", "name": PICTURE}, {"dealer_code": "D2", "name": LINK}
    )
    network.load("branches", {"branch_code": "B2", "name": PICTURE, "parent_code": "B1"})
    network.load("guides", {"guide_code": "G1", "name": LINK, "store_code": "S1", "role": "guide"})
    save(
        network,
        territory("T1", "D1", square(121.4, 31.2)),
        territory(CODE, "D1", square(121.6, 31.2)),
    )
    chain.arrives("wx-late-7", 1, BUND)
    body = {
        "name": PICTURE,
        "on": {"entries": {"from": chain.day(6), "to": chain.day(0)}},
        "policy": {"preset": "nearest_first"},
    }
    simulation_runs.ask(body, actor=COMMAND_LINE, user_id=None, now=chain.noon(0))
    Runner("test", simulation_runs.HANDLERS).drain()
    return chain


@pytest.fixture
def served(hostile: Chain) -> Iterator[str]:
    with serving(hostile.house.app) as address:
        yield address


def test_on_every_map_a_hostile_name_is_text(hostile, served, browser):
    with reading(browser, served) as reader:
        reader.sign_in("petra")
        page, drawn, wrong = reader.page, 0, []
        for path in MAPS:
            page.goto(path.format(entry=hostile.entries["wx-late-7"]), wait_until="networkidle")
            said = "".join(page.evaluate(TOUCH_ALL))
            drawn += FRAME in said or PICTURE in said or LINK in said or CODE in said
            found = page.evaluate(MADE)
            if found["made"] or found["title"] == "owned":
                wrong.append((path, found))
            assert page.locator("[data-map]").count(), f"{path} has no map"
        assert wrong == []
        assert drawn >= len(MAPS) - 2, "the names were seen, as they were written"


def test_a_pointer_over_a_dot_shows_the_name_as_it_is_written(hostile, served, browser):
    with reading(browser, served) as reader:
        reader.sign_in("petra")
        page = reader.page
        page.goto("/hq/stores/S1?lang=en", wait_until="networkidle")
        page.wait_for_selector(".map canvas")
        at = page.evaluate(
            "() => { const m = document.querySelector('[data-map]').storeMap.map; return "
            "m.latLngToContainerPoint([31.2304, 121.4737]); }"
        )
        page.locator(".map").hover(position=at)
        page.wait_for_selector(".leaflet-tooltip")
        assert (
            page.locator(".leaflet-tooltip").inner_text().startswith(("<iframe", "<img", "<a hx"))
        )
        page.locator(".map").click(position=at)
        page.wait_for_selector(".leaflet-popup")
        assert page.locator(".leaflet-popup-close-button").inner_text() == "×"
        assert page.locator(".leaflet-popup-close-button").get_attribute("aria-label") == "Close"
        page.click(".leaflet-popup-close-button")
        assert page.evaluate(MADE)["made"] == []


def test_what_htmx_brings_is_drawn_and_its_names_are_text(hostile, served, browser):
    with reading(browser, served, locale="en-US") as reader:
        reader.sign_in("petra")
        page = reader.page
        page.goto("/hq?lang=en", wait_until="networkidle")
        page.keyboard.press("Control+k")
        page.keyboard.type("S1")
        page.wait_for_selector("#found-rows a")
        assert FRAME[:40] in page.inner_text("#found-rows")
        page.goto("/hq/orders?lang=en", wait_until="networkidle")
        page.focus("input[name=store]")
        page.wait_for_selector("#offer-store option", state="attached")
        assert page.evaluate(MADE) == {"title": page.title(), "made": []}


def test_no_string_becomes_an_element_script_or_frame_in_the_office(hostile, served, browser):
    with reading(browser, served) as reader:
        reader.sign_in("petra")
        reader.page.goto("/hq", wait_until="networkidle")
        found = reader.page.evaluate(SINKS)
        reader.faults.clear()  # the browser says in its console what it refused
    assert found == {
        "inside": 0,
        "beside": 1,
        "parsed": 0,
        "framed": "&lt;b&gt;x&lt;/b&gt;",
        "script": True,
        "words": True,
        "policy": True,
    }


@pytest.mark.parametrize("path", ["/docs", "/sign-in"])
def test_pages_without_the_policy_refuse_every_string(chain, browser, path):
    with serving(chain.house.app) as served, reading(browser, served) as reader:
        reader.page.goto(path)
        refused = reader.page.evaluate(
            """() => { try { document.createElement("div").innerHTML = "<b>x</b>"; return ""; } catch (error) { return error.name; } }"""
        )
        reader.faults.clear()
    assert refused == "TypeError"
