"""The network check as a page, a file, a line of Today's work and a command (A3, A12)."""

from __future__ import annotations

import csv
import io
import re

import pytest

from app.ui import network_findings
from stores import network_check
from tests.app.cli.conftest import Chain as Lines
from tests.app.conftest import on_both_engines
from tests.app.pages.conftest import Chain, statements
from tests.app.pages.test_figures import text
from tests.network import Network
from tests.stores.registers.test_areas import save, square, territory


@pytest.fixture(autouse=True)
def _unkept():
    network_check.forget()


@on_both_engines
def test_the_page_says_how_many_then_each_with_why_and_what_next(chain):
    page = chain.client("petra").get("/hq/network-check?lang=en").text
    said = text(page)
    assert "2 findings in the network; 1 leads visitors wrong today." in said
    assert (
        "Nobody can be led there: its cloud shop is off." in said
        and "it sells nothing online" in said
        and "Mend what is missing" in said
    )
    assert 'href="/hq/stores/S3"' in page and 'href="/hq/stores/S3/edit"' in page
    assert "云店未开启" in chain.client("petra").get("/hq/network-check?lang=zh").text


def test_finance_reads_it_without_a_way_to_edit(chain):
    page = chain.client("finn").get("/hq/network-check").text
    assert "/hq/stores/S3" in page and "/edit" not in page


def test_it_is_headquarters_alone_because_findings_are_about_two_dealers(chain):
    assert [
        chain.client(name).get("/hq/network-check").status_code
        for name in ("petra", "finn", "bea", "omar", "max", "mei")
    ] == [200, 200, 403, 403, 403, 403]
    assert "/hq/network-check" not in chain.client("bea").get("/hq").text


@pytest.mark.parametrize("query", ["kind=point_at_sea", "dealer=D2", "q=nothing"])
def test_a_filter_without_findings_says_so(chain, query):
    assert (
        "Clear the filter" in chain.client("petra").get(f"/hq/network-check?{query}&lang=en").text
    )


@pytest.mark.parametrize(("form", "first"), [("csv", "Finding"), ("xlsx", "PK")])
def test_the_file_holds_what_the_list_shows(chain, form, first):
    answer = chain.client("petra").get(f"/hq/network-check?export={form}&lang=en")
    assert answer.status_code == 200 and answer.data.lstrip(b"\xef\xbb\xbf").startswith(
        first.encode()
    )
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert [(row["Finding"], row["Store, area or dealer"]) for row in rows] == [
            ("Store without visitors", "S3"),
            ("Several stores at one point", "S1"),
        ]


def test_the_whole_file_has_why_and_what_next_in_each_row(chain):
    client = chain.client("petra")
    door = re.search(
        r'href="(/hq/network-check\?export=xlsx[^"]*)"', client.get("/hq/network-check").text
    )[1].replace("&amp;", "&")
    rows = list(
        csv.DictReader(
            io.StringIO(
                client.get(door.replace("xlsx", "csv") + "&lang=en").data.decode("utf-8-sig")
            )
        )
    )
    assert (
        rows[0]["Why it matters"].startswith("Links, codes")
        and rows[0]["What to do"].startswith("Mend")
        and rows[0]["Dealer"] == "D1"
    )


def test_many_findings_are_paged_and_each_is_shown_once(chain):
    network = Network()
    network.now = chain.noon(0)
    network.load(
        "stores",
        *(
            {
                "store_code": f"X{n:03}",
                "name": f"X{n}",
                "dealer_code": "D1",
                "latitude": f"{30 + n / 100}",
                "longitude": "121",
                "crs": "wgs84",
                "cloud_shop": "off",
            }
            for n in range(120)
        ),
    )
    client, path, seen = (
        chain.client("petra"),
        "/hq/network-check?kind=store_unreachable&lang=en",
        [],
    )
    while path:
        page = client.get(path).text
        seen += re.findall(r'<a class="chip" href="/hq/stores/(\w+)"', page)
        after = re.search(r'href="([^"]*)" rel="next"', page)
        path = after[1].replace("&amp;", "&") if after else ""
    assert (
        len(seen) == len(set(seen)) == 121
        and "121 lead visitors wrong today" in client.get("/hq/network-check?lang=en").text
    )


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
    assert (
        done.exit_code == 0
        and done.stdout.splitlines()[-1] == "2"
        and "Store without visitors: 1" in done.stdout
    )
    rows = {
        row["kind"]: row
        for row in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig")))
    }
    assert set(rows) == {"store_unreachable", "stores_one_point"}
    row = rows["store_unreachable"]
    assert (row["kind"], row["code"], row["dealer"]) == (
        "store_unreachable",
        "S3",
        "D1",
    ) and "cloud shop" in row["what"]
    assert "门店无法接待访客: 1" in lines.run("network", "check", "--lang", "zh").stdout


def test_what_is_out_of_all_proportion_is_said_in_both_languages(chain):
    """Each kind's sentence is made of the numbers that its finding carries."""
    odd = Network()
    odd.load(
        "stores",
        *(
            {
                "store_code": code,
                "name": code,
                "dealer_code": "D1",
                "latitude": "29.6",
                "longitude": "95.4",
                "crs": "wgs84",
                "country": country,
                "region_code": "999999",
                "service_radius_m": radius,
            }
            for code, country, radius in (("S71", "US", "5"), ("S72", "", "300000"))
        ),
    )
    odd.load("dealers", {"dealer_code": "D2", "name": "Olga", "platform_fee_bp": "5"})
    save(
        odd,
        territory(
            "T71", "D1", square(10.0, 50.0), region_codes=["shanghai"], postal_codes=["SW1A"]
        ),
    )
    client = chain.client("petra")
    said = {
        lang: text(client.get(f"/hq/network-check?lang={lang}&rows=200").text)
        for lang in ("en", "zh")
    }
    for words in (
        "The point lies in China, the store is said to be in United States. But: with the other "
        "sign of the longitude it lies in United States.",
        "2 stores of this dealer stand at exactly this point, S72 too.",
        "shanghai: no division of China and no country by ISO 3166.",
        "SW1A: no postal codes of China",
        "It delivers 5 m far.",
        "It delivers 300 km far.",
        "The platform fee is 5 basis points, 0.05 % of a sale.",
        "km from the nearest store that serves it",
    ):
        assert words in said["en"], words
    for words in (
        "坐标位于中国，门店登记在美国",
        "坐标完全相同",
        "shanghai：既不是中国区划",
        "SW1A：不是其门店所在的",
        "配送半径 5 米",
        "平台费率为 5 个基点，即销售额的 0.05%",
        "距服务它的最近门店",
    ):
        assert words in said["zh"], words


def test_every_kind_has_its_name_its_why_and_its_what_next():
    assert (
        network_findings.NAMES.keys()
        == network_findings.WHY.keys()
        == network_findings.NEXT.keys()
        == set(network_check.KINDS)
    )
