"""Reward plans in words, and what a version changed (C10)."""

from __future__ import annotations

import datetime as dt

from app.hq.rewards.plan import differences
from incentives import plan_versions
from incentives.default_plan import default_plan
from stores.base.actors import COMMAND_LINE


def test_the_plan_stands_in_words_and_two_versions_are_compared(chain):
    client = chain.client("petra")
    page = client.get("/hq/plan?lang=en").text
    assert "1 plan is in force today." in page
    assert "¥2.00 for each valid friend add." in page
    body = {
        **default_plan(2),
        "plan_code": "spring",
        "components": [{**default_plan(2)["components"][0], "amount_minor": 300}],
        "valid_from": chain.day(0),
    }
    plan_versions.publish(body, actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC), note="spring")
    page = client.get("/hq/plan?lang=en").text
    assert "2 plans are in force today." in page and "¥3.00 for each valid friend add." in page
    assert '<ins class="came">300</ins>' in page and '<del class="gone">200</del>' in page
    assert client.get("/hq/plan?version=99").status_code == 404
    assert chain.client("omar").get("/hq/plan").status_code == 403


def test_differences_name_the_place_in_the_file():
    old = {
        "a": 1,
        "components": [{"code": "add", "amount_minor": 200}, {"code": "gone", "x": [1]}],
        "same": [1, 2],
    }
    new = {
        "a": 1,
        "components": [{"code": "add", "amount_minor": 300, "caps": {"guide_day": 5}}],
        "same": [1, 2],
        "b": True,
    }
    assert list(differences(old, new)) == [
        ("components.add.amount_minor", "200", "300"),
        ("components.add.caps", "–", '{"guide_day":5}'),
        ("components.gone", '{"code":"gone","x":[1]}', "–"),
        ("b", "–", "True"),
    ]
    assert list(differences(old, old)) == []
