"""An erasure leaves no identifier anywhere: not in a table, not in a file of the instance, however
he came to be known (P5, M20)."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, delete, select

import db
from app.imports import uploads
from app.jobs import job_runs
from app.jobs.job_runs import job_run
from app.services import erasing
from app.ui import saved_views
from ledger.faults import Conflict, NotFound
from migrations.tables import import_tables
from stores.base import phones
from stores.base.accepted_tables import accepted_file
from stores.base.actors import COMMAND_LINE
from stores.base.identifiers import Identifiers
from stores.customers import people
from stores.facts.customers import customer, customer_identity
from tests.app.conftest import House, on_both_engines
from tests.app.services.desk import IDENTIFIERS, OPEN, OTHER, SAM, TWIN, UNION, Desk
from tests.network import NOON


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Desk:
    return Desk(house, tmp_path)


def forms(identifier: str) -> set[str]:
    """As it stands, and as base64 and JSON would write it; base64 of a part begins at three
    places."""
    encoded = {
        base64.b64encode(b"-" * shift + identifier.encode()).decode().rstrip("=")[shift + 2 : -2]
        for shift in range(3)
    }
    return {identifier, json.dumps(identifier)[1:-1], *encoded}


def tables_dump() -> str:
    """Every cell of every table as text; what is sealed as it reads once opened."""
    found = []
    with db.read() as connection:
        for table in import_tables().sorted_tables:
            sealed = [
                column.name for column in table.columns if isinstance(column.type, LargeBinary)
            ]
            for row in connection.execute(select(table)):
                found.append(
                    f"{table.name} "
                    + " ".join(json.dumps(value, ensure_ascii=False, default=str) for value in row)
                )
                if table is customer_identity:
                    found += [
                        phones.reveal(getattr(row, name))
                        for name in sealed
                        if getattr(row, name) is not None
                    ]
    return "\n".join(found)


def stored_bytes(desk: Desk) -> dict[str, bytes]:
    """Every file of the instance, unpacked, and the database itself where it is a file."""
    found = {str(path): path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()}
    for name, content in list(found.items()):
        if content.startswith(b"PK") and zipfile.is_zipfile(io.BytesIO(content)):
            found |= {
                f"{name}:{part}": zipfile.ZipFile(io.BytesIO(content)).read(part)
                for part in zipfile.ZipFile(io.BytesIO(content)).namelist()
            }
    base = db.database()
    if base.sqlite:
        path = base.url.removeprefix("sqlite:///")
        found |= {
            each: Path(each).read_bytes() for each in (path, f"{path}-wal") if Path(each).exists()
        }
    return found


def left(desk: Desk) -> list[tuple[str, str]]:
    dump = tables_dump()
    found = [("tables", form) for each in IDENTIFIERS for form in forms(each) if form in dump]
    for name, content in stored_bytes(desk).items():
        found += [
            (name, form)
            for each in IDENTIFIERS
            for form in forms(each)
            if any(form.encode(code) in content for code in ("utf-8", "utf-16-le", "utf-16-be"))
        ]
    return found


@on_both_engines
def test_every_copy_of_every_identifier_goes(desk: Desk):
    desk.fills()
    before = left(desk)
    assert {name for name, _ in before} > {"tables"} and {form for _, form in before} >= set(
        IDENTIFIERS
    )
    kept = desk.uploads("orders", "other.csv", f"customer_id\n{OTHER}\n".encode())
    assert desk.call("DELETE", f"/customers/{TWIN}").status_code == 200
    assert left(desk) == []
    assert OTHER in tables_dump()
    with db.read() as connection:
        assert list(
            connection.execute(
                select(uploads.upload.c.id).where(uploads.upload.c.stored_as.is_not(None))
            ).scalars()
        ) == [kept]
        assert [row.name for row in connection.execute(select(saved_views.saved_view))] == ["all"]
    assert desk.house.app.test_cli_runner().invoke(args=["verify"]).exit_code == 0


@on_both_engines
def test_an_answer_kept_under_a_key_is_given_again_and_names_nobody(desk: Desk):
    desk.fills()
    desk.call("DELETE", f"/customers/{SAM}")
    body = {"kind": "switched", "store_code": "S2", "note": f"{SAM} asked"}
    again = desk.call("POST", f"/customers/{SAM}/deeds", body, f"d{SAM}")
    assert (again.status_code, again.json["customer_id"]) == (201, "erased")


@on_both_engines
def test_an_id_that_was_erased_and_comes_again_is_somebody_new(desk: Desk):
    desk.fills()
    old = desk.numbers()
    desk.call("DELETE", f"/customers/{SAM}")
    order = {
        "order_no": "N1",
        "paid_at": "2025-05-05",
        "currency": "CNY",
        "lines": [{"line_no": 1, "quantity": 1, "amount_minor": 100}],
    }
    for n, who in enumerate((SAM, TWIN)):
        assert (
            desk.call(
                "POST", "/orders", {**order, "order_no": f"N{n}", "customer_id": who}
            ).status_code
            == 201
        )
    assert (
        desk.call(
            "POST", "/entries", {"customer": {"customer_id": SAM, "unionid": UNION, "openid": OPEN}}
        ).status_code
        == 201
    )
    with db.read() as connection:
        owners = set(
            connection.execute(
                select(customer_identity.c.customer_id).where(
                    customer_identity.c.value.in_(IDENTIFIERS)
                )
            ).scalars()
        )
    assert owners and not owners & old


@on_both_engines
def test_a_caller_who_takes_the_old_name_of_an_erased_customer_hinders_no_erasure(desk: Desk):
    """`erased-1` was once what stood for customer 1; now it is an id like any other, and what
    stands there cannot be sent."""
    desk.fills()
    for number in sorted(desk.numbers()):
        desk.call("POST", "/entries", {"customer": {"customer_id": f"erased-{number}"}})
    assert desk.call("DELETE", f"/customers/{SAM}").status_code == 200
    with db.read() as connection:
        names = [
            name
            for name in connection.execute(select(customer.c.customer_id)).scalars()
            if name.startswith(" erased-")
        ]
    assert len(names) == 2
    people_before = desk.numbers()
    for name in names:
        assert desk.call("POST", "/entries", {"customer": {"customer_id": name}}).status_code == 400
        order = {
            "order_no": "X",
            "customer_id": name,
            "paid_at": "2025-05-05",
            "currency": "CNY",
            "lines": [{"line_no": 1, "quantity": 1, "amount_minor": 1}],
        }
        assert desk.call("POST", "/orders", order).status_code == 400
        for event in (
            {"customer_id": name, "type": "customer.registered"},
            {"external_userid": name, "type": "customer.registered"},
            {
                "customer_id": OTHER,
                "type": "referral.invited",
                "payload": {"inviter_customer_id": name},
            },
        ):
            heard = desk.call(
                "POST",
                "/events",
                {"events": [{"event_id": "x", "occurred_at": "2025-05-05", **event}]},
            ).json
            assert (heard["accepted"], len(heard["refused"])) == (0, 1)
        assert (
            desk.call(
                "POST", f"/customers/{name}/deeds", {"kind": "no_switch", "note": "-"}
            ).status_code
            == 404
        )
        assert desk.call("DELETE", f"/customers/{name}").status_code == 404
    desk.imports("customers", f'customer_id\n"{names[0]}"\n')  # a cell without its spaces
    assert desk.numbers() == people_before


@on_both_engines
def test_an_erasure_that_is_killed_in_the_middle_is_done_again(desk: Desk, monkeypatch):
    """The last thing it does fails: the books are as before, and whoever asks again is done
    right."""
    desk.fills()
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_forget_views", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erasing.erase(SAM, actor=COMMAND_LINE, now=NOON)
    assert SAM in tables_dump()
    erasing.erase(SAM, actor=COMMAND_LINE, now=NOON)
    assert left(desk) == []
    with pytest.raises(NotFound):
        erasing.erase(SAM, actor=COMMAND_LINE, now=NOON)


@on_both_engines
def test_what_links_an_identity_to_somebody_who_was_erased_meanwhile_writes_nothing(desk: Desk):
    """A file was planned before the erasure and is written after it."""
    desk.fills()
    with db.read() as connection:
        number = people.find(connection, [("customer_id", SAM)])["customer_id", SAM]
    erasing.erase(SAM, actor=COMMAND_LINE, now=NOON)
    with pytest.raises(Conflict), db.transaction() as connection:
        people.link(connection, [(("unionid", UNION), number)])
    assert left(desk) == []


@on_both_engines
def test_an_erasure_waits_until_a_large_file_is_written(desk: Desk):
    desk.fills()
    with db.transaction() as connection:
        connection.execute(accepted_file.insert().values(actor="test", received_at=NOON, pieces=1))
    assert desk.call("DELETE", f"/customers/{SAM}").status_code == 503
    with db.transaction() as connection:
        connection.execute(delete(accepted_file))
    assert desk.call("DELETE", f"/customers/{SAM}").status_code == 200


@on_both_engines
def test_a_run_of_a_file_that_names_him_ends(desk: Desk):
    desk.fills()
    erasing.erase(SAM, actor=COMMAND_LINE, now=NOON)
    with db.transaction() as connection:
        assert set(connection.execute(select(job_run.c.state)).scalars()) == {job_runs.CANCELLED}
        connection.execute(delete(saved_views.saved_view))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("c1", True),
        ("of c1.", True),
        ("(c1)", True),
        ("c12", False),
        ("c1-2", False),
        ("xc1", False),
        ("+86 138-0013 8000", True),
        ("138001380001", False),
        ("C1", False),
    ],
)
def test_whole_words_name_a_person(text: str, named: bool):
    assert Identifiers({"c1"}, phones.ways_of_writing("+8613800138000")).named_in(text) == named


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+8613800138000", "13800138000"),
        ("+8613800138000", "+86 13800138000"),
        ("+8613800138000", "0086 138 0013 8000"),
        ("+8613800138000", "(86)138/0013/8000"),
        ("+8613800138000", "13800138000.0"),
        ("+8613800138000", "013800138000"),
        ("+8613800138000", "１３８００１３８０００"),
        ("+8613800138000", "138\u00a00013\u20148000"),
        ("+442079460958", "020 7946 0958"),
        ("+442079460958", "+44 (0)20 7946 0958"),
        ("+442079460958", "011 44 20 7946 0958"),
        ("+12125550142", "(212) 555-0142"),
        ("+12125550142", "1-212-555-0142"),
        ("+33612345678", "06 12 34 56 78"),
        ("+33612345678", "+33 6.12.34.56.78"),
    ],
)
def test_a_number_is_found_however_it_was_written(number: str, text: str):
    """Stored in one form (E.164), written in many: in notes, and in files of every encoding."""
    known_by = Identifiers((), phones.ways_of_writing(number))
    assert known_by.named_in(f"call {text}, please") and not re.search(
        r"\d{2}", known_by.without(f"call {text}")
    )
    for code in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
        assert known_by.named_in_bytes(f"a,{text},b".encode(code)), code
    assert any(ending in text for ending in known_by.endings())
    longer = f"a,9{text.lstrip('+(')}1,b"
    assert not known_by.named_in(longer) and not known_by.named_in_bytes(longer.encode())
