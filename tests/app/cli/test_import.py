"""`flask import`: what it prints, which files it leaves, and that it is all or nothing (CONTRACT
2)."""

from __future__ import annotations

import csv
import json

import pytest
from flask import Flask

from app.cli.importing import imports, summary
from app.imports.kinds import KINDS
from stores.facts.customers import customer
from stores.imports.outcomes import Outcome
from stores.network.stores import store
from tests.network import Network

STORE = {
    "store_code": "S1",
    "name": "One",
    "dealer_code": "D1",
    "latitude": "31.2304",
    "longitude": "121.4737",
    "crs": "wgs84",
}


class CommandLine:
    def __init__(self, folder, network):
        self.folder, self.network = folder, network
        app = Flask("command line")
        app.cli.add_command(imports)
        self.runner = app.test_cli_runner()

    def write(self, name, rows):
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return path

    def __call__(self, kind, path, *flags):
        return self.runner.invoke(args=["import", kind, str(path), *flags])


@pytest.fixture
def flask_import(tmp_path, network: Network) -> CommandLine:
    return CommandLine(tmp_path, network)


def last(done):
    return done.stdout.strip().splitlines()[-1]


def test_a_file_is_taken_and_again_changes_nothing(flask_import):
    path = flask_import.write("stores.csv", [STORE, {**STORE, "store_code": "S2"}])
    first, again = flask_import("stores", path), flask_import("stores", path)
    assert (first.exit_code, last(first)) == (0, "stores: 2 new")
    assert (again.exit_code, last(again)) == (0, "nothing changed")


def test_one_row_at_fault_refuses_the_file_and_names_every_fault(flask_import):
    path = flask_import.write(
        "stores.csv",
        [
            STORE,
            {**STORE, "store_code": "S2", "latitude": "131"},
            {**STORE, "store_code": "S3", "crs": "mars"},
        ],
    )
    done = flask_import("stores", path)
    assert done.exit_code == 1
    with (path.with_name("stores.csv.errors.csv")).open(encoding="utf-8-sig") as said:
        found = [(row["line"], row["column"], row["value"]) for row in csv.DictReader(said)]
    assert found == [("3", "latitude", "131"), ("4", "crs", "mars")]
    assert flask_import.network.count(store) == 0


def test_an_unknown_dealer_is_in_the_error_file(flask_import):
    path = flask_import.write(
        "stores.csv", [STORE, {**STORE, "store_code": "S2", "dealer_code": "NOPE"}]
    )
    assert flask_import("stores", path).exit_code == 1
    assert "3,dealer_code,NOPE" in path.with_name("stores.csv.errors.csv").read_text("utf-8-sig")


def test_the_error_file_goes_when_the_file_is_mended(flask_import):
    path = flask_import.write("stores.csv", [{**STORE, "dealer_code": "NOPE"}])
    flask_import("stores", path)
    flask_import.write("stores.csv", [STORE])
    assert flask_import("stores", path).exit_code == 0
    assert not path.with_name("stores.csv.errors.csv").exists()


def test_a_dry_run_says_what_would_change_and_writes_nothing(flask_import):
    done = flask_import("stores", flask_import.write("stores.csv", [STORE]), "--dry-run")
    assert done.stdout.splitlines()[-2:] == ["stores: 1 new", "dry run, nothing written"]
    assert flask_import.network.count(store) == 0


def test_warnings_are_told_and_kept_and_do_not_stop(flask_import):
    path = flask_import.write(
        "stores.csv", [{**STORE, "country": "CN", "region_code": "110000"}]
    )  # Beijing's code, Shanghai's place
    done = flask_import("stores", path)
    assert done.exit_code == 0
    assert "warning: line 2: region_code" in done.stdout
    assert path.with_name("stores.csv.warnings.csv").exists()


@pytest.mark.parametrize(
    "content", [b"", b"what,is,this\n1,2,3\n", b"\xff\xfe\x00", b"store_code\nS1\n"]
)
def test_a_file_that_is_no_such_table_is_refused_in_words(flask_import, tmp_path, content):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    done = flask_import("stores", path)
    assert done.exit_code == 1
    assert "nothing was written" in done.stderr
    assert path.with_name("bad.csv.errors.csv").exists()


def test_a_missing_file_is_refused_in_words(flask_import, tmp_path):
    done = flask_import("stores", tmp_path / "nowhere" / "stores.csv")
    assert (done.exit_code, "cannot be read" in done.stderr) == (1, True)


def test_areas_come_as_geojson(flask_import, tmp_path):
    ring = [[120.0, 30.0], [120.1, 30.0], [120.1, 30.1], [120.0, 30.1], [120.0, 30.0]]
    feature = {
        "type": "Feature",
        "properties": {"area_code": "T1", "kind": "territory", "dealer_code": "D1"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert last(flask_import("areas", path)) == "areas: 1 new"
    assert last(flask_import("areas", path)) == "nothing changed"


def test_customers_and_targets_come_by_file(flask_import):
    people = flask_import.write(
        "customers.csv", [{"customer_id": "C1", "phone": "13800138000", "employee": "no"}]
    )
    aims = flask_import.write(
        "targets.csv",
        [
            {
                "period": "2025-06",
                "level": "dealer",
                "code": "D1",
                "metric": "net_sales",
                "target": "1000",
            }
        ],
    )
    assert last(flask_import("customers", people)) == "customers: 1 new"
    assert last(flask_import("targets", aims)) == "targets: 1 new"
    assert [last(flask_import(*each)) for each in (("customers", people), ("targets", aims))] == [
        "nothing changed"
    ] * 2
    assert flask_import.network.count(customer) == 1


def test_progress_is_shown_on_stderr_when_asked(flask_import):
    done = flask_import("stores", flask_import.write("stores.csv", [STORE]), "--progress")
    assert last(done) == "stores: 1 new"
    assert "saving stores" in done.stderr


def test_the_last_line_leaves_out_what_is_nought():
    assert summary("stores", Outcome(2992, 0, 8)) == "stores: 2,992 new, 8 unchanged"
    assert summary("stores", Outcome(0, 3, 0)) == "stores: 3 changed"
    assert summary("stores", Outcome(0, 0, 8)) == "nothing changed"


def test_the_kinds_of_the_network_are_commands():
    assert (
        {"branches", "dealers", "stores", "guides", "areas", "customers", "targets"}
        <= set(KINDS)
        == set(imports.commands)
    )


def test_a_file_with_other_headings_is_refused_with_the_way_out_and_taken_by_pairs(flask_import):
    theirs = {
        "门店编码": "S1",
        "Store Name": "One",
        "lat": "31.2304",
        "lng": "121.4737",
        "remark": "x=y",
    }
    path = flask_import.write("stores.csv", [theirs])
    refused = flask_import("stores", path)
    assert refused.exit_code == 1
    assert "lat: '' unknown column; do you mean latitude? --map lat=latitude" in refused.stderr
    assert "--map 'Store Name=name'" in refused.stderr
    assert flask_import.network.count(store) == 0
    pairs = (
        "--map",
        "门店编码=store_code",
        "--map",
        "Store Name=name",
        "--map",
        "lat=latitude",
        "--map",
        "lng=longitude",
        "--map",
        "remark=",
        "--set",
        "dealer_code=D1",
        "--set",
        "crs=wgs84",
    )
    assert last(flask_import("stores", path, *pairs)) == "stores: 1 new"
    assert last(flask_import("stores", path, *pairs)) == "nothing changed"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--map", "lat"), "has no equals sign"),
        (("--map", "=latitude"), "has no equals sign"),
        (("--set", "crs"), "has no equals sign"),
        (("--map", "lat=latitude", "--map", "lat="), "is named twice"),
        (
            ("--map", "lat=latitude", "--map", "lng=latitude"),
            "would come from two columns: lat and lng",
        ),
        (("--map", "breadth=latitude"), "stands in no column of this file"),
        (("--map", "lat=breadth"), "cannot become breadth"),
    ],
)
def test_pairs_that_cannot_be_are_refused(flask_import, flags, said):
    refused = flask_import(
        "stores",
        flask_import.write(
            "stores.csv", [{"store_code": "S1", "name": "One", "lat": "31", "lng": "121"}]
        ),
        *flags,
    )
    assert refused.exit_code != 0
    assert said in refused.stderr
    assert flask_import.network.count(store) == 0
