"""How long an uploaded file is kept, for whom, and who may do what with it."""

from __future__ import annotations

import datetime as dt
import io
import os

import pytest
from sqlalchemy import func, select

import db
from app.imports import forgetting, uploads
from ledger.audit import audit_log
from tests.app.conftest import on_both_engines, token_of
from tests.app.imports.conftest import HEADER, files, stores_file


def test_a_person_who_lost_the_permission_saves_nothing(desk):
    path = desk.checked(stores_file(2))
    desk.post(f"{path}/save")
    from app.accounts import users
    from stores.base.actors import COMMAND_LINE

    users.disable("petra", by=COMMAND_LINE)
    before = desk.stores()
    desk.work()
    assert (desk.row(path).status, desk.row(path).error_code, desk.stores()) == (
        "save_failed",
        "not_allowed",
        before,
    )


def test_the_file_is_kept_for_its_owner_alone_under_a_name_of_ours(desk):
    path = desk.upload(stores_file(1), name="..\\..\\evil/../Läden 门店.csv")
    row = desk.row(path)
    assert row.name == "Läden 门店.csv"
    assert files() == [row.stored_as]
    stored = uploads.folder() / row.stored_as
    assert (stored.stat().st_mode & 0o777, uploads.folder().stat().st_mode & 0o777) == (
        0o600,
        0o700,
    )
    assert "Läden" not in stored.name


@on_both_engines
def test_files_go_a_day_after_saving_and_a_week_after_they_came(desk):
    saved = desk.checked(stores_file(1, "A"))
    desk.post(f"{saved}/save")
    faulty = desk.checked(HEADER + "A1,,D1,x,121.5,wgs84\n")
    waiting = desk.upload(stores_file(1, "B"))
    desk.work()
    now = dt.datetime.now(dt.UTC)
    (uploads.folder() / "orphan.csv").write_text("left by a process that died")
    os.utime(
        uploads.folder() / "orphan.csv", (now.timestamp(), now.timestamp())
    )  # the disk has a clock of its own
    assert forgetting.forget_old(now) == 0
    assert forgetting.forget_old(now + dt.timedelta(hours=25)) == 1
    assert [desk.row(path).stored_as is None for path in (saved, faulty, waiting)] == [
        True,
        False,
        False,
    ]
    assert forgetting.forget_old(now + dt.timedelta(days=8)) == 3
    assert files() == []
    assert desk.findings(faulty) == []
    assert [desk.row(path).status for path in (saved, faulty, waiting)] == [
        "saved",
        "faults",
        "discarded",
    ]
    assert desk.post(f"{waiting}/save").status_code == 409


def test_a_file_can_be_removed_at_once(desk):
    path = desk.checked(HEADER + "A1,,D1,x,121.5,wgs84\n")
    assert files()
    desk.post(f"{path}/discard")
    assert (files(), desk.findings(path)) == ([], [])
    ready = desk.checked(stores_file(1))
    queued = desk.upload(stores_file(1))
    for each in (ready, queued):
        desk.post(f"{each}/discard")
    desk.work()
    assert {desk.row(each).status for each in (ready, queued)} == {"discarded", "check_cancelled"}


def test_a_file_that_is_gone_fails_in_words(desk):
    path = desk.upload(stores_file(1))
    for name in files():
        (uploads.folder() / name).unlink()
    desk.work()
    assert desk.row(path).error_code == "file_gone"
    assert "pages and worker must share INSTANCE_PATH" in desk.page(path)


@pytest.mark.parametrize("name", ["finn", "bea", "omar", "mei"])
def test_imports_are_for_operations_and_administrators(desk, name):
    path = desk.checked(stores_file(1))
    other = desk.chain.client(name)
    asked = [
        other.get(each).status_code
        for each in (
            "/hq/imports",
            path,
            f"{path}/progress",
            f"{path}/errors.csv",
            "/hq/imports/templates/stores.csv",
        )
    ]
    assert set(asked) == {403}
    assert (
        other.post(f"{path}/save", data={"csrf_token": token_of(other.get("/account"))}).status_code
        == 403
    )


@pytest.mark.parametrize(
    "path",
    [
        "/hq/imports/4711",
        "/hq/imports/4711/progress",
        "/hq/imports/4711/errors.csv",
        f"/hq/imports/{10**30}",
        "/hq/imports/1/moods.csv",
    ],
)
def test_an_unknown_import_is_not_there(desk, path):
    assert desk.client.get(path).status_code == 404


@pytest.mark.parametrize("deed", ["save", "check", "discard", "wish"])
def test_a_deed_on_an_unknown_import_is_not_there_and_needs_the_form_token(desk, deed):
    assert desk.post(f"/hq/imports/4711/{deed}").status_code == 404
    assert desk.client.post(f"/hq/imports/4711/{deed}").status_code == 400


def test_an_upload_needs_the_form_token_and_a_known_kind(desk):
    answer = desk.client.post(
        "/hq/imports",
        data={"kind": "stores", "file": (io.BytesIO(b"x"), "a.csv")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 400
    assert (
        desk.post("/hq/imports", kind="moods", file=(io.BytesIO(b"x"), "a.csv")).status_code == 404
    )
    assert files() == []


def test_every_deed_leaves_a_line_in_the_audit_log_without_personal_data(desk):
    path = desk.checked(stores_file(1), name="Frau Müller.csv")
    desk.post(f"{path}/check")
    desk.work()
    desk.post(f"{path}/save")
    desk.work()
    desk.post(f"{path}/discard")
    with db.read() as connection:
        lines = connection.execute(
            select(audit_log.c.action, audit_log.c.detail)
            .where(audit_log.c.object_kind == "upload")
            .order_by(audit_log.c.id)
        ).all()
        saved_by = (
            connection.execute(
                select(audit_log.c.actor)
                .where(audit_log.c.action == "save_network")
                .order_by(audit_log.c.id.desc())
            )
            .scalars()
            .first()
        )
    assert [line.action for line in lines] == [
        "upload",
        "check_upload",
        "save_upload",
        "discard_upload",
    ]
    assert "Müller" not in str(lines)
    assert saved_by == desk_user(desk)


def desk_user(desk) -> str:
    from app.accounts.users import app_user

    with db.read() as connection:
        return f"user:{connection.execute(select(func.max(app_user.c.id)).where(app_user.c.name == 'petra')).scalar_one()}"
