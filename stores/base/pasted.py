"""Coordinates as people paste them: `31.23, 121.47`, `31.23N 121.47E`, `121.47，31.23`, one number
in each field. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.faults import FieldFault, InvalidInput

_SIGNS = {"N": 1, "S": -1, "E": 1, "W": -1, "北": 1, "南": -1, "东": 1, "西": -1}
_ALONG = frozenset("EW东西")  # letters of a longitude
_DEGREES = r"(?P<sign>[+\-−])?(?P<digits>\d{1,3}(?:\.\d+)?)[^\S\n]*+°?"
_LETTER_FIRST = re.compile(r"(?P<letter>[NSEW北南东西])[^\S\n]*" + _DEGREES, re.IGNORECASE)
_LETTER_LAST = re.compile(
    _DEGREES + r"(?:[^\S\n]*+(?P<letter>[NSEW]|[北南东西](?![经纬])))?", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"[\s,，;；/|()（）]*+(?:(?:latitude|lat|lng|longitude|lon|[北南]?纬度?|[东西]?经度?)\s*+[:：=]?)?[\s()（）]*+",
    re.IGNORECASE,
)
LONGEST = 200  # characters of both together


@dataclass(frozen=True, slots=True)
class Pasted:
    """Degrees as written, in the system that the person names. `swapped`: the first number can be
    no latitude, so both were exchanged."""

    latitude: float
    longitude: float
    swapped: bool = False


def read(first: str, second: str = "") -> Pasted:
    """Both numbers in `first`, or one in each. Raises InvalidInput for anything else, and for
    numbers that are no degrees."""
    if len(first) + len(second) > LONGEST:
        raise _fault("Give two numbers, latitude and longitude, such as 31.23, 121.47.")
    text = f"{first} {second}".strip()
    pattern = _LETTER_FIRST if len(_LETTER_FIRST.findall(text)) == 2 else _LETTER_LAST
    found = list(pattern.finditer(text))
    if len(found) != 2 or not all(
        _BETWEEN.fullmatch(part) for part in pattern.sub("\n\n", text).split("\n\n")
    ):
        raise _fault("Give two numbers, latitude and longitude, such as 31.23, 121.47.")
    pair = [_signed(match) for match in found]
    letters = [(match["letter"] or "").upper() for match in found]
    if letters[0] in _ALONG and letters[1] not in _ALONG:
        pair, letters = pair[::-1], letters[::-1]
    swapped = abs(pair[0]) > 90 >= abs(pair[1]) and not letters[0]
    latitude, longitude = pair[::-1] if swapped else pair
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise _fault("A latitude lies within ±90 degrees, a longitude within ±180.")
    return Pasted(latitude, longitude, swapped)


def _signed(match: re.Match[str]) -> float:
    return (
        float(match["digits"])
        * (-1 if match["sign"] in ("-", "−") else 1)
        * _SIGNS.get((match["letter"] or "").upper(), 1)
    )


def _fault(words: str) -> InvalidInput:
    return InvalidInput(words, code="invalid_coordinates", errors=[FieldFault("location", words)])
