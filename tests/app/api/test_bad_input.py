"""Every bad input gets a problem document and does nothing (CONTRACT 3, M23)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.app.api import sample

LINE = {"line_no": 1, "amount_minor": 100}
GOOD: dict[str, Any] = {"parcel_code": "P1", "customer_id": "mei", "lines": [LINE]}
MEI = {"Authorization": "Bearer key-of-mei"}


def but(**changed: Any) -> bytes:
    return json.dumps({**GOOD, **changed}).encode()


def line(**changed: Any) -> bytes:
    return but(lines=[{**LINE, **changed}])


def raw(field: str, text: bytes) -> bytes:
    """GOOD with `text` as the JSON of one field, for what json.dumps would not write."""
    return but()[:-1] + b', "' + field.encode() + b'": ' + text + b"}"


def place(**changed: Any) -> bytes:
    return but(location={"latitude": 31.2, "longitude": 121.4, "crs": "wgs84", **changed})


BAD_BODIES = {  # what is wrong: (body, the field that the answer must name)
    "an empty body": (b"", "body"),
    "half an object": (b"{", "body"),
    "text that is no JSON": (b"parcel_code=P1", "body"),
    "single quotes": (b"{'parcel_code': 'P1'}", "body"),
    "a trailing comma": (but()[:-1] + b",}", "body"),
    "something after the object": (but() + b"{}", "body"),
    "an array": (b"[]", "body"),
    "null": (b"null", "body"),
    "a number": (b"7", "body"),
    "a text": (b'"P1"', "body"),
    "a byte order mark": (b"\xef\xbb\xbf" + but(), "body"),
    "UTF-16": (but().decode().encode("utf-16"), "body"),
    "bytes that are no UTF-8": (raw("currency", b'"\xff\xfe"'), "body"),
    "an overlong encoding": (raw("currency", b'"\xc0\xaf"'), "body"),
    "an encoded surrogate": (raw("currency", b'"\xed\xa0\x80"'), "body"),
    "an escaped lone high surrogate": (raw("currency", b'"\\ud800"'), "body"),
    "an escaped lone low surrogate": (raw("currency", b'"\\udc00"'), "body"),
    "a raw line feed in a text": (raw("currency", b'"C\nY"'), "body"),
    "100,000 brackets below the limit of size": (b"[" * 19_000, "body"),
    "deep nesting in a free field": (raw("payload", b'{"a":' * 1000 + b"1" + b"}" * 1000), "body"),
    "NaN": (raw("payload", b'{"a": NaN}'), "payload"),
    "Infinity": (raw("payload", b'{"a": [Infinity]}'), "payload"),
    "1e999": (raw("payload", b'{"a": 1e999}'), "payload"),
    "a huge integer in a free field": (raw("payload", b'{"a": 9999999999999999}'), "payload"),
    "an integer of 5,000 digits": (raw("payload", b'{"a": ' + b"9" * 5000 + b"}"), "body"),
    "a payload of 5,000 characters": (but(payload={"a": "x" * 5000}), "payload"),
    "a payload that is a list": (but(payload=[1]), "payload"),
    "NUL in a free field": (raw("payload", b'{"a": ["\\u0000"]}'), "payload.a.0"),
    "NUL in a free name": (raw("payload", b'{"a\\u0000": 1}'), "payload.a?"),
    "NUL in a code": (but(parcel_code="a\0b"), "parcel_code"),
    "an unknown field": (but(surprise=1), "surprise"),
    "an unknown field inside": (line(price=1), "lines.0.price"),
    "a missing field": (
        b'{"parcel_code": "P1", "lines": [{"line_no": 1, "amount_minor": 1}]}',
        "customer_id",
    ),
    "null for a required field": (but(customer_id=None), "customer_id"),
    "an empty code": (but(parcel_code=""), "parcel_code"),
    "a code of 65 characters": (but(parcel_code="x" * 65), "parcel_code"),
    "a code that begins with a space": (but(parcel_code=" P1"), "parcel_code"),
    "a code that ends with a space": (but(parcel_code="P1 "), "parcel_code"),
    "a code that ends with an ideographic space": (but(parcel_code="P1\u3000"), "parcel_code"),
    "a code with a tab": (but(parcel_code="P\t1"), "parcel_code"),
    "a code with DEL": (but(parcel_code="P\x7f1"), "parcel_code"),
    "a code with a C1 control": (but(parcel_code="P\x851"), "parcel_code"),
    "a code with a line separator": (but(parcel_code="P\u20281"), "parcel_code"),
    "a number as code": (but(parcel_code=1), "parcel_code"),
    "a customer of 10,000 characters": (but(customer_id="x" * 10_000), "customer_id"),
    "a list as customer": (but(customer_id=["mei"]), "customer_id"),
    "no lines": (but(lines=[]), "lines"),
    "51 lines": (but(lines=[LINE] * 51), "lines"),
    "lines that are no list": (but(lines="x"), "lines"),
    "lines by number": (but(lines={"0": LINE}), "lines"),
    "an amount as text": (line(amount_minor="100"), "lines.0.amount_minor"),
    "an amount with a fraction": (line(amount_minor=10.5), "lines.0.amount_minor"),
    "an amount of 1.0": (line(amount_minor=1.0), "lines.0.amount_minor"),
    "an amount of 1e2": (but().replace(b"100", b"1e2"), "lines.0.amount_minor"),
    "an amount of true": (line(amount_minor=True), "lines.0.amount_minor"),
    "a negative amount": (line(amount_minor=-1), "lines.0.amount_minor"),
    "an amount above 10^11": (line(amount_minor=10**11 + 1), "lines.0.amount_minor"),
    "an amount of 2^63": (line(amount_minor=2**63), "lines.0.amount_minor"),
    "an amount of 31 digits": (line(amount_minor=10**30), "lines.0.amount_minor"),
    "an amount of NaN": (but().replace(b"100", b"NaN"), "lines.0.amount_minor"),
    "an amount with a leading zero": (but().replace(b"100", b"0100"), "body"),
    "a good and a bad line": (
        but(lines=[LINE, {**LINE, "amount_minor": None}]),
        "lines.1.amount_minor",
    ),
    "a quantity of 0": (line(quantity=0), "lines.0.quantity"),
    "a negative quantity": (line(quantity=-1), "lines.0.quantity"),
    "a line number of 0": (line(line_no=0), "lines.0.line_no"),
    "a currency in small letters": (but(currency="cny"), "currency"),
    "a currency of four letters": (but(currency="CNYX"), "currency"),
    "a time in words": (but(sent_at="yesterday"), "sent_at"),
    "a month of 13": (but(sent_at="2025-13-01"), "sent_at"),
    "the 30th of February": (but(sent_at="2025-02-30"), "sent_at"),
    "an hour of 24": (but(sent_at="2025-03-01T24:00:00Z"), "sent_at"),
    "a leap second": (but(sent_at="2025-03-01T23:59:60Z"), "sent_at"),
    "a time as number": (but(sent_at=1740787200), "sent_at"),
    "a time of the year 9999": (but(sent_at="9999-12-31T23:59:59Z"), "sent_at"),
    "an offset of a day": (but(sent_at="2025-03-01T10:00:00+24:00"), "sent_at"),
    "a time in full-width digits": (but(sent_at="２０２５-03-01"), "sent_at"),
    "an empty time": (but(sent_at=""), "sent_at"),
    "a latitude of 91": (place(latitude=91), "location.latitude"),
    "a longitude of 181.5": (place(longitude=181.5), "location.longitude"),
    "a latitude as text": (place(latitude="31.2"), "location.latitude"),
    "a latitude of NaN": (place(latitude=float("nan")), "location.latitude"),
    "a latitude of true": (place(latitude=True), "location.latitude"),
    "an unknown crs": (place(crs="mars"), "location.crs"),
    "no crs": (but(location={"latitude": 31.2, "longitude": 121.4}), "location.crs"),
    "a negative accuracy": (place(accuracy_m=-5), "location.accuracy_m"),
    "an infinite accuracy": (place(accuracy_m=float("inf")), "location.accuracy_m"),
}
BAD_QUERIES = {
    "an unknown parameter": ("?colour=red", "colour"),
    "limit 0": ("?limit=0", "limit"),
    "limit 201": ("?limit=201", "limit"),
    "limit -1": ("?limit=-1", "limit"),
    "a huge limit": ("?limit=99999999999999999999", "limit"),
    "limit in words": ("?limit=ten", "limit"),
    "limit with a fraction": ("?limit=1.0", "limit"),
    "limit in other digits": ("?limit=%D9%A1", "limit"),
    "an empty limit": ("?limit=", "limit"),
    "a parameter twice": ("?limit=1&limit=2", "query"),
    "half an escape": ("?limit=%1", "query"),
    "an escape of no hex": ("?limit=%zz", "query"),
    "bytes that are no UTF-8": ("?cursor=%ff", "query"),
    "NUL": ("?cursor=%00", "query"),
    "no value": ("?limit", "query"),
    "a garbled cursor": ("?cursor=AAAA", "cursor"),
    "a cursor of nothing": ("?cursor=", "cursor"),
    "a cursor in Chinese": ("?cursor=%E4%B8%8A", "cursor"),
    "a very long query": ("?cursor=" + "A" * 5000, "query"),
}


def refused(answer: Any, status: int = 400) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    found = answer.get_json()
    assert {"type", "title", "status", "detail", "errors"} <= set(found)
    assert found["status"] == status
    assert sample.deeds == []
    return found


@pytest.mark.parametrize("what", BAD_BODIES)
def test_a_bad_body_is_refused_by_field(client, what):
    body, field = BAD_BODIES[what]
    found = refused(
        client.post("/api/v1/parcels", data=body, headers=MEI, content_type="application/json")
    )
    assert field in [error["field"] for error in found["errors"]]


@pytest.mark.parametrize("what", BAD_QUERIES)
def test_a_bad_query_is_refused_by_name(client, what):
    query, field = BAD_QUERIES[what]
    found = refused(client.get("/api/v1/parcels" + query, headers=MEI))
    assert field in [error["field"] for error in found["errors"]]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?from=2025-01-01",
        "?from=x&to=2025-01-02",
        "?from=2025-02-30&to=2025-03-01",
        "?from=2025-03-02&to=2025-03-01",
        "?from=2025-03-01T00:00:00Z&to=2025-03-02",
        "?from=2025-03-01&to=2025-03-02&by=mood",
        "?first=2025-03-01&to=2025-03-02",
    ],
)
def test_days_that_are_no_days_are_refused(client, query):
    refused(client.get("/api/v1/parcels/P1/count" + query, headers=MEI))


def test_a_call_without_parameters_refuses_any(client):
    refused(client.post("/api/v1/parcels/1/replay?x=1", headers=MEI))


def test_a_body_above_the_limit_is_refused_by_size(client):
    refused(client.post("/api/v1/parcels", data=b"[" * 100_000, headers=MEI), 413)


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=gbk",
        "json",
    ],
)
def test_another_media_type_is_refused(client, kind):
    refused(client.post("/api/v1/parcels", data=but(), headers=MEI, content_type=kind), 415)


def test_a_compressed_body_is_refused(client):
    refused(
        client.post("/api/v1/parcels", data=but(), headers={**MEI, "Content-Encoding": "gzip"}), 415
    )


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "application/json",
        "application/json; charset=UTF-8",
        "Application/JSON",
        "application/vnd.shop+json",
    ],
)
def test_json_passes_under_every_name_it_has(client, kind):
    assert (
        client.post("/api/v1/parcels", data=but(), headers=MEI, content_type=kind).status_code
        == 201
    )


@pytest.mark.parametrize("value", ["", "x" * 256, "naïve", "tab\there"])
def test_an_unusable_idempotency_key_is_refused(client, value):
    refused(client.post("/api/v1/parcels", data=but(), headers={**MEI, "Idempotency-Key": value}))


@pytest.mark.parametrize(
    "path",
    ["/parcels/NOPE", "/parcels/%00", "/parcels/a%0ab", "/parcels/%ff", "/parcels/" + "x" * 300],
)
def test_a_name_that_no_row_has_is_not_found(client, path):
    refused(client.put("/api/v1" + path, data=b"{", headers=MEI), 404)


def test_a_number_beyond_the_database_is_not_found(client):
    refused(client.post(f"/api/v1/parcels/{2**63}/replay", headers=MEI), 404)


def test_a_backslash_before_u0000_is_no_nul(client):
    assert (
        client.post(
            "/api/v1/parcels", data=raw("payload", b'{"a": "\\\\u0000"}'), headers=MEI
        ).status_code
        == 201
    )
