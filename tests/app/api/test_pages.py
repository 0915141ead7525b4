"""Cursor pages: each row once, cursors opaque, anything else than a cursor refused."""

from __future__ import annotations

import pytest

from app.web.cursors import decode, encode
from ledger.faults import Malformed

MEI = {"Authorization": "Bearer key-of-mei"}


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 200])
def test_all_pages_together_give_each_row_once(client, limit):
    found, cursor = [], ""
    while cursor is not None:
        answer = client.get(
            f"/api/v1/parcels?limit={limit}" + (f"&cursor={cursor}" if cursor else ""), headers=MEI
        ).json
        found += [row["parcel_code"] for row in answer["parcels"]]
        cursor = answer["next"]
    assert found == ["P1", "P2", "P3", "P4", "P5"]


@pytest.mark.parametrize("key", [("上海-1",), ("a", 7), (0,), (-(2**62), "é")])
def test_a_cursor_gives_back_its_key(key):
    assert decode("lines", encode("lines", key), tuple(map(type, key))) == key


@pytest.mark.parametrize(
    "cursor",
    [
        encode("dealers", ("D1",)),
        encode("stores", (1,)),
        encode("stores", ("a", "b")),
        encode("stores", ()),
        encode("stores", ("a\0",)),
        encode("stores", ("x" * 201,)),
        encode("stores", ("S1",))[:-2],
        "A" + encode("stores", ("S1",))[1:],
        "",
        "====",
        "!",
        "MTIzNDU2W10",
    ],
)
def test_anything_but_a_cursor_of_this_list_is_refused(cursor):
    with pytest.raises(Malformed):
        decode("stores", cursor, (str,))
