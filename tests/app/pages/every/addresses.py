"""The pages of each portal on the small chain, for tests that open them all."""

from __future__ import annotations

from collections.abc import Iterator

import db
from stores.customers.people import by_customer_id
from tests.app.pages.conftest import Chain

PORTAL_OF = {
    "petra": "hq",
    "finn": "hq",
    "bea": "branch",
    "omar": "dealer",
    "max": "guide",
    "mei": "guide",
}


def of(chain: Chain, name: str, facts: bool = True) -> list[str]:
    """Every address that this person's portal has, with objects of his own."""
    portal = PORTAL_OF[name]
    return [
        *PAGES[portal](chain, name),
        *own(chain, name),
        *(HAPPENED[portal](chain, name) if facts else ()),
    ]


def own(chain: Chain, name: str) -> Iterator[str]:
    """Everybody's."""
    yield "/account"
    yield "/account/password"
    yield "/about"
    if PORTAL_OF[name] == "hq":
        yield "/account/two-factor"


def hq(chain: Chain, name: str) -> Iterator[str]:
    yield from ("/hq", "/hq?period=today", "/hq?period=yesterday", "/hq?period=30d&figure=entries")
    yield from ("/hq/entries?rung=PICKER&located=no", *decisions(), *routes())
    yield from ("/hq/adds",)
    yield from (
        "/hq/orders",
        "/hq/orders?owner=unattributed",
        "/hq/refunds",
        "/hq/ledger/fees",
        "/hq/ledger/rewards",
    )
    yield from (
        "/hq/stores",
        "/hq/stores?silent=yes",
        "/hq/stores/S1",
        "/hq/stores?view=map&figure=entries",
        "/hq/stores?unowned=yes&sort=-sales",
    )
    yield from (
        "/hq/branches",
        "/hq/branches/B1",
        "/hq/guides",
        "/hq/guides?state=present",
        "/hq/areas",
    )
    if name == "petra":  # who maintains the network
        yield from (
            "/hq/new/store",
            "/hq/stores/S1/edit",
            "/hq/dealers/D1/edit",
            "/hq/new/branch",
            "/hq/branches/B1/edit",
            "/hq/new/area",
            "/hq/stores/S1/terms",
            "/hq/guides/G1/edit",
            "/hq/stores/S1/offers",
            "/hq/stores/S1/close",
            "/hq/stores/S1/close?successor_store_code=S2",
            "/hq/stores/S1/close?alone=yes",
        )
    yield from (
        "/hq/dealers",
        "/hq/dealers/D1",
        "/hq/dealers/D1?by=store",
        "/hq/dealers/D1?by=month",
    )
    yield from ("/hq/guides/G1",)
    yield from (
        "/hq/performance",
        "/hq/performance?by=dealer",
        "/hq/performance?by=branch",
        "/hq/performance?by=day&branch=B2",
    )
    yield from (
        "/hq/rewards",
        "/hq/rewards?by=store",
        f"/hq/rewards?by=component&month={chain.day(3)[:7]}",
        "/hq/reward-months",
    )
    yield from ("/hq/help-stores", "/hq/help-stores?reason=no_guide")
    yield from (
        "/hq/network-check",
        "/hq/network-check?kind=store_unreachable&q=S3&sort=-object",
        "/hq/network-check?kind=mood",
    )
    yield from ("/hq/jobs", "/hq/jobs?state=failed")
    yield from ("/hq/simulations", "/hq/simulations?sort=name")
    if name == "petra":  # who may try and publish rules
        yield from (
            "/hq/simulations/new",
            "/hq/simulations/new?question=rules",
            "/hq/simulations/new?question=territory&of=1",
        )
        yield from ("/hq/policy/edit", "/hq/policy/edit?version=1", "/hq/policy/review?version=1")
    if name == "petra":  # not for finance
        yield from (
            "/hq/reassign",
            "/hq/reassign?from_store_codes=S1&target=store&to_store_code=S2&causes=closed&sort=-moved",
        )
        yield from (
            "/hq/imports",
            "/hq/imports?kind=areas",
            "/hq/imports?kind=orders&of=stores&status=faults",
        )
    yield from ("/hq/plan", "/hq/plan?before=1&version=1")
    yield from ("/hq/samples", "/hq/samples/phone")
    yield from (
        "/hq/audit",
        "/hq/audit?actor=petra&action=sign_in&kind=user&object=1",
        "/hq/audit?actor=nobody",
    )
    if name == "petra":
        yield from (
            "/hq/users",
            "/hq/users?q=D1&role=dealer&state=active&second=no",
            "/hq/users?q=nobody",
            "/hq/users/1",
            "/hq/users/4",
            "/hq/users/new",
        )
        yield from ("/hq/keys", "/hq/keys?state=revoked", "/hq/keys/new")


def decisions() -> Iterator[str]:
    """Of headquarters and branches: routing, customers, search."""
    yield from (
        "/hq/entries",
        "/hq/entries?reason=nearest&channel=none&touchpoint=plain&sort=store",
        "/hq/policy",
        "/hq/policy?version=1&before=1",
    )
    yield from (
        "/hq/customers",
        "/hq/customers?bound=protected&sort=-protected_until&since=2026-01-01",
        "/hq/customers?bound=taken",
    )
    yield from ("/hq/search", "/hq/search?q=S1", "/hq/search?q=nothing+like+it")


def routes() -> Iterator[str]:
    yield from (
        "/hq/route",
        "/hq/route?lat=31.24&lng=121.48&crs=gcj02&accuracy=300",
        "/hq/route?lat=121.48,31.24&crs=wgs84",
    )
    yield from ("/hq/route?region=310106", "/hq/route?place=%E5%8D%97", "/hq/route?place=S1")


def hq_happened(chain: Chain, name: str) -> Iterator[str]:
    yield from (f"/hq/entries/{entry}" for entry in chain.entries.values())
    yield from (f"/hq/customers/{number}" for number in chain.customers())
    yield from ("/hq/orders/O-1", "/hq/orders/O-9")


def branch(chain: Chain, name: str) -> Iterator[str]:
    yield from ("/hq/help-stores", "/hq/help-stores?sort=store")
    yield from decisions()
    yield from ("/hq", "/hq/adds", "/hq/orders", "/hq/refunds", "/hq/ledger/fees")
    yield from (
        "/hq/stores",
        "/hq/stores/S1",
        "/hq/dealers",
        "/hq/dealers/D1",
        "/hq/branches",
        "/hq/branches/B2",
        "/hq/guides",
        "/hq/guides/G1",
        "/hq/areas",
    )
    yield from (
        "/hq/performance",
        "/hq/performance?by=dealer",
        "/hq/rewards",
        "/hq/rewards?by=store",
        "/hq/rewards?by=component",
    )


def branch_happened(chain: Chain, name: str) -> Iterator[str]:
    yield from (
        f"/hq/entries/{chain.entries['wx-mei-001']}",
        f"/hq/customers/{chain.number('wx-mei-001')}",
    )
    yield "/hq/orders/O-1"


def dealer(chain: Chain, name: str) -> Iterator[str]:
    yield "/dealer/search?q=S1"
    three_ago = chain.day(3)
    yield from (
        "/dealer",
        "/dealer/orders",
        f"/dealer/orders?store=S1&day={three_ago}",
        "/dealer/refunds",
        "/dealer/ledger/fees",
        "/dealer/ledger/rewards?guide=G1",
    )
    yield from (
        "/dealer/stores",
        "/dealer/stores?silent=yes",
        "/dealer/stores/S1",
        "/dealer/entries",
        "/dealer/entries?code=yes&store=S1",
    )
    yield from (
        "/dealer/customers",
        "/dealer/customers?state=protected",
        "/dealer/takeovers",
        "/dealer/takeovers?way=left",
        "/dealer/elsewhere",
    )
    yield from ("/dealer/revenue", "/dealer/revenue?by=month", "/dealer/revenue?by=store")
    yield from (
        "/dealer/rewards",
        f"/dealer/rewards?month={three_ago[:7]}",
        "/dealer/rewards/promised",
        "/dealer/rewards/payable",
        "/dealer/rewards/returned",
    )
    yield from (
        "/dealer/rewards/pending",
        "/dealer/guides/G1",
        "/dealer/codes",
        "/dealer/codes/sheet",
    )


def dealer_happened(chain: Chain, name: str) -> Iterator[str]:
    yield "/dealer/orders/O-1"
    with db.read() as connection:
        yield f"/dealer/customers/{by_customer_id(connection, ['wx-mei-001'])['wx-mei-001'].id}"


def guide(chain: Chain, name: str) -> Iterator[str]:
    yield from ("/guide", f"/guide?month={chain.day(3)[:7]}", "/guide?state=pending&part=sales")
    yield from ("/guide/progress", f"/guide/progress?month={chain.day(40)[:7]}")
    yield from ("/guide/customers", "/guide/customers?kind=ending", "/guide/customers?kind=pool")
    yield from ("/guide/code", "/guide/code?of=store", "/guide/team/G1", "/guide/help")
    if name == "max":  # the manager
        yield "/guide/moves"


def guide_happened(chain: Chain, name: str) -> Iterator[str]:
    yield from (
        "/guide/orders/O-1",
        "/guide/adds/contact.confirmed-G1-wx-mei-001",
        f"/guide/customers/{chain.number('wx-mei-001')}",
    )


PAGES = {"hq": hq, "branch": branch, "dealer": dealer, "guide": guide}
HAPPENED = {
    "hq": hq_happened,
    "branch": branch_happened,
    "dealer": dealer_happened,
    "guide": guide_happened,
}
