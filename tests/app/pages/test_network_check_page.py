"""The network check as a page, a file, a line of Today's work and a command (A3, A12)."""
from __future__ import annotations

import csv
import io
import re

import pytest

from stores import network_check
from tests.app.cli.conftest import Chain as Lines
from tests.app.conftest import on_both_engines
from tests.app.pages.conftest import Chain, statements
from tests.app.pages.test_figures import text
from tests.network import Network


@pytest.fixture(autouse=True)
def _unkept():
    network_check.forget()


@on_both_engines
def test_the_page_says_how_many_then_each_with_why_and_what_next(chain):
    page = chain.client("petra").get("/hq/network-check?lang=en").text
    said = text(page)
    assert "1 finding in the network; 1 leads visitors wrong today." in said
    assert "Nobody can be led there: its cloud shop is off." in said and "it sells nothing online" in said and "Mend what is missing" in said
    assert 'href="/hq/stores/S3"' in page and 'href="/hq/stores/S3/edit"' in page
    assert "云店未开启" in chain.client("petra").get("/hq/network-check?lang=zh").text


def test_finance_reads_it_without_a_way_to_edit(chain):
    page = chain.client("finn").get("/hq/network-check").text
    assert "/hq/stores/S3" in page and "/edit" not in page


def test_it_is_headquarters_alone_because_findings_are_about_two_dealers(chain):
    assert [chain.client(name).get("/hq/network-check").status_code for name in ("petra", "finn", "bea", "omar", "max", "mei")] == [200, 200, 403, 403, 403, 403]
    assert "/hq/network-check" not in chain.client("bea").get("/hq").text


@pytest.mark.parametrize("query", ["kind=point_at_sea", "dealer=D2", "q=nothing"])
def test_a_filter_without_findings_says_so(chain, query):
    assert "Clear the filter" in chain.client("petra").get(f"/hq/network-check?{query}&lang=en").text


@pytest.mark.parametrize(("form", "first"), [("csv", "Finding"), ("xlsx", "PK")])
def test_the_file_holds_what_the_list_shows(chain, form, first):
    answer = chain.client("petra").get(f"/hq/network-check?export={form}&lang=en")
    assert answer.status_code == 200 and answer.data.lstrip(b"\xef\xbb\xbf").startswith(first.encode())
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert [(row["Finding"], row["Store or area"]) for row in rows] == [("Store without visitors", "S3")]


def test_the_whole_file_has_why_and_what_next_in_each_row(chain):
    client = chain.client("petra")
    door = re.search(r'href="(/hq/network-check\?export=xlsx[^"]*)"', client.get("/hq/network-check").text)[1].replace("&amp;", "&")
    rows = list(csv.DictReader(io.StringIO(client.get(door.replace("xlsx", "csv") + "&lang=en").data.decode("utf-8-sig"))))
    assert rows[0]["Why it matters"].startswith("Links, codes") and rows[0]["What to do"].startswith("Mend") and rows[0]["Dealer"] == "D1"


def test_many_findings_are_paged_and_each_is_shown_once(chain):
    network = Network()
    network.now = chain.noon(0)
    network.load("stores", *({"store_code": f"X{n:03}", "name": f"X{n}", "dealer_code": "D1", "latitude": f"{30 + n / 100}", "longitude": "121", "crs": "wgs84",
                              "cloud_shop": "off"} for n in range(120)))
    client, path, seen = chain.client("petra"), "/hq/network-check?kind=store_unreachable&lang=en", []
    while path:
        page = client.get(path).text
        seen += re.findall(r'<a class="chip" href="/hq/stores/(\w+)"', page)
        after = re.search(r'href="([^"]*)" rel="next"', page)
        path = after[1].replace("&amp;", "&") if after else ""
    assert len(seen) == len(set(seen)) == 121 and "121 lead visitors wrong today" in client.get("/hq/network-check?lang=en").text


def test_todays_work_shows_the_number_and_opens_the_page(chain):
    page = chain.client("petra").get("/hq?lang=en").text
    assert re.search(r'href="/hq/network-check"', page) and "Findings of the network check" in page
    assert "Findings of the network check" not in chain.client("bea").get("/hq?lang=en").text


def test_the_page_asks_a_bounded_number_of_times(chain: Chain):
    client = chain.client("petra")
    client.get("/hq/network-check")
    with statements() as found:
        client.get("/hq/network-check")
    assert len(found) <= 10


def test_the_command_counts_names_and_writes_a_file(chain, tmp_path):
    lines, file = Lines(chain.house, tmp_path), tmp_path / "findings.csv"
    done = lines.run("network", "check", "--csv", file)
    assert done.exit_code == 0 and done.stdout.splitlines()[-1] == "1" and "Store without visitors: 1" in done.stdout
    (row,) = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig")))
    assert (row["kind"], row["code"], row["dealer"]) == ("store_unreachable", "S3", "D1") and "cloud shop" in row["what"]
    assert "门店无法接待访客: 1" in lines.run("network", "check", "--lang", "zh").stdout
