"""The pages of each portal on the small chain, for tests that open them all."""
from __future__ import annotations

from tests.app.pages.conftest import Chain


def of(chain: Chain, name: str, facts: bool = True) -> list[str]:
    """Every address that this person's portal has, with objects of his own."""
    three_ago = chain.day(3)
    portals = {
        "hq": ["/hq", "/hq?period=today", "/hq?period=yesterday", "/hq?period=30d", "/hq/entries", "/hq/entries?rung=PICKER&located=no", "/hq/adds", "/hq/orders",
               "/hq/orders?owner=unattributed", "/hq/refunds", "/hq/stores", "/hq/stores?silent=yes", "/hq/stores/S1", "/hq/dealers", "/hq/dealers/D1",
               "/hq/dealers/D1?by=store", "/hq/dealers/D1?by=month", "/hq/guides/G1", "/hq/ledger/fees", "/hq/ledger/rewards", "/hq/samples",
               "/hq/performance", "/hq/performance?by=dealer", "/hq/performance?by=branch", "/hq/performance?by=day&branch=B2", "/hq/rewards", "/hq/rewards?by=store",
               f"/hq/rewards?by=component&month={three_ago[:7]}", "/hq/reward-months"],
        "dealer": ["/dealer", f"/dealer?month={three_ago[:7]}", "/dealer/orders", f"/dealer/orders?store=S1&day={three_ago}", "/dealer/refunds", "/dealer/stores",
                   "/dealer/stores/S1", "/dealer/customers", "/dealer/customers?protected=yes", "/dealer/rewards", "/dealer/guides/G1", "/dealer/ledger/fees",
                   "/dealer/ledger/rewards?guide=G1"],
        "branch": ["/hq", "/hq/entries", "/hq/adds", "/hq/orders", "/hq/refunds", "/hq/stores", "/hq/stores/S1", "/hq/dealers", "/hq/dealers/D1", "/hq/guides/G1",
                   "/hq/ledger/fees", "/hq/performance", "/hq/performance?by=dealer", "/hq/rewards", "/hq/rewards?by=store", "/hq/rewards?by=component"],
        "guide": ["/guide", f"/guide?month={three_ago[:7]}", "/guide/customers", "/guide/code", "/guide/team/G1"],
    }
    happened = {"hq": [f"/hq/entries/{entry}" for entry in chain.entries.values()] + ["/hq/orders/O-1", "/hq/orders/O-9"],
                "branch": ["/hq/orders/O-1"], "dealer": ["/dealer/orders/O-1"], "guide": []}
    portal = {"petra": "hq", "finn": "hq", "bea": "branch", "omar": "dealer", "max": "guide", "mei": "guide"}[name]
    return portals[portal] + (happened[portal] if facts else [])
