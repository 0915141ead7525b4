"""Chinese and English: which one a reader gets, and the catalogue, read from its .po files at start
(no build step)."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, g, request
from flask_babel import Babel, Domain, get_locale

from app.accounts import users

LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
HTML_LANG = {"zh": "zh-CN", "en": "en"}
NAMES = {"zh": "中文", "en": "English"}
COOKIE = "language"
CATALOGUES = Path(__file__).parents[1] / "translations" / "zh_Hans_CN" / "LC_MESSAGES"


def language() -> str:
    """`zh` or `en` of this request."""
    return "en" if str(get_locale()) == "en" else "zh"


def _selected_locale() -> str:
    """?lang=, then the signed-in user's choice, then the cookie, then the browser's wish, then
    Chinese."""
    signed_in = g.get(
        "_login_user"
    )  # only when the view has loaded him: an error page must not ask the database
    wishes = (
        request.args.get("lang"),
        getattr(signed_in, "language", None),
        request.cookies.get(COOKIE),
    )
    chosen = next(
        (wish for wish in wishes if wish in LOCALES), None
    ) or request.accept_languages.best_match(list(LOCALES), "zh")
    return LOCALES[str(chosen)]


class _Catalogue(Domain):  # type: ignore[misc]
    """English is the language of the message ids; Chinese comes from the .po file."""

    def get_translations(self) -> Any:
        return _chinese() if str(get_locale()) == LOCALES["zh"] else _english()


@cache
def _english() -> NullTranslations:
    return NullTranslations()


@cache
def _chinese() -> Translations:
    """One file for each area of the product, merged."""
    merged = Translations()
    merged.plural = lambda number: (
        0
    )  # Chinese has one form for every number; what is merged does not bring its own rule
    for path in sorted(CATALOGUES.glob("*.po")):
        compiled = BytesIO()
        with path.open("rb") as text:
            write_mo(compiled, read_po(text, locale=LOCALES["zh"]))
        compiled.seek(0)
        part = Translations(fp=compiled)
        merged.merge(part)
        merged.plural = part.plural  # merging leaves the rule of English
    return merged


def init_app(app: Flask) -> None:
    babel = Babel(app, default_locale=LOCALES["zh"], locale_selector=_selected_locale)
    babel.domain_instance = _Catalogue()
    app.after_request(_remember)


def _remember(response: Response) -> Response:
    """A wish by ?lang= is kept: in a cookie, and with the user when he is signed in."""
    wish = request.args.get("lang") if b"lang=" in request.query_string else None
    if wish in LOCALES and response.status_code < 400 and request.endpoint != "static":
        response.set_cookie(
            COOKIE,
            wish,
            max_age=365 * 86400,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
        signed_in = g.get("_login_user")
        if isinstance(signed_in, users.User) and signed_in.language != wish:
            users.set_language(signed_in, wish)
    return response
