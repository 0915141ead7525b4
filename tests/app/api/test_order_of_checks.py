"""401, 403, 404, then 400 and 422 (CONTRACT 3); domain faults map to one status each."""

from __future__ import annotations

import pytest

from app.api.declare import OWN_ROWS, Api
from app.api.types import Strict
from app.web.problems import status_of
from ledger.faults import Conflict, Fault, InvalidInput, Malformed, NotAllowed, NotFound

MEI, SAM = {"Authorization": "Bearer key-of-mei"}, {"Authorization": "Bearer key-of-sam"}
LINE = '{"line_no": 1, "amount_minor": 5}'


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer stranger",
        "Basic a2V5LW9mLW1laQ==",
        "key-of-mei",
        "Bearer " + "x" * 5000,
        "Bearer \xff",
    ],
)
def test_without_a_valid_key_nothing_else_is_looked_at(client, header):
    answer = client.put(
        "/api/v1/parcels/NOPE?x=1",
        data="{",
        headers={"Authorization": header} if header is not None else {},
    )
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.content_type == "application/problem+json"


def test_the_word_bearer_may_be_written_small(client):
    assert (
        client.get("/api/v1/parcels", headers={"Authorization": "bearer key-of-mei"}).status_code
        == 200
    )


@pytest.mark.parametrize(
    ("path", "who", "body", "status"),
    [
        ("NOPE", SAM, "{", 403),
        ("NOPE", MEI, "{", 404),
        ("P1", MEI, "{", 400),
        ("P5", MEI, LINE, 409),
        ("P1", MEI, LINE, 200),
    ],
)
def test_the_earlier_check_answers(client, path, who, body, status):
    assert client.put(f"/api/v1/parcels/{path}", data=body, headers=who).status_code == status


def test_what_is_not_there_is_answered_before_a_bad_query(client):
    assert client.get("/api/v1/parcels/NOPE/count?from=x", headers=MEI).status_code == 404


def test_a_rule_answers_with_its_own_code(client):
    body = '{"parcel_code": "P1", "customer_id": "mei", "currency": "USD", "lines": [' + LINE + "]}"
    answer = client.post("/api/v1/parcels", data=body, headers=MEI)
    assert (answer.status_code, answer.json["code"]) == (422, "wrong_currency")


class Sealed(Conflict):
    pass


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Malformed, 400),
        (NotAllowed, 403),
        (NotFound, 404),
        (Conflict, 409),
        (Sealed, 409),
        (InvalidInput, 422),
        (Fault, 422),
    ],
)
def test_each_fault_has_its_status(kind, status):
    assert status_of(kind("because")) == status


def test_every_view_says_what_it_needs(app):
    needs = {
        rule.endpoint: getattr(app.view_functions[rule.endpoint], "permission", None)
        for rule in app.url_map.iter_rules()
    }
    assert {name for name, permission in needs.items() if permission is None} == {"static"}


def test_a_view_that_disagrees_with_its_declaration_stops_the_start():
    with pytest.raises(TypeError, match="body"):

        @Api("Wrong").call(
            "POST",
            "/wrong",
            permission="x",
            serves=OWN_ROWS,
            body=Strict,
            answers={200: None},
            summary="Wrong.",
        )
        def wrong(actor):
            raise NotImplementedError


def test_answers_are_compact_json_that_nobody_stores(client):
    body = (
        '{"parcel_code": "上海", "customer_id": "梅", "sent_at": "2025-03-01", "lines": ['
        + LINE
        + "]}"
    )
    answer = client.post("/api/v1/parcels", data=body, headers=MEI)
    assert (
        answer.data == '{"parcel_code":"上海","lines":1,"sent_at":"2025-02-28T16:00:00Z"}'.encode()
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content_type == "application/json"


def test_ready_bytes_leave_as_they_are(client):
    assert client.post("/api/v1/parcels/7/replay", data="{}", headers=SAM).json == {
        "by": "replay",
        "count": 1,
    }
