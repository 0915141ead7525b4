"""One thing that a change of the network would bring about."""

from __future__ import annotations

from typing import NamedTuple


class Consequence(NamedTuple):
    """`meaning`: "" or "wait" (somebody should look)."""

    text: str
    meaning: str = ""
