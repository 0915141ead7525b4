"""Areas and the exclusiveness of territories (A12)."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from shapely.geometry import shape
from sqlalchemy import create_engine, text

from migrations import commands
from stores.base.actors import COMMAND_LINE
from stores.base.versions import Versions
from stores.geo.areas import parse_geometry
from stores.geo.territories import area_revision
from stores.imports.area_file import check_features
from stores.imports.outcomes import Outcome, Refused
from stores.network import network as stores_network
from stores.registers import areas
from tests.network import CONTEXT


def square(west, south=30.0, side=0.1):
    east, north = west + side, south + side
    return {
        "type": "Polygon",
        "coordinates": [
            [[west, south], [east, south], [east, north], [west, north], [west, south]]
        ],
    }


def territory(code, dealer, geometry, **more):
    return {
        "type": "Feature",
        "properties": {"area_code": code, "kind": "territory", "dealer_code": dealer, **more},
        "geometry": geometry,
    }


def save(network, *features):
    checked = check_features(list(features), CONTEXT, parse_geometry)
    assert not checked.faults, checked.faults.kept
    return areas.apply(checked.rows, actor=COMMAND_LINE, now=network.now)


def test_territories_that_share_an_edge_are_taken_and_again_unchanged(network):
    features = territory("T1", "D1", square(120.0)), territory("T2", "D2", square(120.1))
    assert save(network, *features) == Outcome(new=2)
    before = network.version()
    assert save(network, *features) == Outcome(unchanged=2)
    assert network.version() == before


def test_an_overlap_with_a_stored_territory_of_another_dealer_is_refused(network):
    save(network, territory("T1", "D1", square(120.0)))
    with pytest.raises(Refused, match="overlaps the territory T1"):
        save(network, territory("T2", "D2", square(120.05)))


def test_an_overlap_within_the_file_is_refused(network):
    with pytest.raises(Refused, match="overlaps"):
        save(network, territory("T1", "D1", square(120.0)), territory("T2", "D2", square(120.05)))


def test_who_draws_one_area_reads_the_shapes_of_those_near_it(network, monkeypatch):
    """A12: of many territories those whose box it meets, over the antimeridian too; a stored one is
    compared with what the file says of it."""
    across = {
        "type": "Polygon",
        "coordinates": [
            [[179.95, -17], [-179.95, -17], [-179.95, -16.9], [179.95, -16.9], [179.95, -17]]
        ],
    }
    save(
        network,
        *(territory(f"T{n}", "D1", square(100.0 + n)) for n in range(5)),
        territory("fiji", "D1", across),
    )
    read: list[int] = []

    def noting(geometry):
        read.append(len(geometry["coordinates"]))
        return shape(geometry)

    monkeypatch.setattr(areas, "shape", noting)
    assert save(network, territory("T9", "D2", square(102.2))) == Outcome(new=1)
    assert save(network, territory("T3", "D1", square(103.0))) == Outcome(unchanged=1)
    assert read == []
    with pytest.raises(Refused, match="overlaps the territory T3"):
        save(network, territory("T10", "D2", square(103.05)))
    with pytest.raises(Refused, match="overlaps the territory fiji"):
        save(network, territory("T11", "D2", square(-180.0, -17.0)))
    assert read == [1, 2]


def test_boxes_of_areas_that_were_there_before_them_are_those_of_their_shapes(empty_database_url):
    commands.upgrade(empty_database_url, "e2b6c90d4a17")
    shapes = (
        square(120.0),
        {
            "type": "MultiPolygon",
            "coordinates": [square(-180.0)["coordinates"], square(179.9)["coordinates"]],
        },
        None,
    )
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        for n, geometry in enumerate(shapes, 1):
            connection.execute(
                text("INSERT INTO area (id, area_code) VALUES (:n, :code)"),
                {"n": n, "code": f"T{n}"},
            )
            connection.execute(
                text(
                    "INSERT INTO area_revision (id, area_id, kind, geometry, region_codes, "
                    "postal_codes, version_from) "
                    "VALUES (:n, :n, 'territory', :geometry, '[]', '[]', 1)"
                ),
                {"n": n, "geometry": geometry and json.dumps(geometry)},
            )
    commands.upgrade(empty_database_url)
    with engine.begin() as connection:
        boxes = connection.execute(
            text("SELECT west, south, east, north FROM area_revision ORDER BY id")
        ).all()
    engine.dispose()
    assert boxes == [(120.0, 30.0, 120.1, 30.1), (-180.0, 30.0, 180.0, 30.1), (None,) * 4]


def test_one_dealer_may_overlap_himself(network):
    assert save(
        network, territory("T1", "D1", square(120.0)), territory("T2", "D1", square(120.05))
    ) == Outcome(new=2)


def test_the_day_after_the_last_is_free_again(network):
    save(network, territory("T1", "D1", square(120.0), valid_to="2025-12-31"))
    assert network.rows(area_revision)[0].valid_to == dt.date(2026, 1, 1)
    with pytest.raises(Refused):
        save(network, territory("T2", "D2", square(120.0), valid_from="2025-12-31"))
    assert save(network, territory("T2", "D2", square(120.0), valid_from="2026-01-01")) == Outcome(
        new=1
    )


def test_a_moved_territory_ends_a_revision_and_frees_its_ground(network):
    save(network, territory("T1", "D1", square(120.0)))
    assert save(
        network, territory("T1", "D1", square(121.0)), territory("T2", "D2", square(120.0))
    ) == Outcome(new=1, changed=1)
    assert sorted(row.version_to is None for row in network.rows(area_revision)) == [
        False,
        True,
        True,
    ]


def test_a_region_code_belongs_to_one_dealer(network):
    save(network, territory("T1", "D1", None, region_codes=["310101"]))
    with pytest.raises(Refused, match="belongs to the territory T1"):
        save(network, territory("T2", "D2", None, region_codes=["310101"]))


def test_an_unknown_dealer_is_refused(network):
    with pytest.raises(Refused, match="NOPE"):
        save(network, territory("T1", "NOPE", square(120.0)))


def test_a_change_of_the_network_builds_no_shape_again_that_it_did_not_change(network):
    """M7: areas of thousands of points are read once; the past still knows its own."""
    save(network, territory("T1", "D1", square(120.0)), territory("T2", "D2", square(120.1)))
    first = stores_network.newest()
    network.open_store()
    save(network, territory("T2", "D2", square(120.2)))
    stores_network._holder.checked = 0.0
    second = stores_network.newest()
    code_of = {record.code: key for key, record in second.areas.items()}
    one, two = dict(first.shapes.items()), dict(second.shapes.items())
    assert second.version > first.version
    assert (two[code_of["T1"]] is one[code_of["T1"]], two[code_of["T2"]] is one[code_of["T2"]]) == (
        True,
        False,
    )
    assert [a.code for a in second.areas_covering(30.05, 120.25, network.today)] == ["T2"]
    past = stores_network.past(Versions(first.version, first.policy_version))
    assert [
        [a.code for a in s.areas_covering(30.05, 120.15, network.today)] for s in (past, second)
    ] == [["T2"], []]
