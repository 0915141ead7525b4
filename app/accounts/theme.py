"""Light or dark: the reader's choice, else what his device says."""

from __future__ import annotations

from flask import g, request

THEMES = ("light", "dark")
AUTO = "auto"
COOKIE = "theme"


def of_reader() -> str | None:
    """`light`, `dark`, or None: the device decides. The signed-in user's choice, then the cookie;
    asks no database."""
    wishes = (getattr(g.get("_login_user"), "theme", None), request.cookies.get(COOKIE))
    wish = next((wish for wish in wishes if wish in (*THEMES, AUTO)), None)
    return wish if wish in THEMES else None
