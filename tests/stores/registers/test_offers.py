"""Store offers by file and as a whole list; every process answers by them (bundle, M7, M22)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

import db
from ledger.audit import audit_log
from stores.base import versions
from stores.base.actors import COMMAND_LINE, Actor
from stores.base.versions import Versions, network_change
from stores.imports.check import Row
from stores.imports.outcomes import Outcome, Refused
from stores.network import loading
from stores.network import network as networks
from stores.network.offers import store_offer
from stores.registers import offers
from stores.routing.answers import bundle


@pytest.fixture
def shops(network):
    network.open_store("S1", cloud_shop_url="pages/shop?id=1")
    network.open_store("S2", "D2")
    return network


def offer(store="S1", kind="promotion", reference="P-1", **more):
    return {"store_code": store, "kind": kind, "reference": reference, **more}


def shown(network, code="S1", day=None):
    """The bundle by the snapshot that answers entries now."""
    with db.read() as connection:
        snapshot = networks.snapshot(versions.current(connection))
    return bundle(snapshot.by_code[code], None, snapshot, day or network.today)


def replaced(network, code, *rows):
    found = [
        Row(line, {"store_code": code, "switch": True, **row}) for line, row in enumerate(rows, 1)
    ]
    return offers.replace_all(code, found, actor=COMMAND_LINE, now=network.now)


def test_under_one_entry_each_store_has_its_own_shop(shops):
    assert shops.load(
        "offers",
        offer(switch=""),
        offer(kind="range", reference="TEA", switch="on"),
        offer("S2", switch="off"),
        offer("S2", "range", "TEA", switch="off"),
    ) == Outcome(new=4)
    assert shown(shops) == {
        "cloud_shop_url": "pages/shop?id=1",
        "guide_code": None,
        "promotions": ["P-1"],
        "ranges": {"on": ["TEA"], "off": []},
    }
    assert shown(shops, "S2") == {
        "cloud_shop_url": None,
        "guide_code": None,
        "promotions": [],
        "ranges": {"on": [], "off": ["TEA"]},
    }


def test_rows_are_upserted_by_store_kind_and_reference(shops):
    shops.load("offers", offer(switch="on", valid_from="2035-06-01", valid_to="2035-06-30"))
    assert shops.load(
        "offers", offer(switch="on", valid_from="2035-06-01", valid_to="2035-06-30")
    ) == Outcome(unchanged=1)
    assert shops.load("offers", offer(valid_to="2035-07-31")) == Outcome(
        changed=1
    )  # an absent column keeps its value
    assert shown(shops, day=dt.date(2035, 7, 31))["promotions"] == ["P-1"]
    assert shown(shops, day=dt.date(2035, 5, 31))["promotions"] == []
    assert shops.load("offers", offer(valid_to="", valid_from="")) == Outcome(
        changed=1
    )  # an empty cell clears it
    assert shown(shops, day=dt.date(2045, 1, 1))["promotions"] == ["P-1"]


def test_a_change_is_a_version_of_the_network_and_is_audited(shops):
    before = shops.version()
    shops.load("offers", offer())
    assert shops.version() == before + 1
    assert [(r.kind, r.changed) for r in shops.rows(network_change, "version")][-1] == ("offers", 1)
    with db.read() as connection:
        last = connection.execute(select(audit_log).order_by(audit_log.c.id.desc()).limit(1)).one()
    assert (last.action, last.object_kind, last.object_id) == ("save_network", "offers", "S1")
    shops.load("offers", offer())
    assert shops.version() == before + 1  # nothing changed, nothing written


def test_a_past_snapshot_has_what_was_switched_then(shops):
    shops.load("offers", offer())
    then = shops.version()
    shops.load("offers", offer(switch="off"))
    with db.read() as connection:
        now = versions.current(connection)
        old = loading.load(connection, Versions(then, now.policy))
    assert [s.on for s in old.shelves.offers[old.by_code["S1"].id]] == [True]
    assert shown(shops)["promotions"] == []


def test_another_change_of_the_network_keeps_the_offers_that_were_read(shops):
    shops.load("offers", offer())
    with db.read() as connection:
        before = networks.snapshot(versions.current(connection))
    shops.open_store("S9")
    with db.read() as connection:
        after = networks.snapshot(versions.current(connection))
        assert after is not before and after.shelves is before.shelves
    shops.load("offers", offer("S9"))
    assert shown(shops, "S9")["promotions"] == shown(shops)["promotions"] == ["P-1"]


def test_a_list_replaced_whole_ends_what_it_leaves_out_but_history(shops):
    shops.load(
        "offers",
        offer(valid_to="2025-05-01"),
        offer(reference="P-2", valid_to=""),
        offer("S2", valid_to=""),
    )
    assert replaced(shops, "S1", {"kind": "range", "reference": "TEA"}) == Outcome(new=1, changed=1)
    assert shown(shops)["promotions"] == [] and shown(shops)["ranges"]["on"] == ["TEA"]
    assert shown(shops, "S2")["promotions"] == ["P-1"]
    assert [r.reference for r in shops.rows(store_offer) if r.version_to is None] == [
        "P-1",
        "P-1",
        "TEA",
    ]
    assert replaced(shops, "S1", {"kind": "range", "reference": "TEA"}) == Outcome(unchanged=1)
    assert replaced(shops, "S1") == Outcome(changed=1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (offer("NOPE"), "NOPE is no known store"),
        (offer(valid_from="2025-06-02", valid_to="2025-06-01"), "lies before valid_from"),
    ],
)
def test_one_faulty_row_refuses_all(shops, row, reason):
    with pytest.raises(Refused, match=reason):
        shops.load("offers", {**dict.fromkeys(row, ""), **offer("S2")}, row)
    assert shops.count(store_offer) == 0


def test_a_store_has_at_most_two_hundred_that_are_not_over(shops):
    shops.load(
        "offers",
        offer(reference="old", valid_to="2025-05-31"),
        *(offer(reference=f"P-{n}", valid_to="") for n in range(200)),
    )
    with pytest.raises(Refused, match="would have 201"):
        shops.load("offers", offer(reference="P-200"))
    assert len(shown(shops)["promotions"]) == 200


def test_whoever_may_not_write_the_network_may_not_switch(shops):
    with pytest.raises(Exception, match="network:write"):
        offers.replace_all(
            "S1", [], actor=Actor("key:1", frozenset({"network:read"})), now=shops.now
        )
