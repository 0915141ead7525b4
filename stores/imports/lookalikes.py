"""Codes that a person takes for one another: `0017` and `17`, full and half width, accents apart or
together, `1001.0`, letters of other scripts.

Codes are compared as they are; this only tells whom to ask.
"""

from __future__ import annotations

import re
import unicodedata

_DIGITS = re.compile(r"0*+([0-9]*+)(?:\.0++)?")
_TWINS = str.maketrans(
    "АВЕЅЈІКМНОРСТУХаеѕјіосрухΑΒΕΖΗΙΚΜΝΟΡΤΥΧ\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}\N{HYPHEN}\N{NON-BREAKING HYPHEN}",
    "ABESJIKMHOPCTYXaesjiocpyxABEZHIKMNOPTYX-----",
)
MOST_ZEROS, LONGEST = 6, 12
FLOAT_DIGITS = 15  # longer ones would have lost digits as decimals


def usual_form(code: str) -> str:
    """The code with its letters and digits in their usual width and accents put together."""
    if code.isascii():
        return code
    composed = unicodedata.normalize("NFC", code)
    return "".join(
        unicodedata.normalize("NFKC", each) if each.isalnum() else each for each in composed
    )


def skeleton(code: str) -> str:
    """Equal for codes that look alike."""
    plain = code if code.isascii() else unicodedata.normalize("NFKC", code).translate(_TWINS)
    if plain[:1].isdigit() and (match := _DIGITS.fullmatch(plain)):
        return match[1] or "0"
    return plain


def variants(code: str) -> list[str]:
    """Codes that this one may have been, for looking them up where not all codes can be read: none
    for most."""
    if code.isascii() and not code[:1].isdigit():
        return []
    found = (
        {skeleton(code), usual_form(code), unicodedata.normalize("NFD", code)}
        if not code.isascii()
        else {skeleton(code)}
    )
    if (digits := skeleton(code)).isdigit() and digits.isascii():
        found |= {
            digits.zfill(length)
            for length in range(len(digits) + 1, min(len(digits) + MOST_ZEROS, LONGEST) + 1)
        }
        found |= {f"{digits}.0"} if len(digits) <= FLOAT_DIGITS else set()
    return sorted(found - {code})
