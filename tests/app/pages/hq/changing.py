"""A form of the network as it is sent, sent again, and what is stored then."""

from __future__ import annotations

import html
import re
from typing import Any

import db
from stores.network.stores import store
from tests.app.conftest import token_of


def text(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page.text)).split())


def send(client: Any, path: str, **form: str) -> Any:
    """Fill in a form of a page and send it: its fields as they stand, changed by `form`."""
    page = client.get(path)
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page.text))
    for name, options in re.findall(r'<select[^>]*name="(\w+)".*?>(.*?)</select>', page.text, re.S):
        fields[name] = (re.findall(r'value="([^"]*)" selected', options) or [""])[0]
    return client.post(
        path,
        data={
            **{name: html.unescape(value) for name, value in fields.items()},
            "csrf_token": token_of(page),
            **form,
        },
    )


def again(client: Any, path: str, review: Any, step: str = "save") -> Any:
    """The review's form, sent."""
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', review.text))
    return client.post(
        path,
        data={
            **{name: html.unescape(value) for name, value in fields.items()},
            "csrf_token": token_of(review),
            "step": step,
        },
    )


def stored(code: str) -> Any:
    with db.read() as connection:
        return connection.execute(store.select().where(store.c.store_code == code)).one()
