"""The same key and body is one deed and one answer; another body is refused (CONTRACT 3). On both
engines."""

from __future__ import annotations

import datetime as dt
import json
import threading
from typing import Any

import pytest
from sqlalchemy import func, select, update

import db
from app.api.idempotency import body_hash, once, row_key
from ledger import idempotency
from ledger.faults import InvalidInput
from ledger.idempotency import KeyReused, idempotency_key
from tests.app.api import sample
from tests.app.api.sample import ParcelIn

MEI, SAM = {"Authorization": "Bearer key-of-mei"}, {"Authorization": "Bearer key-of-sam"}
GOOD: dict[str, Any] = {
    "parcel_code": "P1",
    "customer_id": "mei",
    "sent_at": "2025-03-01T10:00:00+08:00",
    "lines": [{"line_no": 1, "amount_minor": 1}],
}
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def send(client: Any, key: str, **changed: Any) -> Any:
    return client.post(
        "/api/v1/parcels",
        data=json.dumps({**GOOD, **changed}),
        headers={**MEI, "Idempotency-Key": key},
    )


def rows() -> int:
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(idempotency_key)).scalar_one()


def test_the_second_time_gives_the_first_answer_and_does_nothing(kept, client):
    first, second = send(client, "k"), send(client, "k")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json == first.json
    assert sample.deeds == ["P1"]


@pytest.mark.parametrize(
    "same",
    [
        {"sent_at": "2025-03-01T02:00:00Z"},
        {"sent_at": "2025-03-01 10:00"},
        {"location": None},
        {"currency": "CNY"},
    ],
)
def test_a_body_that_means_the_same_is_the_same(kept, client, same):
    assert send(client, "k").status_code == send(client, "k", **same).status_code == 201
    assert sample.deeds == ["P1"]


def test_the_order_of_fields_means_nothing(kept, client):
    send(client, "k")
    turned = json.dumps(dict(reversed(GOOD.items())))
    assert (
        client.post(
            "/api/v1/parcels", data=turned, headers={**MEI, "Idempotency-Key": "k"}
        ).status_code
        == 201
    )
    assert sample.deeds == ["P1"]


def test_another_body_under_the_key_is_a_conflict_and_does_nothing(kept, client):
    send(client, "k")
    answer = send(client, "k", parcel_code="P2")
    assert (answer.status_code, answer.json["code"], answer.json["errors"][0]["field"]) == (
        409,
        "idempotency_key_reused",
        "Idempotency-Key",
    )
    assert (sample.deeds, rows()) == (["P1"], 1)


def test_another_key_is_another_deed(kept, client):
    send(client, "k")
    send(client, "K")
    assert sample.deeds == ["P1", "P1"]


def test_without_the_header_nothing_is_remembered(kept, client):
    client.post("/api/v1/parcels", data=json.dumps(GOOD), headers=MEI)
    assert rows() == 0


def test_a_refused_deed_leaves_the_key_free(kept, client):
    assert send(client, "k", currency="USD").status_code == 422
    assert rows() == 0
    assert send(client, "k").status_code == 201


def test_the_key_belongs_to_one_api_key_method_and_path():
    keys = {
        row_key(actor, method, path, "k")
        for actor in ("key:1", "key:2")
        for method in ("POST", "PUT")
        for path in ("/a", "/b")
    }
    assert len(keys) == 8
    assert all(len(key or "") == 64 for key in keys)


def test_a_fault_inside_the_deed_leaves_no_row(kept):
    def refuse() -> tuple[int, Any]:
        raise InvalidInput("No.")

    with pytest.raises(InvalidInput):
        once("k" * 64, None, refuse)
    assert rows() == 0


def test_only_2xx_answers_are_kept(kept):
    once("k" * 64, None, lambda: (303, None))
    assert rows() == 0


def test_the_row_holds_hashes_and_never_the_body(kept, client):
    send(client, "k")
    with db.read() as connection:
        row = connection.execute(select(idempotency_key)).one()
    assert "mei" not in str(tuple(row))
    assert (len(row.key), len(row.body_hash)) == (64, 64)


def test_an_answer_that_names_a_person_is_read_again_by_its_reference(kept):
    people = {"e1": {"customer": "mei"}}
    for _ in range(2):
        found = once(
            "k" * 64,
            None,
            lambda: (201, people["e1"]),
            reference=lambda answer: "e1",
            again=people.__getitem__,
        )
        assert found == (201, {"customer": "mei"})
    with db.read() as connection:
        assert connection.execute(
            select(idempotency_key.c.answer, idempotency_key.c.reference)
        ).one() == (None, "e1")


def test_a_key_is_free_again_after_thirty_days(kept):
    with db.transaction() as connection:
        assert idempotency.claim(connection, "k", "a", NOW) is None
        idempotency.keep(connection, "k", 201, answer={"n": 1})
    with db.transaction() as connection:
        assert idempotency.claim(
            connection, "k", "a", NOW + dt.timedelta(days=29)
        ) == idempotency.Kept(201, {"n": 1}, None)
        with pytest.raises(KeyReused):
            idempotency.claim(connection, "k", "b", NOW + dt.timedelta(days=29))
        assert idempotency.claim(connection, "k", "b", NOW + dt.timedelta(days=31)) is None


def test_old_keys_are_forgotten(kept, client):
    send(client, "old")
    send(client, "new")
    with db.transaction() as connection:
        connection.execute(
            update(idempotency_key)
            .where(idempotency_key.c.key == row_key("key:1", "POST", "/api/v1/parcels", "old"))
            .values(created_at=NOW - dt.timedelta(days=31))
        )
        assert idempotency.forget_old(connection, NOW) == 1
    assert rows() == 1


def test_twenty_at_once_are_one_deed(kept, app):
    barrier, answers = threading.Barrier(20), []

    def post() -> None:
        barrier.wait()
        answers.append(send(app.test_client(), "k").status_code)

    threads = [threading.Thread(target=post) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 20
    assert sample.deeds == ["P1"]


def test_one_deed_of_two_bodies_at_once(kept, app):
    barrier, answers = threading.Barrier(10), []

    def post(code: str) -> None:
        barrier.wait()
        answers.append(send(app.test_client(), "k", parcel_code=code).status_code)

    threads = [threading.Thread(target=post, args=(f"P{number % 2}",)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] * 5 + [409] * 5
    assert len(sample.deeds) == 1


def test_the_hash_of_a_body_sees_every_value():
    def digest(**changed: Any) -> str:
        return body_hash(ParcelIn.model_validate_json(json.dumps({**GOOD, **changed})))

    different = [
        digest(),
        digest(customer_id="omar"),
        digest(sent_at="2025-03-01T10:00:01+08:00"),
        digest(payload={"a": 1}),
        digest(payload={"a": 2}),
        digest(lines=GOOD["lines"] * 2),
        digest(location={"latitude": 1, "longitude": 2, "crs": "wgs84"}),
    ]
    assert len(set(different)) == len(different)
    assert digest(payload={"a": 1, "b": 2}) == digest(payload={"b": 2, "a": 1})
