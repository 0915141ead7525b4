"""File forms: strict models, one fault a key, in words that say what would be right."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, ClassVar

import pytest

from ledger.faults import InvalidInput
from stores.base.file_forms import (
    Checked,
    Code,
    Day,
    Degrees,
    Flag,
    Form,
    NotSo,
    NullAsAbsent,
    OneOf,
    Said,
    Text,
    Whole,
    read,
    try_reading,
)


def _short(value: list[str]) -> list[str]:
    if len(value) > 2:
        raise NotSo("names more than two")
    return value


class Inner(NullAsAbsent):
    null_says: ClassVar[tuple[str, ...]] = ("kept",)

    whole: Annotated[int, Whole(0, 10)] = 3
    kept: Annotated[int, Whole(0, 10)] | None = 4


class Outer(Form):
    code: Annotated[str, Code()]
    when: Annotated[dt.date, Day()] | None = None
    side: Annotated[str, OneOf("left", "right")] = "left"
    yes: Flag = False
    where: Annotated[float, Degrees(90)] = 0.0
    words: Annotated[str, Text(5)] = "a"
    codes: Annotated[Annotated[list[str], Said("must be a list of codes")], Checked(_short)] = []
    inner: list[Inner] = []


class Bracketed(Outer):
    brackets: ClassVar[bool] = True


def faults(body: Any, form: type[Form] = Outer) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        read(form, body, thing="thing", refusal="thing_invalid")
    assert refused.value.code == "thing_invalid"
    return {each.field: each.reason for each in refused.value.errors}


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({}, "code", "is missing"),
        ({"code": "a\0"}, "code", "must be a code"),
        ({"code": "\ud800"}, "code", "must be a code"),
        ({"code": "x" * 65}, "code", "must be a code"),
        ({"when": "2026-02-30"}, "when", "must be a day such as 2026-01-01"),
        ({"when": "2026-2-3"}, "when", "must be a day such as 2026-01-01"),
        ({"side": "up"}, "side", "must be one of left, right"),
        ({"side": ["left"]}, "side", "must be one of left, right"),
        ({"yes": 1}, "yes", "must be true or false"),
        ({"where": float("nan")}, "where", "must be degrees from -90 to 90"),
        ({"where": True}, "where", "must be degrees from -90 to 90"),
        ({"where": 90.1}, "where", "must be degrees from -90 to 90"),
        ({"words": "longer"}, "words", "must be text of 1 to 5 characters"),
        ({"codes": "abc"}, "codes", "must be a list of codes"),
        ({"codes": ["a", "b", "c"]}, "codes", "names more than two"),
        ({"inner": [{"whole": True}]}, "inner.0.whole", "must be a whole number from 0 to 10"),
        ({"inner": [{"whole": 1.0}]}, "inner.0.whole", "must be a whole number from 0 to 10"),
        ({"inner": [{"hole": 1}]}, "inner.0.hole", "is no key here; known are whole, kept"),
        ({"inner": [3]}, "inner.0", "must be an object"),
        ({"inner": {}}, "inner", "must be a list"),
    ],
)
def test_a_wrong_key_is_named_by_its_path_and_told_what_would_be_right(given, field, words):
    assert faults({"code": "a", **given} if given else given) == {field: words}


def test_paths_may_have_brackets():
    assert set(faults({"code": "a", "inner": [{}, {"whole": -1}]}, Bracketed)) == {"inner[1].whole"}


def test_all_faults_are_told_at_once():
    assert set(faults({"side": 1, "yes": 2, "more": 3})) == {"code", "side", "yes", "more"}


def test_what_is_no_object_is_refused():
    assert faults([]) == {}


def test_null_is_as_absent_where_it_says_nothing():
    form = Inner.model_validate({"whole": None, "kept": None})
    assert (form.whole, form.kept) == (3, None)


def test_sound_keys_are_answered_beside_the_faults():
    given, found = try_reading(Outer, {"code": "a", "side": 1, "yes": True}, "thing", "x")
    assert given == {"code": "a", "yes": True} and [each.field for each in found] == ["side"]
    assert try_reading(Outer, {"yes": True}, "thing", "x")[0] == {}
