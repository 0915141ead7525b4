"""Registers as people really bring them: each file of `realfiles` that is about stores, dealers, areas, guides or customers, by its name."""
from __future__ import annotations

from pathlib import Path

import pytest

from stores.actors import COMMAND_LINE
from stores.areas import parse_geometry
from stores.decision import Question, State
from stores.importing.area_file import check_features, read_areas
from stores.network import newest
from stores.registers import areas
from stores.registers.saving import Refused
from stores.rungs.here import areas_here
from stores.territories import area_revision
from tests.network import CONTEXT
from tests.stores.chain import visit
from tests.stores.registers.test_areas import territory

FOLDER = Path(__file__).parent / "realfiles"


@pytest.fixture
def base(network):
    """S1 of D1 and S2 of D2, in Shanghai."""
    network.open_store("S1", "D1", latitude="31.23", longitude="121.47")
    network.open_store("S2", "D2", latitude="31.30", longitude="121.50")
    return network


def take_areas(network, name):
    checked = read_areas(FOLDER / name, CONTEXT, parse_geometry)
    return checked, areas.apply(checked.rows, actor=COMMAND_LINE, now=network.now) if not checked.faults else None


def test_postal_territory_geojson(base):
    """A visitor is inside whatever way his postal code is written."""
    _, outcome = take_areas(base, "postal_territory.geojson")
    assert outcome.new == 2
    snapshot = newest()
    for written, area in (("SW1A1AA", "P1"), ("sw1a 1aa", "P1"), ("1000001", "P1"), ("100-0001", "P1"), ("75001-1234", "P1"), ("e16an", "P1"),
        ("01067", "P1"), ("m11ae", "P2")):
        question = Question(visit(postal_code=written), State(), snapshot, snapshot.policy)
        assert [each.code for each in areas_here(question, "territory")] == [area], written


def test_postal_patterns_geojson(base):
    """Ranges, beginnings and districts are understood; another dealer may not list what lies in them."""
    features, _ = take_areas(base, "postal_patterns.geojson")
    assert features.rows[0].postal_codes == ("75001-75020", "NG1*", "SW1A", "78600-78799")
    stored = {tuple(row.postal_codes) for row in base.rows(area_revision)}
    assert ("75001-75020", "78600-78799", "NG1*", "SW1A") in stored
    for code in ("75010", "NG10 1AA", "sw1a 1aa", "786*", "78700-78900"):
        row = areas_of(base, "P9", "D2", [code])
        with pytest.raises(Refused, match="belongs to the territory PP1 of another dealer"):
            areas.apply(row, actor=COMMAND_LINE, now=base.now)
    assert areas.apply(areas_of(base, "P9", "D2", ["75021", "NG2", "SW1 1AA"]), actor=COMMAND_LINE, now=base.now).new == 1


def areas_of(network, code, dealer, postal_codes):
    checked = check_features([territory(code, dealer, None, postal_codes=postal_codes)], CONTEXT, parse_geometry)
    assert not checked.faults, checked.faults.kept
    return checked.rows
