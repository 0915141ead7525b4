"""How values look to people, in both languages."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from pathlib import Path

import click
import pytest

import app
from app.ui import words
from scripts import catalogue
from stores.routing import explanations

APP = Path(app.__file__).parent


@pytest.mark.parametrize(
    ("minor", "currency", "decimals", "shown"),
    [
        (123450, "CNY", 2, "¥1,234.50"),
        (0, "CNY", 2, "¥0.00"),
        (-14000, "CNY", 2, "−¥140.00"),
        (5, "USD", 2, "$0.05"),
        (1200, "JPY", 0, "¥1,200"),
        (1234567, "KWD", 3, "KWD 1,234.567"),
        (10**15, "CNY", 2, "¥10,000,000,000,000.00"),
        (-1, "EUR", 2, "−€0.01"),
    ],
)
def test_money_is_written_from_minor_units(minor, currency, decimals, shown):
    assert words.money(minor, currency, decimals) == shown


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        (0, "0", "0"),
        (9999, "9,999", "9,999"),
        (99_999, "99,999", "99,999"),
        (100_000, "10万", "100k"),
        (123_456, "12.3万", "123k"),
        (12_000_000, "1,200万", "12m"),
        (1_299_999, "129万", "1.2m"),
        (-123_456, "−12.3万", "−123k"),
        (123_456_789, "1.2亿", "123m"),
    ],
)
def test_big_counts_are_short_and_never_rounded_up(number, zh, en):
    assert (words.short_count(number, "zh"), words.short_count(number, "en")) == (zh, en)


def test_days_follow_the_language():
    assert (words.day(dt.date(2026, 11, 21), "zh"), words.day(dt.date(2026, 11, 21), "en")) == (
        "2026年11月21日",
        "2026-11-21",
    )


def test_every_text_has_its_chinese():
    known = {
        (message.id, message.context): message.string
        for held in catalogue.catalogues().values()
        for message in held
    }
    missing = [
        f"{name}:{line} {message}"
        for name, line, message, context in catalogue.messages()
        if not "".join(known.get((message, context)) or "")
    ]
    assert missing == [], "run scripts/catalogue.py and fill in the Chinese"


def test_the_catalogue_holds_no_text_twice_and_none_that_is_dead():
    held = [
        (message.id, message.context)
        for each in catalogue.catalogues().values()
        for message in each
        if message.id
    ]
    asked = {(message, context) for _name, _line, message, context in catalogue.messages()}
    assert sorted(key for key in set(held) if held.count(key) > 1 or key not in asked) == [], (
        "run scripts/catalogue.py"
    )


def test_templates_hold_no_text_outside_the_catalogue():
    bare = {}
    for path in set(APP.glob("templates/**/*.html")) - set(
        APP.glob("templates/api/*")
    ):  # documents of the API are in English
        text = re.sub(
            r"\{% block (?:width|frame|body\w+) %\}.*?\{% endblock "
            r"%\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}",
            " ",
            path.read_text(),
            flags=re.S,
        )
        text = re.sub(r"<[^>]*>|&\w+;", " ", text)
        found = set(re.findall(r"[A-Za-z\u4e00-\u9fff]{2,}", text)) - {
            "Doorstep",
            "XLSX",
            "CSV",
            "Ctrl",
        }
        if found:
            bare[path.name] = found
    assert bare == {}


@pytest.mark.parametrize(
    ("tongue", "shown"),
    [
        (
            "zh",
            [
                "¥1,234.50",
                "−¥140.00",
                "12.3万",
                "1,234万",
                "2026年11月21日",
                "2026-11-21 14:05",
                "已付",
            ],
        ),
        (
            "en",
            ["¥1,234.50", "−¥140.00", "123k", "12.3m", "2026-11-21", "2026-11-21 14:05", "paid"],
        ),
    ],
)
def test_every_component_draws_itself_in_both_languages(house, tongue, shown):
    house.user("petra", "hq_admin")
    page = house.signed_in("petra").get(f"/hq/samples?lang={tongue}")
    assert page.status_code == 200
    assert [text for text in shown if text not in page.text] == []


@pytest.mark.parametrize(
    "vendor", [APP / "static" / "vendor", APP.parent / "tests" / "vendor"], ids=["product", "tests"]
)
def test_vendored_files_are_what_the_manifest_says(vendor):
    manifest = json.loads((vendor / "manifest.json").read_text())
    assert {entry["file"] for entry in manifest} == {path.name for path in vendor.iterdir()} - {
        "manifest.json"
    }
    for entry in manifest:
        assert hashlib.sha256((vendor / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
        assert entry["licence"]
        assert entry["version"]


def test_every_icon_that_is_named_is_drawn():
    drawn = set(re.findall(r'<symbol id="(\w+)"', (APP / "static" / "icons.svg").read_text()))
    asked = set(
        re.findall(
            r'icon\(\s*"(\w+)"',
            "".join(path.read_text() for path in APP.glob("templates/**/*.html")),
        )
    )
    navigation = (APP / "ui" / "navigation.py").read_text()
    in_menus = set(re.findall(r'Item\(\s*_l\("[^"]*"\),\s*"[\w.]+",\s*"(\w+)"', navigation))
    assert len(in_menus) > 5
    asked |= in_menus
    assert asked
    assert asked <= drawn


def test_people_read_rule_and_order_of_rules_where_the_code_says_rung_and_ladder(house):
    """Pages, what the command line says of itself, prose of the API, explanations of a decision;
    names in backquotes, of fields and columns are the code's own."""

    def prose(value, key=""):
        if isinstance(value, dict):
            return [text for name, each in value.items() for text in prose(each, name)]
        if isinstance(value, list):
            return [text for each in value for text in prose(each)]
        return [value] if key in ("summary", "description") and isinstance(value, str) else []

    def helps(command):
        yield from filter(
            None,
            (
                command.help,
                command.short_help,
                *(getattr(each, "help", None) for each in command.params),
            ),
        )
        if isinstance(command, click.Group):
            with click.Context(command) as context:
                for name in command.list_commands(context):
                    yield from helps(command.get_command(context, name))

    pages = [
        text
        for _, _, message, _ in catalogue.messages()
        for text in ([message] if isinstance(message, str) else message)
    ]
    told = [
        english
        for each in vars(explanations).values()
        if isinstance(each, dict)
        for pair in each.values()
        if isinstance(pair, tuple) and len(pair) == 2
        for english in pair[1:]
    ]
    described = prose(house.stranger().get("/openapi.json").json)
    commands = list(helps(house.app.cli))
    assert min(map(len, (pages, told, described, commands))) > 20
    hard = [
        text
        for text in [*pages, *told, *described, *commands]
        if re.search(
            r"\b(rungs?|ladders?)\b",
            re.sub(r"`[^`]*`|%\(\w+\)s|\w+(,\w+)+|ladder \(the order of rules", "", text),
            re.I,
        )
    ]
    assert not hard, hard


def test_scales_write_round_money_short():
    assert [
        words.short_money(minor, "CNY", 2, "en") for minor in (0, 20_000, -50_000, 15_000_000, 150)
    ] == ["¥0", "¥200", "−¥500", "¥150k", "¥1.50"]
    assert (
        words.short_money(15_000_000, "CNY", 2, "zh") == "¥15万"
        and words.short_money(2000, "JPY", 0, "zh") == "¥2,000"
    )
