"""Role x every page that is linked from his own pages x export, among real foreign objects (P4,
P6): nothing names another's store, dealer, guide, branch or order. The pages are found by following
their links, so a new page takes part as soon as something leads to it."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag, urlsplit

import pytest
from python_calamine import CalamineWorkbook

from tests.app.conftest import on_both_engines
from tests.app.two_dealers import CUSTOMERS, FOREIGN, LIMITS, TwoDealers, two_dealers

ROLES = {
    "branch": "branch_coordinator",
    "dealer": "dealer",
    "store": "store_manager",
    "guide": "guide",
}
FRONT = {"branch": "/hq", "dealer": "/dealer", "store": "/guide", "guide": "/guide"}
MOST = 220  # pages of one reader; the same list under other sorts and days is one page
SAME = re.compile(r"(?<=[?&])(sort|day|from|to|period|lang|col|cursor|month|theme)=[^&]*&?")
LINK = re.compile(r'(?:href|hx-get|data-url|data-source|data-points|src)="(/[^"]*)"')
EVERY = [(kind, code) for kind, codes in LIMITS.items() for code in codes]


@pytest.fixture
def world(house: Any) -> Iterator[TwoDealers]:
    with two_dealers(house) as made:
        yield made


def walk(client: Any, front: str) -> Iterator[tuple[str, Any]]:
    """Every page that links lead to, each list once, with its files."""
    waiting, known = [front], {front}
    while waiting and len(known) < 2000:
        path = waiting.pop(0)
        answer = client.get(path)
        yield path, answer
        if "html" not in answer.content_type:
            continue
        for found in LINK.findall(answer.text):
            link = urldefrag(html.unescape(found))[0]
            plain = SAME.sub("", link).rstrip("?&")
            if (
                "export=" not in plain
                and urlsplit(plain).path.split("/")[1]
                in ("hq", "dealer", "guide", "maps", "notices", "account")
                and plain not in known
            ):
                known.add(plain)
                waiting.append(plain)
        if "export=csv" in answer.text:
            for form in ("csv", "xlsx"):
                wide = re.findall(r'name="col" value="(\w+)"', answer.text)
                query = "&".join(
                    [f"export={form}", *(f"col={name}" for name in dict.fromkeys(wide))]
                )
                yield (
                    f"{path}{'&' if '?' in path else '?'}{query}",
                    client.get(f"{path}{'&' if '?' in path else '?'}{query}"),
                )


def text_of(answer: Any) -> str:
    if "spreadsheet" in answer.content_type:
        return str(
            CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
            .get_sheet_by_index(0)
            .to_python()
        )
    return html.unescape(answer.get_data(as_text=True)) + str(answer.headers)


@pytest.mark.parametrize(
    ("house", "limit"),
    [*(("sqlite", limit) for limit in EVERY), *(("postgresql", limit) for limit in EVERY[:4:2])],
    indirect=["house"],
    ids=lambda each: each if isinstance(each, str) else "-".join(each),
)
def test_no_page_and_no_file_names_others(world, limit):
    kind, code = limit
    world.house.user("reader", ROLES[kind], world.id_of(kind, code))
    client, faults, seen = world.house.signed_in("reader"), [], 0
    for path, answer in walk(client, FRONT[kind]):
        seen += 1
        assert answer.status_code in (200, 302, 303, 404), (path, answer.status_code)
        said = text_of(answer)
        faults += [(path, word) for word in FOREIGN[limit] if word in said and word not in path]
        faults += [(path, word) for word in CUSTOMERS if word in said]
        assert seen < MOST * 3
    assert seen > 15
    assert faults == [], "\n".join(map(str, faults))


@pytest.mark.parametrize("limit", [("dealer", "NORBERT"), ("branch", "BR-N")], ids="-".join)
@on_both_engines
def test_an_order_says_that_there_is_another_store_and_guide_and_not_which(world, limit):
    kind, code = limit
    world.house.user("reader", ROLES[kind], world.id_of(kind, code))
    client = world.house.signed_in("reader")
    page = client.get(f"{FRONT[kind]}/orders/ORD-S-IN-N?lang=en").text
    assert (
        page.count("another store of the brand") == 3
    )  # who ships, and the home credit of the order and of its refund
    assert "a guide of another store" in page
    chinese = client.get(f"{FRONT[kind]}/orders/ORD-S-IN-N?lang=zh").text
    assert chinese.count("品牌的另一家门店") == 3
    rows = client.get(
        f"{FRONT[kind]}/orders?export=csv&lang=en&col=order_no&col=guide&col=fulfilment&from=2026-03-01&to=2026-03-18"
    ).get_data(as_text=True)
    assert "ORD-S-IN-N,,a guide of another store,,another store of the brand" in rows
    assert "ORD-NORTH,GD-NORA,Nora Lind,NORTHGATE,Lantern Lane" in rows
    asked = client.get(
        f"{FRONT[kind]}/orders?export=csv&guide=GD-SALVO&from=2026-03-01&to=2026-03-18"
    ).get_data(as_text=True)
    assert "ORD-" not in asked  # nobody learns by asking whose hidden credit it is


@on_both_engines
def test_who_worked_for_a_dealer_stays_named_on_his_orders(world):
    """Nora moves to Southsea: Norbert keeps her name on what she sold for him, and learns nothing
    of what she sells there."""
    world.network.now = world.at(0)
    world.network.load(
        "guides", {"guide_code": "GD-NORA", "name": "Nora Lind", "store_code": "SOUTHSEA"}
    )
    for kind, code, named in (
        ("dealer", "NORBERT", True),
        ("dealer", "SULLA", True),
        ("store", "NORTHGATE", True),
    ):
        key = world.key("read", kind, code)
        order = "ORD-NORTH" if code != "SULLA" else "ORD-N-IN-S"
        answer = (
            world.house.stranger()
            .get(f"/api/v1/orders/{order}", headers={"Authorization": f"Bearer {key}"})
            .json
        )
        assert (answer["guide_code"] == "GD-NORA") is named, (kind, code)
