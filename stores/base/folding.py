"""One form of a text to find it by: case, width, accents, apostrophes and kinds of dashes gone.
Every search folds both sides with it. Pure."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 4_000  # characters; what is longer is cut
_SPACES = re.compile(r"\s+")
_APOSTROPHES = "'’‘‛ʼʻ`´′＇ʹ"
_DASHES = "-‐‑‒–—―−﹣－"
_LETTERS = {  # none of them decomposes
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ı": "i",
    "ŧ": "t",
    "ŋ": "n",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ĸ": "k",
    "臺": "台",
}
_BEFORE = str.maketrans({**dict.fromkeys(_APOSTROPHES, ""), **dict.fromkeys(_DASHES, " ")})
_AFTER = str.maketrans(_LETTERS)


def fold(text: str) -> str:
    """`Zürich Löwenplatz` -> `zurich lowenplatz`, `O’Connell` -> `oconnell`, `２号店` -> `2号店`,
    `Saint-Étienne` -> `saint etienne`."""
    text = text[:LONGEST].translate(_BEFORE)
    if text.isascii():
        return " ".join(text.lower().split())
    for _ in range(
        2
    ):  # a compatibility letter may be a capital: its form is folded as well (Unicode 3.13, D146)
        text = unicodedata.normalize("NFKD", text.casefold())
    text = (
        "".join(c for c in text if not unicodedata.combining(c))
        .translate(_AFTER)
        .translate(_BEFORE)
    )
    return _SPACES.sub(" ", text).strip()
