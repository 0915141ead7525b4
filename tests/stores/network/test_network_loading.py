"""M22: a snapshot made from another one is the one that is read whole, whatever changed between the
two, forwards and back."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

import db
from stores.base import versions
from stores.base.versions import Versions
from stores.network import loading
from stores.network.snapshot import Snapshot
from tests.network import Network
from tests.stores.routing.entrances import LAT, LNG, open_chain

CODES = st.sampled_from([f"S{n}" for n in range(1, 9)])
DEALERS = st.sampled_from(["D1", "D2"])


def row_of(code: str, **more: str) -> dict[str, str]:
    return {
        "store_code": code,
        "name": code,
        "dealer_code": "D1",
        "latitude": str(LAT),
        "longitude": str(LNG),
        "crs": "wgs84",
    } | more


FIRST = st.sampled_from(["S1", "S2", "S3"])  # they are there from the beginning
CHANGES = st.one_of(
    st.tuples(
        st.just("stores"),
        st.builds(
            lambda code, shop: {"store_code": code, "cloud_shop": shop},
            FIRST,
            st.sampled_from(["on", "off"]),
        ),
    ),
    st.tuples(
        st.just("stores"),
        st.builds(
            lambda code, dealer, place: row_of(
                code, dealer_code=dealer, longitude=str(LNG + place / 100)
            ),
            CODES,
            DEALERS,
            st.integers(0, 9),
        ),
    ),
    st.tuples(
        st.just("stores"), st.builds(lambda code: {"store_code": code, "status": "closed"}, FIRST)
    ),
    st.tuples(
        st.just("dealers"),
        st.builds(
            lambda code, fee: {"dealer_code": code, "name": code, "platform_fee_bp": str(fee)},
            DEALERS,
            st.integers(0, 900),
        ),
    ),
    st.tuples(
        st.just("branches"),
        st.builds(
            lambda code: {"branch_code": code, "name": f"{code}!", "parent_code": ""},
            st.sampled_from(["B1", "B3"]),
        ),
    ),
    st.tuples(
        st.just("guides"),
        st.builds(
            lambda n, code: {"guide_code": f"G{n}", "name": "G", "store_code": code},
            st.integers(1, 4),
            FIRST,
        ),
    ),
)


def picture(snapshot: Snapshot) -> dict[str, Any]:
    names = (
        "version",
        "policy_version",
        "policy",
        "stores",
        "guides",
        "channels",
        "closings",
        "pauses",
        "areas",
        "by_dealer",
        "by_region",
        "boundaries",
        "max_radius_m",
    )
    return {name: getattr(snapshot, name) for name in names} | {
        "shapes": sorted((key, shape.wkt) for key, shape in snapshot.shapes.items())
    }


def load(version: int, before: Snapshot | None = None) -> Snapshot:
    with db.read() as connection:
        return loading.load(
            connection, Versions(version, versions.current(connection).policy), before
        )


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(CHANGES, min_size=1, max_size=6))
def test_what_is_kept_of_another_snapshot_equals_what_is_read(
    network: Network, changes: list[tuple[str, dict[str, str]]]
):
    if not load(network.version()).stores:
        open_chain(network, 3)
        network.load("guides", {"guide_code": "G1", "name": "G", "store_code": "S1"})
    known = [network.version()]
    for kind, row in changes:
        network.load(kind, row)
        known.append(network.version())
    whole = {version: load(version) for version in set(known)}
    for version in whole:
        for before in whole.values():
            assert picture(load(version, before)) == picture(whole[version])


def test_one_changed_store_is_the_only_one_read(network: Network):
    open_chain(network, 30)
    before = load(network.version())
    network.load("stores", {"store_code": "S7", "name": "Moved", "dealer_code": "D1"})
    asked: list[str] = []
    listener = lambda c, cursor, statement, *rest: asked.append(statement)  # noqa: E731
    event.listen(db.database().engine, "before_cursor_execute", listener)
    try:
        after = load(network.version(), before)
    finally:
        event.remove(db.database().engine, "before_cursor_execute", listener)
    assert [a.code for a, b in zip(after.stores, before.stores, strict=True) if a is not b] == [
        "S7"
    ]
    assert not any(
        "FROM store_revision" in each and "IN (" not in each and "DISTINCT" not in each
        for each in asked
    )


def test_terms_of_a_dealer_reach_the_contracts_that_have_none_of_their_own(network: Network):
    open_chain(network, 2)
    before = load(network.version())
    network.load("dealers", {"dealer_code": "D2", "name": "Olga", "platform_fee_bp": "777"})
    after = load(network.version(), before)
    assert [
        c.platform_fee_bp for s in after.stores for c in s.contracts if c.dealer_code == "D2"
    ] == [777]
