"""Codes that lost their zeros or look like others: the file waits for a word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stores.imports.columns import COLUMNS
from tests.app.cli.person import last
from tests.stores.imports.files import GOOD, as_csv


def test_lead_zero_loss2_waits_beside_the_store_that_has_its_zeros(person, network):
    network.open_store("0017", "D1")
    done = person.brings("stores", "lead_zero_loss2.csv")
    assert (done.exit_code, "looks like 0017" in done.stdout) == (1, True)


def test_nfd_waits_beside_the_same_name_in_one_piece(person, network):
    network.open_store("CAFÉ-1", "D1")
    assert person.brings("stores", "nfd.csv").exit_code == 1
    assert "looks like CAFÉ-1" in person.found("nfd.csv", "warnings")[-1]["reason"]


def test_fullwidth_code_waits_beside_the_store_of_usual_width(person):
    done = person.brings("stores", "fullwidth_code.csv")
    assert (done.exit_code, "looks like S1" in done.stdout) == (1, True)


def test_pandas_float_stores_waits_and_says_which_code_is_meant(person):
    done = person.brings("stores", "pandas_float_stores.csv")
    assert (done.exit_code, "is 1001 meant?" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("17", "0017"),
        ("1001.0", "1001"),
        ("S1", "Ｓ１"),
        ("CAFÉ", "CAFE\u0301"),
        ("СТОР", "CTOP"),
        ("A-1", "A–1"),
    ],
)
@pytest.mark.parametrize(
    "kind", ["branches", "dealers", "stores", "guides", "customers", "orders", "events"]
)
def test_two_codes_of_one_file_that_look_alike_wait_in_every_kind(person, kind, one, other):
    key = COLUMNS[kind][0].name
    good = (
        {**GOOD[kind], "guide_code": "", "customer_id": "C9"}
        if kind in ("orders", "events")
        else dict(GOOD[kind])
    )
    good |= {"type": "customer.registered"} if kind == "events" else {}
    name = person.writes("alike.csv", as_csv([{**good, key: one}, {**good, key: other}]))
    done = person.brings(kind, name)
    assert done.exit_code == 1, done.output
    assert {w["line"] for w in person.found(name, "warnings") if w["doubtful"]} >= {
        "3"
    } or one == "1001.0"
    assert person.brings(kind, name, "--accept-warnings").exit_code == 0


@pytest.mark.parametrize(
    ("stored", "coming"),
    [("0017", "17"), ("17", "0017"), ("1001", "1001.0"), ("S-9", "Ｓ-９"), ("CAFÉ", "CAFE\u0301")],
)
@pytest.mark.parametrize(
    "kind", ["branches", "dealers", "stores", "guides", "customers", "orders", "events"]
)
def test_a_code_that_looks_like_one_that_is_stored_waits_in_every_kind(
    person, kind, stored, coming
):
    key = COLUMNS[kind][0].name
    good = (
        {**GOOD[kind], "guide_code": "", "customer_id": "C9"}
        if kind in ("orders", "events")
        else dict(GOOD[kind])
    )
    good |= {"type": "customer.registered"} if kind == "events" else {}
    assert (
        person.brings(
            kind, person.writes("a.csv", as_csv([{**good, key: stored}])), "--accept-warnings"
        ).exit_code
        == 0
    )
    name = person.writes("b.csv", as_csv([{**good, key: coming}]))
    assert person.brings(kind, name).exit_code == 1
    assert any(f"looks like {stored}" in w["reason"] for w in person.found(name, "warnings"))
    assert person.brings(kind, name, "--accept-warnings").exit_code == 0
    assert last(person.brings(kind, name)) == "nothing changed"


@pytest.mark.parametrize("column", ["customer_id"])
def test_a_buyer_who_would_be_a_second_person_waits(person, column):
    first = {**GOOD["orders"], column: "0042"}
    person.brings("orders", person.writes("a.csv", as_csv([first])))
    name = person.writes("b.csv", as_csv([{**first, "order_no": "O2", column: "42"}]))
    assert person.brings("orders", name).exit_code == 1
    assert "looks like 0042" in person.found(name, "warnings")[0]["reason"]


def test_areas_lose_their_marks_and_wait_for_codes_that_look_alike(person):
    def brought(name: str, code: str, *options: str) -> Any:
        area = {
            "type": "Feature",
            "geometry": None,
            "properties": {
                "area_code": code,
                "kind": "territory",
                "dealer_code": "'D1",
                "region_codes": [f"3100{name}0"],
            },
        }
        return person.brings(
            "areas",
            person.writes(
                f"{name}.geojson", json.dumps({"type": "FeatureCollection", "features": [area]})
            ),
            *options,
        )

    first = brought("1", "`0017")
    assert (last(first), "area_code, 1 values: marks of a spreadsheet" in first.stderr) == (
        "areas: 1 new",
        True,
    )
    second = brought("2", "17")
    assert (second.exit_code, "looks like 0017" in second.stdout) == (1, True)
