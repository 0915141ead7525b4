"""Registers as people really bring them: each file of `realfiles` that is about stores, dealers,
areas, guides or customers, by its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import db
from stores.base.actors import COMMAND_LINE
from stores.base.phones import reveal
from stores.customers import people
from stores.facts.customers import customer, customer_identity
from stores.facts.decision import Question, State
from stores.geo.areas import parse_geometry
from stores.geo.territories import area_revision
from stores.imports.area_file import check_features, read_areas
from stores.imports.check import check
from stores.imports.columns import COLUMNS
from stores.imports.outcomes import Refused
from stores.imports.sheets import read_sheet
from stores.lists import customer_look_up, search
from stores.network import place_search
from stores.network.network import newest
from stores.network.stores import store
from stores.registers import areas, customers
from stores.routing.rungs.here import areas_here
from tests.network import APPLY, CONTEXT
from tests.stores.registers.test_areas import territory
from tests.stores.routing.chain import visit

FOLDER = Path(__file__).parent / "realfiles"


@pytest.fixture
def base(network):
    """S1 of D1 and S2 of D2, in Shanghai."""
    network.open_store("S1", "D1", latitude="31.23", longitude="121.47")
    network.open_store("S2", "D2", latitude="31.30", longitude="121.50")
    return network


def read(name, kind):
    return check(kind, read_sheet(FOLDER / name, COLUMNS[kind]), CONTEXT)


def take(network, kind, name):
    """The checked file and what became of it; warnings of both together."""
    checked = read(name, kind)
    assert not checked.faults, checked.faults.kept
    outcome = APPLY[kind](checked.rows, actor=COMMAND_LINE, now=network.now)
    return checked, outcome


def take_areas(network, name):
    checked = read_areas(FOLDER / name, CONTEXT, parse_geometry)
    return checked, areas.apply(
        checked.rows, actor=COMMAND_LINE, now=network.now
    ) if not checked.faults else None


def test_postal_territory_geojson(base):
    """A visitor is inside whatever way his postal code is written."""
    _, outcome = take_areas(base, "postal_territory.geojson")
    assert outcome.new == 2
    snapshot = newest()
    for written, area in (
        ("SW1A1AA", "P1"),
        ("sw1a 1aa", "P1"),
        ("1000001", "P1"),
        ("100-0001", "P1"),
        ("75001-1234", "P1"),
        ("e16an", "P1"),
        ("01067", "P1"),
        ("m11ae", "P2"),
    ):
        question = Question(visit(postal_code=written), State(), snapshot, snapshot.policy)
        assert [each.code for each in areas_here(question, "territory")] == [area], written


def test_postal_patterns_geojson(base):
    """Ranges, beginnings and districts are understood; another dealer may not list what lies in
    them."""
    features, _ = take_areas(base, "postal_patterns.geojson")
    assert features.rows[0].postal_codes == ("75001-75020", "NG1*", "SW1A", "78600-78799")
    stored = {tuple(row.postal_codes) for row in base.rows(area_revision)}
    assert ("75001-75020", "78600-78799", "NG1*", "SW1A") in stored
    for code in ("75010", "NG10 1AA", "sw1a 1aa", "786*", "78700-78900"):
        row = areas_of(base, "P9", "D2", [code])
        with pytest.raises(Refused, match="belongs to the territory PP1 of another dealer"):
            areas.apply(row, actor=COMMAND_LINE, now=base.now)
    assert (
        areas.apply(
            areas_of(base, "P9", "D2", ["75021", "NG2", "SW1 1AA"]),
            actor=COMMAND_LINE,
            now=base.now,
        ).new
        == 1
    )


def areas_of(network, code, dealer, postal_codes):
    checked = check_features(
        [territory(code, dealer, None, postal_codes=postal_codes)], CONTEXT, parse_geometry
    )
    assert not checked.faults, checked.faults.kept
    return checked.rows


def phones_of(network):
    """Whose numbers are stored, in the clear."""
    named = {row.id: row.customer_id for row in network.rows(customer)}
    return {
        named[row.customer_id]: reveal(row.cipher)
        for row in network.rows(customer_identity, "kind")
        if row.kind == "phone"
    }


def test_ph_b_csv(base):
    take(base, "customers", "ph_b.csv")
    assert phones_of(base) == {"B1": "+8613800138000"}
    with db.read() as connection:
        for written in ("13800138000", "8613800138000", "+86 138 0013 8000"):
            assert (
                customer_look_up.look_up(connection, COMMAND_LINE, written, base.now, base.today)[
                    1
                ].customer_text
                == "B1"
            )


def test_ph2b_csv(base):
    """One number is one person, whatever way the next file writes it."""
    take(base, "customers", "ph2b.csv")
    assert phones_of(base) == {"kid2": "+8613900139000", "kid3": "+8613700137000"}
    assert (
        base.load(
            "customers",
            {"customer_id": "kid2", "phone": "13900139000"},
            {"customer_id": "kid3", "phone": "0086 137 0013 7000"},
        ).effective
        == 0
    )
    with pytest.raises(Refused, match="belongs to another customer already"):
        base.load("customers", {"customer_id": "kid4", "phone": "+86 139 0013 9000"})


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("link_b.csv", [{"customer_id": "somebody", "external_userid": "wmB1"}]),
        (
            "link_c.csv",
            [
                {"customer_id": "one", "unionid": "U-C", "external_userid": ""},
                {"customer_id": "other", "unionid": "", "external_userid": "wmC1"},
            ],
        ),
    ],
)
def test_link_b_csv_and_link_c_csv(base, name, known):
    """Identities known apart: the refusal says what joins them, and that does."""
    base.load("customers", *known)
    rows = read(name, "customers").rows
    with pytest.raises(
        Refused, match="If both are one person, write yes in a column join of this row"
    ):
        customers.apply(rows, actor=COMMAND_LINE, now=base.now)
    joining = [replace(row, values={**row.values, "join": True}) for row in rows]
    assert customers.apply(joining, actor=COMMAND_LINE, now=base.now).new == 1
    with db.read() as connection:
        assert len({people.root(connection, row.id) for row in base.rows(customer)}) == 1


def said(warnings):
    """Warnings by line, in words."""
    found: dict[int, list[str]] = {}
    for each in warnings.in_order():
        found.setdefault(each.line, []).append(f"{each.column} {each.reason}")
    return found


def test_us_chain_signs_csv(base):
    """A3: a lost sign, exchanged numbers, a longitude copied from the latitude, a geocoder's middle
    of the country: told, and taken."""
    checked, outcome = take(base, "stores", "us_chain_signs.csv")
    assert outcome.new == 40
    warned = said(checked.warnings)
    assert warned.pop(5) == [
        "latitude lies in China (CN), the file says United States (US); with the other sign of "
        "the longitude it lies there"
    ]
    assert warned.pop(9) == [
        "latitude lies in Antarctica (AQ), the file says United States (US); exchanged, latitude "
        "and longitude lie there"
    ]
    assert warned.pop(13) == [
        "latitude lies at sea, the file says United States (US); with the other sign of the "
        "latitude it lies there"
    ]
    assert warned.pop(17) == [
        "latitude lies in Türkiye (TR), the file says United States (US)",
        "longitude is the latitude once more; was it copied?",
    ]
    assert {line: text[0][:45] for line, text in warned.items()} == dict.fromkeys(
        (31, 41), "latitude is exactly the point of U019 in line"
    )


def test_coord_dup_csv(base):
    checked, outcome = take(base, "stores", "coord_dup.csv")
    assert outcome.new == 4
    assert {
        line: text[0].split(";")[0] for line, text in said(checked.warnings).items()
    } == dict.fromkeys((3, 4), "latitude is exactly the point of DU1 in line 2")


def test_area_lat_lon_swapped_eu_geojson(base):
    """A territory in the Indian Ocean, of a dealer whose stores are in Shanghai: told where it
    lies, and where it lay exchanged."""
    _, outcome = take_areas(base, "area_lat_lon_swapped_eu.geojson")
    (warning,) = outcome.warnings.kept
    assert (warning.column, warning.value) == ("geometry", "A14")
    assert (
        warning.reason.startswith("lies in the sea, ")
        and "km from the nearest store that serves it, S1" in warning.reason
    )
    assert warning.reason.endswith("with latitude and longitude exchanged it lies in France (FR)")
    base.load(
        "stores",
        {
            "store_code": "S1",
            "name": "S1",
            "dealer_code": "D1",
            "latitude": "48.85",
            "longitude": "2.35",
            "crs": "wgs84",
        },
    )
    _, again = take_areas(base, "area_lat_lon_swapped_eu.geojson")
    assert again.warnings.kept[0].reason.endswith(
        "with latitude and longitude exchanged it lies near"
    )


def test_region_unknown_csv(base):
    checked, outcome = take(base, "stores", "region_unknown.csv")
    warned = said(checked.warnings)
    assert warned[2] == [
        "region_code is no division we know; write six digits of GB/T 2260 such as 310000, or ISO "
        "3166 such as US-TX"
    ]
    assert any(
        text.startswith("region_code the point 31.2, 121.4 lies more than 50 km")
        for text in warned[4]
    )
    assert {
        row.store_code: row.region_code
        for row in base.rows(store)
        if row.store_code.startswith("RU")
    } == {"RU1": "999999", "RU2": "310000", "RU3": "440100"}
    assert outcome.new == 3


def test_postal_patterns_geojson_tells_of_divisions_and_codes_that_lead_nobody(base):
    _, outcome = take_areas(base, "postal_patterns.geojson")
    told = {(each.column, each.value): each.reason for each in outcome.warnings.kept}
    assert {value for column, value in told if column == "region_codes"} == {"999999", "shanghai"}
    assert (
        told[("postal_codes", "NG1*")]
        == "is no postal code of China (CN), where the stores are that serve the area"
    )


def test_fee_5pct_csv():
    (fault,) = read("fee_5pct.csv", "dealers").faults.kept
    assert fault.reason == "is a percentage; the column is in basis points: 5 % is 500"


def test_fee_5_csv(base):
    checked, outcome = take(base, "dealers", "fee_5.csv")
    assert (outcome.new, [each.reason for each in checked.warnings.kept]) == (
        1,
        ["is 0.05 % of a sale: the column is in basis points, 5 % is 500"],
    )


def test_radius_csv(base):
    checked, outcome = take(base, "stores", "radius.csv")
    assert (outcome.new, [each.reason for each in checked.warnings.kept]) == (
        1,
        ["is a radius of 5 metres; are 5000 meant?"],
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("zurich", "Z1"),
        ("Löwenplatz", "Z1"),
        ("lodz", "Z2"),
        ("istanbul", "Z3"),
        ("kadikoy", "Z3"),
        ("臺北", "Z4"),
        ("台北信義", "Z4"),
        ("o'connell", "Z5"),
        ("oconnell", "Z5"),
        ("2号店", "Z6"),
        ("mcdonald’s", "Z6"),
        ("saint etienne", "Z7"),
        ("ETIENNE", "Z7"),
    ],
)
def test_accents_csv(base, words, code):
    """Found by the search of everything, by pickers, and as a place."""
    take(base, "stores", "accents.csv")
    with db.read() as connection:
        assert [
            hit.key
            for hit in search.find(connection, COMMAND_LINE, words, base.now, base.today).hits
        ] == [code]
        assert [
            key for key, _ in search.suggest(connection, COMMAND_LINE, "store", words, base.today)
        ] == [code]
        places = place_search.find(connection, COMMAND_LINE, newest(), base.today, words)
    assert [each.store_code for each in places if each.kind == "store"] == [code]
