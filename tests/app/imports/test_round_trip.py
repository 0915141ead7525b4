"""Every list as a file in the import's own form: brought in again it changes nothing, edited only
the edits change."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator

import pytest
import time_machine

import db
from app.imports.kinds import KINDS
from app.ui import exports
from incentives.targets import target
from ledger.audit import audit_log
from stores.base.actors import COMMAND_LINE
from stores.imports.outcomes import Refused
from stores.imports.protection import bare, protected
from stores.imports.workbooks import read_rows
from stores.network.stores import store
from tests.app.conftest import on_both_engines
from tests.app.imports.full_house import HOSTILE, TODAY, bring, exported, fill
from tests.app.pages.conftest import bare_chain, chain  # noqa: F401 - fixtures
from tests.network import NOON, Network


@pytest.fixture(autouse=True)
def day() -> Iterator[None]:
    """Noon of 1 June 2025 in Shanghai."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_unedited_file_of_every_kind_changes_nothing(network: Network, tmp_path, form):
    fill(network, tmp_path)
    kinds = [*exports.KINDS, "areas"]
    assert set(kinds) == set(KINDS)
    for kind in kinds:
        own = form if form in exports.formats(kind) else "geojson"
        first = exported(kind, own)
        outcome = bring(tmp_path, kind, first, own)
        assert (kind, outcome.new, outcome.changed) == (kind, 0, 0)
        assert outcome.unchanged > 0, kind
        assert own == "xlsx" or exported(kind, own) == first, kind


def rewritten(content: bytes, form: str, change: dict[str, tuple[str, str]]) -> bytes:
    """The file with one cell of some rows changed: key -> (column, text)."""
    rows = (
        [cells for _, cells in read_rows(content)]
        if form == "xlsx"
        else list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    )
    for row in rows[1:]:
        if row[0] in change:
            column, text = change[row[0]]
            row[rows[0].index(column)] = text
    out = io.StringIO(newline="")
    csv.writer(out).writerows(
        [[protected(cell) for cell in row] for row in rows] if form == "xlsx" else rows
    )
    return out.getvalue().encode()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_only_what_was_edited_changes(network: Network, tmp_path, form):
    fill(network, tmp_path)
    before = {row.store_code: dict(row._mapping) for row in network.rows(store)}
    outcome = bring(
        tmp_path,
        "stores",
        rewritten(
            exported("stores", form), form, {"S3": ("name", "Edited"), "0001": ("priority", "7")}
        ),
        "csv",
    )
    assert (outcome.new, outcome.changed, outcome.unchanged) == (0, 2, len(before) - 2)
    after = {row.store_code: dict(row._mapping) for row in network.rows(store)}
    changed = {
        (code, name)
        for code, row in after.items()
        for name, value in row.items()
        if value != before[code][name]
    }
    assert changed == {
        ("S3", "name"),
        ("S3", "folded"),
        ("0001", "priority"),
    }  # what a name is found by follows it
    assert (
        bring(
            tmp_path,
            "targets",
            rewritten(exported("targets", form), form, {"2025-06": ("target", "1")}),
            "csv",
        ).changed
        == 3
    )
    assert network.count(target) == 6


def test_an_edited_order_is_still_refused(network: Network, tmp_path):
    fill(network, tmp_path)
    with pytest.raises(Refused, match="known with another content"):
        bring(tmp_path, "orders", exported("orders", "csv").replace(b"10.01", b"10.02"), "csv")
    with pytest.raises(Refused, match="never changed"):
        bring(
            tmp_path,
            "events",
            exported("events", "csv").replace(b'""chats"": 3', b'""chats"": 4'),
            "csv",
        )


def test_source_coordinates_keep_their_numbers_and_their_system(network: Network, tmp_path):
    fill(network, tmp_path)
    rows = {
        row["store_code"]: row
        for row in csv.DictReader(io.StringIO(exported("stores", "csv").decode("utf-8-sig")))
    }
    assert (rows["S0"]["latitude"], rows["S0"]["longitude"], rows["S0"]["crs"]) == (
        "31.23040000000001",
        "121.0",
        "gcj02",
    )
    assert (rows["0001"]["latitude"], rows["0001"]["priority"]) == ("-33.8688", "-5")


def test_a_telephone_number_stays_in_the_house(network: Network, tmp_path):
    fill(network, tmp_path)
    assert b"13800138000" not in exported("customers", "csv")
    assert b"phone" not in exported("customers", "csv").splitlines()[0]


@pytest.mark.parametrize(
    "text", [*HOSTILE, "", "-5", "+8613800138000", "'-5", "=", "'", "''=", "\t=x"]
)
def test_the_mark_against_formulas_comes_off_exactly(text):
    assert bare(protected(text)) == text
    assert text[:1] not in ("=", "@") or protected(text)[0] == "'"


def test_days_limit_what_is_written_of_facts(network: Network, tmp_path):
    fill(network, tmp_path)
    out = io.BytesIO()
    with db.read() as connection:
        count = exports.write(
            "orders",
            "csv",
            out,
            connection,
            actor=COMMAND_LINE,
            today=TODAY,
            first=dt.date(2025, 5, 3),
            last=dt.date(2025, 5, 3),
        )
    assert (count, b"R1" in out.getvalue(), b"0100,0c" in out.getvalue()) == (2, True, False)


@on_both_engines
def test_a_page_gives_the_file_and_the_audit_log_says_so(bare_chain):  # noqa: F811
    client = bare_chain.client("petra")
    answer = client.get("/hq/exports/stores.csv", buffered=True)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.data.decode("utf-8-sig").startswith("store_code,name,dealer_code")
    assert (
        client.get("/hq/exports/areas.geojson", buffered=True).get_json()["type"]
        == "FeatureCollection"
    )
    assert client.get("/hq/exports/stores.geojson").status_code == 404
    assert client.get("/hq/exports/colours.csv").status_code == 404
    assert "/hq/exports/stores.xlsx" in client.get("/hq/stores").text
    assert "/hq/exports/events.xlsx" in client.get("/hq/imports?kind=events").text
    said = [row for row in Network().rows(audit_log) if row.action == "export"]
    assert [(row.object_kind, row.object_id, row.detail["format"]) for row in said] == [
        ("own_form", "stores", "csv"),
        ("own_form", "areas", "geojson"),
    ]


def test_who_may_not_import_gets_no_such_file(bare_chain):  # noqa: F811
    bare_chain.house.user("Felix", "hq_finance")
    client = bare_chain.client("Felix")
    assert client.get("/hq/exports/stores.csv").status_code == 403
    assert "/hq/exports/" not in client.get("/hq/stores").text


def test_the_command_line_writes_it_in_one_step(house, tmp_path):
    run = house.app.test_cli_runner().invoke
    file = tmp_path / "dealers.csv"
    done = run(args=["export", "dealers", str(file)])
    assert done.output.strip() == "dealers: 2 rows"
    assert (
        run(args=["import", "dealers", str(file)]).output.strip().splitlines()[-1]
        == "nothing changed"
    )
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".dealers")] == []
    assert (
        "written as .xlsx or .csv"
        in run(args=["export", "dealers", str(tmp_path / "dealers.pdf")]).output
    )
    assert (
        "have no days" in run(args=["export", "dealers", str(file), "--from", "2025-01-01"]).output
    )
