"""Codes and numbers in addresses. One converter for every `<name>` of every route, pages and API
alike: it takes slashes, for servers hand %2F on as `/`, leaves a rule's own last words to the rule
(`/orders/<order_no>/states`), and writes links with everything quoted. What it cannot carry is
refused at the intakes (`stores/base/addressable.py`)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter, Map


class _Code(BaseConverter):
    """As short as the rest of the rule allows; a rule that says more goes first."""

    regex = "[^/].*?"
    part_isolating = False
    weight = 200

    def to_url(self, value: Any) -> str:
        return quote(str(value), safe="")


class _Id(IntegerConverter):
    """A number in an address is a key of the database; a longer one leads nowhere (404)."""

    def __init__(self, map: Map, **limits: Any) -> None:
        super().__init__(map, **{"max": 2**63 - 1, **limits})


def init_app(app: Flask) -> None:
    """Before any route is added."""
    app.url_map.converters |= {"default": _Code, "int": _Id}
