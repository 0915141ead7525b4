"""Every page of every role, in both languages, with and without facts; what is not one's own is not
there (P6)."""

from __future__ import annotations

import pytest

from tests.app.conftest import on_both_engines
from tests.app.pages.conftest import Chain, statements
from tests.app.pages.every import addresses

READERS = ("petra", "finn", "bea", "omar", "max", "mei")


def opened(chain: Chain, name: str, facts: bool) -> dict[str, int]:
    client = chain.client(name)
    return {
        f"{path} {tongue}": client.get(path, headers={"Accept-Language": tongue}).status_code
        for path in addresses.of(chain, name, facts)
        for tongue in ("zh", "en")
    }


@on_both_engines
@pytest.mark.parametrize("name", READERS)
def test_every_page_opens_on_a_chain_where_something_happened(chain, name):
    assert {
        path: status for path, status in opened(chain, name, True).items() if status != 200
    } == {}


@pytest.mark.parametrize("name", READERS)
def test_every_page_opens_on_a_chain_where_nothing_happened(bare_chain, name):
    assert {
        path: status for path, status in opened(bare_chain, name, False).items() if status != 200
    } == {}


def test_a_user_whose_guide_is_gone_gets_an_empty_page(house):
    house.user("eve", "guide", 4711)
    assert house.signed_in("eve").get("/guide").status_code == 200


FOREIGN = [  # who, what is not his
    ("omar", "/dealer/orders/O-2"),
    ("omar", "/dealer/orders/O-9"),
    ("omar", "/dealer/orders/NOPE"),
    ("omar", "/dealer/stores/S2"),
    ("omar", "/dealer/guides/G2"),
    ("omar", "/dealer/ledger/fees?store=S2"),
    ("omar", "/dealer/ledger/rewards?guide=G2"),
    ("omar", "/dealer/ledger/fees?dealer=D2"),
    ("omar", "/dealer/ledger/mood"),
    ("olga", "/dealer/orders/O-1"),
    ("olga", "/dealer/stores/S1"),
    ("olga", "/dealer/guides/G1"),
    ("bea", "/hq/orders/O-2"),
    ("bea", "/hq/orders/O-9"),
    ("bea", "/hq/stores/S2"),
    ("bea", "/hq/stores/S3"),
    ("bea", "/hq/dealers/D2"),
    ("bea", "/hq/guides/G2"),
    ("bea", "/hq/entries/{wx-gus-004}"),
    ("bea", "/hq/entries/{wx-gus-004}/stores.json"),
    ("bea", "/hq/customers/{number of wx-gus-004}"),
    ("bea", "/hq/customers/{number of wx-nobody-9}"),
    ("bea", "/hq/entries/{wx-any-006}"),
    ("bea", "/hq/ledger/fees?dealer=D2"),
    ("bea", "/hq/ledger/fees?store=S2"),
    ("max", "/guide/team/G2"),
    ("mei", "/guide/team/G2"),
    ("mei", "/guide/team/M1"),
    ("gus", "/guide/team/G1"),
    ("petra", "/hq/users/4711"),
    ("petra", "/hq/keys/4711"),
    ("petra", "/hq/users/999999999999999999999"),
    ("petra", "/hq/keys/999999999999999999999"),
    ("mei", "/guide/orders/O-2"),
    ("mei", "/guide/orders/O-9"),
    ("mei", "/guide/orders/NOPE"),
    ("gus", "/guide/orders/O-1"),
    ("max", "/guide/orders/O-2"),
    ("max", "/guide/adds/contact.confirmed-G2-wx-gus-004"),
    ("mei", "/guide/adds/contact.confirmed-G2-wx-gus-004"),
    ("mei", "/guide/adds/a/b"),
    ("max", "/guide/customers?guide=G2"),
    ("mei", "/guide/customers/999999999999999999999"),
    ("mei", "/guide/code?channel=NOPE"),
    ("petra", "/hq/stores/NOPE/offers"),
    ("petra", "/hq/orders/NOPE"),
    ("petra", "/hq/stores/NOPE"),
    ("petra", "/hq/dealers/NOPE"),
    ("petra", "/hq/guides/NOPE"),
    ("petra", "/hq/entries/NOPE"),
    ("petra", "/hq/imports/4711"),
    ("petra", "/hq/imports/4711/progress"),
    ("petra", "/hq/imports/4711/errors.csv"),
]


@pytest.mark.parametrize(("name", "path"), FOREIGN)
def test_what_is_not_ones_own_is_not_there(chain, name, path):
    for customer, entry_id in chain.entries.items():
        path = path.replace(f"{{{customer}}}", entry_id)
    for number, customer in chain.customers().items():
        path = path.replace(f"{{number of {customer}}}", str(number))
    assert chain.client(name).get(path).status_code == 404


SETTINGS = (
    "/hq/users",
    "/hq/users/1",
    "/hq/users/new",
    "/hq/keys",
    "/hq/keys/1",
    "/hq/keys/new",
    "/hq/audit",
)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("omar", "/hq"),
        ("omar", "/guide"),
        ("mei", "/hq"),
        ("mei", "/dealer"),
        ("max", "/hq/orders/O-1"),
        ("petra", "/dealer"),
        ("petra", "/guide/code"),
        ("bea", "/dealer/orders/O-1"),
        *(("bea", path) for path in SETTINGS),
        *(("finn", path) for path in SETTINGS if path != "/hq/audit"),
        ("omar", "/hq/users"),
        ("mei", "/hq/audit"),
        ("max", "/hq/keys"),
        *((name, "/hq/stores/S1/offers") for name in ("finn", "bea", "omar")),
        ("finn", "/hq/imports"),
        ("bea", "/hq/imports"),
        ("bea", "/hq/jobs"),
        ("omar", "/hq/imports/1"),
    ],
)
def test_the_portal_of_another_role_is_closed(chain, name, path):
    assert chain.client(name).get(path).status_code == 403


LISTS = {  # path: what the branch of S1 must not find on it
    "/hq": ["S2", "wx-gus"],
    "/hq/entries": ["S2", "D2"],
    "/hq/orders": ["O-2", "O-9", "D2"],
    "/hq/stores": ["S2", "S3"],
    "/hq/dealers": ["D2", "Olga"],
    "/hq/adds": ["G2", "Gus"],
    "/hq/ledger/gross": ["O-2"],
}


@pytest.mark.parametrize("path", LISTS)
def test_a_branch_sees_its_subtree_alone(chain, path):
    page = chain.client("bea").get(path).text
    assert [text for text in LISTS[path] if f">{text}<" in page] == []


def test_a_dealer_sees_his_own_customers_masked_with_their_protection(chain):
    own, other = (chain.client(name).get("/dealer/customers").text for name in ("omar", "olga"))
    assert "wx****01" in own and "wx****04" not in own
    assert "wx****04" in other and "wx****01" not in other
    assert "wx-mei-001" not in own


@pytest.mark.parametrize("name", ["petra", "omar"])
def test_no_page_names_a_customer_in_full(chain, name):
    client = chain.client(name)
    pages = "".join(client.get(path).text for path in addresses.of(chain, name))
    assert [customer for customer in chain.entries if customer in pages] == []


def test_the_why_page_tells_distances_in_classes_and_never_a_point(chain):
    page = chain.client("petra").get(f"/hq/entries/{chain.entries['wx-any-005']}?lang=en").text
    assert "S1 is the store nearest to you (less than 1 km away)." in page
    assert "离您最近的门店" in page
    assert (
        "decided again from the exact point" in page
        or "checked against the recorded candidates" in page
    )
    assert "31.2304" not in page and "121.4737" not in page and "distance_m" not in page


@pytest.mark.parametrize(
    "query",
    [
        "from=x",
        "from=2026-02-30",
        "from=2026-03-02&to=2026-03-01",
        "from=0001-01-01&to=9999-12-31",
        "cursor=nonsense",
        "day=2026-13-01",
        "month=2026-1",
        "day=9999-12-31x",
        "cursor=" + "A" * 500,
    ],
)
@pytest.mark.parametrize("path", ["/hq/orders", "/hq/entries", "/hq/refunds", "/hq/adds"])
def test_a_filter_that_cannot_be_read_is_refused(chain, path, query):
    assert chain.client("petra").get(f"{path}?{query}").status_code in (400, 422)


@pytest.mark.parametrize(
    "query",
    [
        "endpoint=x&_external=1&_scheme=ftp&order_no=x",
        "rung=NOPE&store=%F0%9F%98%80",
        "period=soon&page=-1",
        "located=maybe&status=odd&q=%25_",
    ],
)
@pytest.mark.parametrize("path", ["/hq", "/hq/orders", "/hq/entries", "/hq/stores", "/hq/dealers"])
def test_odd_filters_find_nothing_and_break_nothing(chain, path, query):
    page = chain.client("petra").get(f"{path}?{query}")
    assert page.status_code == 200
    assert "ftp:" not in page.text


# -- pages of long lists ---------------------------------------------------------------------------


def test_a_long_list_comes_in_pages_without_gap_or_repetition(chain):
    for number in range(120):
        chain.buys(f"P-{number:03}", "wx-any-005", 1, 100 + number)
    client, path, found = chain.client("petra"), f"/hq/orders?day={chain.day(1)}", []
    for _ in range(3):
        page = client.get(path).text
        found += [part.split('"')[0] for part in page.split('href="/hq/orders/')[1:]]
        path = (
            page.split('rel="next"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
            if 'rel="next"' in page
            else ""
        )
    assert path == ""
    assert sorted(found) == sorted(["O-3", "O-9", *(f"P-{n:03}" for n in range(120))])


LONGEST = {
    "/hq": 52,
    "/hq/entries": 12,
    "/hq/orders": 12,
    "/hq/refunds": 12,
    "/hq/stores": 12,
    "/hq/dealers": 14,
    "/hq/dealers/D1": 16,
    "/hq/users": 12,
    "/hq/keys": 12,
    "/hq/audit": 16,
    "/account": 8,
    "/hq/stores/S1": 24,
    "/hq/adds": 12,
    "/hq/branches": 10,
    "/hq/guides": 10,
    "/hq/areas": 10,
    "/hq/guides/G1": 40,
    "/hq/orders/O-1": 22,
}


@pytest.mark.parametrize("path", LONGEST)
def test_a_page_asks_the_database_a_bounded_number_of_times(chain, path):
    client = chain.client("petra")
    client.get(path)  # rewards are booked, snapshots loaded
    with statements() as few:
        client.get(path)
    for number in range(30):
        chain.arrives(f"wx-more-{number}", 1, ("31.2304", "121.4737"))
        chain.buys(f"P-{number}", f"wx-more-{number}", 1, 1000)
    client.get(path)
    with statements() as many:
        client.get(path)
    assert len(many) == len(few)
    assert len(many) <= LONGEST[path]
