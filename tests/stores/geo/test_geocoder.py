"""A9: a geocoder is asked with care and never relied on. A server of this test stands in for each
provider."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

import config
import db
from stores.geo import geocoder, geocoder_providers
from stores.geo.coordinates import Coordinates, distance_m, from_wgs84
from stores.geo.geocoder import ask, geocoded
from stores.geo.geocoder_setting import Provider
from stores.network import place_search

TOWER = Coordinates(31.2397, 121.4998)
NOW = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
WORDS = "浦东新区世纪大道1号"


class Outside:
    """What the provider answers next, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, list[str]], str]] = []
        self.answer: Any = {}
        self.status, self.waits = 200, 0.0
        outside = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                split = urlsplit(self.path)
                outside.asked.append(
                    (split.path, parse_qs(split.query), self.headers["User-Agent"])
                )
                time.sleep(outside.waits)
                body = (
                    outside.answer
                    if isinstance(outside.answer, bytes)
                    else json.dumps(outside.answer).encode()
                )
                self.send_response(outside.status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    return

            def log_message(self, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()


@pytest.fixture
def outside(network: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Outside()
    yield made
    geocoder.configure(None)
    made.server.shutdown()
    made.server.server_close()


def says(outside: Outside, name: str) -> None:
    """The tower, as this provider would say it."""
    if name == "nominatim":
        outside.answer = [
            {"display_name": "Tower", "lat": str(TOWER.latitude), "lon": str(TOWER.longitude)}
        ]
        return
    latitude, longitude = from_wgs84(TOWER, "bd09" if name == "baidu" else "gcj02")
    outside.answer = (
        {"status": 0, "result": {"location": {"lat": latitude, "lng": longitude}, "level": "道路"}}
        if name == "baidu"
        else {
            "status": "1",
            "geocodes": [
                {
                    "formatted_address": "上海市" + WORDS,
                    "adcode": "310115",
                    "location": f"{longitude:.6f},{latitude:.6f}",
                }
            ],
        }
    )


def use(outside: Outside, name: str = "nominatim", rate: str = "1000/second") -> None:
    geocoder.configure(
        Provider(name, "secret-key", outside.url, rate, "Doorstep (https://shop.example.com)")
    )


@pytest.mark.parametrize("name", ["nominatim", "baidu", "amap"])
def test_a9_each_provider_is_converted_from_its_own_system(outside, name):
    says(outside, name)
    use(outside, name)
    (found,) = ask(WORDS, NOW)
    assert distance_m(found.point, TOWER) < 0.2 and found.provider == name
    path, query, agent = outside.asked[0]
    assert (
        WORDS in (query.get("q") or query.get("address"))[0]
        and agent == "Doorstep (https://shop.example.com)"
    )
    assert (
        path == {"nominatim": "/search", "baidu": "/geocoding/v3/", "amap": "/v3/geocode/geo"}[name]
    )
    assert found.region_code == ("310115" if name == "amap" else None)


def test_a9_an_answer_is_kept_for_its_time_under_a_hash_that_tells_nothing(outside):
    says(outside, "nominatim")
    use(outside)
    first, again = ask(WORDS, NOW), ask(f" {WORDS} ", NOW + dt.timedelta(days=29))
    assert first == again and len(outside.asked) == 1
    with db.read() as connection:
        (row,) = connection.execute(select(geocoded)).all()
    assert WORDS not in repr(tuple(row)) and len(row.words_hash) == 64
    ask(WORDS, NOW + dt.timedelta(days=31))
    assert len(outside.asked) == 2
    assert geocoder.forget_old(NOW + dt.timedelta(days=90)) == 1


def test_a9_nothing_found_is_kept_too(outside):
    outside.answer = []
    use(outside)
    assert ask(WORDS, NOW) == ask(WORDS, NOW) == [] and len(outside.asked) == 1


@pytest.mark.parametrize(
    ("name", "status", "answer"),
    [
        ("nominatim", 500, b"oops"),
        ("nominatim", 200, b"<html>"),
        ("nominatim", 429, b""),
        ("nominatim", 403, b""),
        ("amap", 200, {"status": "0", "infocode": "10001"}),
        ("amap", 200, {"status": "0", "infocode": "10021"}),
        ("amap", 200, {"status": "1", "geocodes": [{"location": []}]}),
        ("amap", 200, []),
        ("amap", 200, b"null"),
        ("baidu", 200, {"status": 240, "message": "forbidden"}),
        ("baidu", 200, {"status": 0, "result": {"location": "?"}}),
    ],
)
def test_a9_a_provider_that_fails_is_left_alone_for_a_while(outside, name, status, answer):
    outside.status, outside.answer = status, answer
    use(outside, name)
    assert ask(WORDS, NOW) == ask("another road", NOW) == []
    assert len(outside.asked) == 1
    with db.read() as connection:
        assert connection.execute(select(func.count()).select_from(geocoded)).scalar_one() == 0


def test_a9_a_slow_provider_is_waited_for_no_longer_than_the_limit(outside, monkeypatch):
    outside.waits, outside.answer = 1.0, []
    monkeypatch.setitem(geocoder_providers._COMMON, "timeout", 0.2)
    use(outside)
    began = time.monotonic()
    assert ask(WORDS, NOW) == [] and time.monotonic() - began < 0.8
    assert geocoder_providers.TIMEOUT_SECONDS == 3.0


def test_a9_an_answer_that_is_no_point_is_a_failure(outside):
    outside.answer = [{"display_name": "Mars", "lat": "nan", "lon": "121.5"}]
    use(outside)
    assert ask(WORDS, NOW) == []


def test_a9_nobody_is_asked_more_often_than_the_rate(outside):
    says(outside, "nominatim")
    use(outside, rate="2/hour")
    assert [bool(ask(f"road {n}", NOW)) for n in range(4)] == [True, True, False, False] and len(
        outside.asked
    ) == 2


def test_a9_by_default_nobody_is_asked(outside):
    geocoder.configure(None)
    assert ask(WORDS) == [] and place_search.ask_outside(WORDS) == [] and outside.asked == []


def test_a9_the_name_of_a_division_needs_no_geocoder(outside):
    says(outside, "nominatim")
    use(outside)
    assert place_search.ask_outside("静安区") == [] and outside.asked == []
    assert [each.name for each in place_search.ask_outside(WORDS)] == ["Tower"]


def test_a9_the_key_and_the_words_stay_out_of_the_log(outside, capsys):
    outside.status = 500
    use(outside, "amap")
    ask(WORDS, NOW)
    said = "".join(capsys.readouterr())
    assert "did not answer" in said and "secret-key" not in said and WORDS not in said
    assert "secret-key" not in repr(Provider("amap", "secret-key"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"GEOCODER": "google"},
        {"GEOCODER": "baidu"},
        {"GEOCODER": "amap"},
        {"GEOCODER": "nominatim", "GEOCODER_URL": "example.com"},
        {"GEOCODER_RATE": "often"},
        {"GEOCODER_RATE": "0/second"},
        {"IP_DATABASE": "/nowhere/a.mmdb"},
    ],
)
def test_a_wrong_setting_stops_the_start(wrong, tmp_path):
    with pytest.raises(config.ConfigurationError) as said:
        config.load({"INSTANCE_PATH": str(tmp_path), **wrong})
    assert next(reversed(wrong)) in str(said.value)


def test_the_defaults_ask_nobody_outside(tmp_path):
    found = config.load({"INSTANCE_PATH": str(tmp_path)})
    assert found.geocoder == "off" and found.ip_database is not None and found.ip_database.exists()
    assert config.load({"INSTANCE_PATH": str(tmp_path), "IP_DATABASE": "none"}).ip_database is None
