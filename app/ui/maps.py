"""What static/js/map.js draws, as values: points coloured by one figure in five classes, and shapes
(GeoJSON with a legend beside). Pure.

A page shows `map(url, name)` of components/maps.html; behind `url` stands a view that answers
`collection(...)`. Coordinates are WGS-84 degrees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CLASSES = 5
DIGITS = 5  # of a coordinate: about a metre


@dataclass(frozen=True, slots=True)
class Scale:
    """Bounds of classes: class n holds values from `bounds[n]` to below `bounds[n + 1]`, the last
    one its upper bound too."""

    bounds: tuple[int, ...]

    def of(self, value: int) -> int | None:
        """The class of a value; None for what is 0 or less: nothing happened there."""
        if value <= 0:
            return None
        return max(n for n, low in enumerate(self.bounds[:-1]) if n == 0 or value >= low)


def scale(values: Iterable[int]) -> Scale:
    """At most five classes with about as many places in each, their bounds rounded to two digits so
    that people can read them."""
    several = sorted(value for value in values if value > 0)
    if not several:
        return Scale(())
    cuts = [several[len(several) * n // CLASSES] for n in range(1, CLASSES)]
    inner = sorted(
        {rounded for rounded in map(_two_digits, cuts) if several[0] < rounded <= several[-1]}
    )
    return Scale((several[0], *inner, several[-1]))


def _two_digits(value: int) -> int:
    unit = 10 ** max(0, len(str(value)) - 2)
    return (value + unit // 2) // unit * unit


def point(
    latitude: float,
    longitude: float,
    code: str,
    name: str,
    *,
    value: int | None = None,
    words: str = "",
    mark: str = "",
    radius_m: int | None = None,
    door: bool = True,
) -> dict[str, Any]:
    """A place. `mark`: "" usual, "focus" the one the page is about, "wait" or "off" where nobody is
    led, "person" a visitor, "faint" beside the matter. `words`: what is said of it; `radius_m`
    draws a circle around it; `door` False: its code leads nowhere."""
    facts = {
        "code": code,
        "name": name,
        "words": words,
        "mark": mark,
        "value": value,
        "radius": radius_m,
        "shut": not door,
    }
    return {
        "type": "Feature",
        "geometry": {
            "type": "Point",
            "coordinates": [round(longitude, DIGITS), round(latitude, DIGITS)],
        },
        "properties": {
            key: each
            for key, each in facts.items()
            if each or each == 0 and key == "value" and each is not False
        },
    }


def shape(
    geometry: Mapping[str, Any],
    name: str,
    *,
    kind: str = "",
    words: str = "",
    url: str | None = None,
) -> dict[str, Any]:
    """An area; `kind`: territory, service_area, isolated."""
    facts = {"name": name, "kind": kind, "words": words, "url": url}
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {key: each for key, each in facts.items() if each},
    }


def collection(
    features: Sequence[Mapping[str, Any]],
    *,
    door: str | None = None,
    title: str = "",
    head: str = "",
    none: str = "",
    write: Callable[[int], str] = str,
    money: bool = False,
    bounds: Sequence[Sequence[float]] | None = None,
) -> dict[str, Any]:
    """The answer of a map's address. `door`: the address of a place with `CODE` for its code. With
    values the places are classed and written by `write` (`money`: minor units); `title` says which
    figure of which days, `head` is its name, `none` what a place without anything is called."""
    values = [
        feature["properties"]["value"]
        for feature in features
        if feature["properties"].get("value") is not None
    ]
    answer: dict[str, Any] = {"type": "FeatureCollection", "features": list(features)}
    if values:
        answer["legend"] = _classed(features, scale(values), title, none, write, money)
        answer["head"] = head
    return {**answer, **({"door": door} if door else {}), **({"bounds": bounds} if bounds else {})}


def _classed(
    features: Sequence[Mapping[str, Any]],
    classes: Scale,
    title: str,
    none: str,
    write: Callable[[int], str],
    money: bool,
) -> dict[str, Any]:
    """Gives each feature its class and its value in words; returns the legend with the number of
    places in each class."""
    numbers, without = [0] * max(0, len(classes.bounds) - 1), 0
    for feature in features:
        facts = feature["properties"]
        if (value := facts.get("value")) is None:
            continue
        facts["written"] = write(value)
        if (place := classes.of(value)) is None:
            without += 1
        else:
            facts["class"] = place
            numbers[place] += 1
    pairs = list(zip(classes.bounds, classes.bounds[1:], numbers, strict=False))
    last = (
        len(pairs) - 1
    )  # the values of a class end below the bound; of money that would be a fen less and only harder to read
    named = [
        {
            "from": write(low),
            "to": write(high if money or n == last else high - 1),
            "number": number,
        }
        for n, (low, high, number) in enumerate(pairs)
    ]
    return {"title": title, "classes": named, "none": {"words": none, "number": without}}
