"""The outside of Doorstep: pages, API and command line over the services of incentives, stores and ledger."""
from __future__ import annotations

import datetime as dt
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, url_for
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

import config
import db
from app import cli, dealer, errors, guide, headers, health, hq, language, logs, navigation, permissions, words
from app.limits import limiter
from app.sign_in import pages as sign_in

PORTALS = (hq.blueprint, dealer.blueprint, guide.blueprint)
CSRF_EXEMPT = "api"  # a blueprint of this name is called with a key in a header, never with a cookie


def create_app(settings: config.Settings | None = None) -> Flask:
    """The WSGI application of one installation. Raises config.ConfigurationError."""
    settings = settings or config.load()
    logs.configure(settings.log_level)
    db.configure(settings.database_url)
    app = Flask(__name__)
    app.extensions["doorstep"] = settings
    app.config.update(_flask_settings(settings))
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies)  # type: ignore[method-assign]
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(asset=_asset, navigation=navigation.links_of, role_names=navigation.ROLE_NAMES,
                                 language=language.language, languages=language.NAMES, html_lang=language.HTML_LANG, query_in=words.query_in, settings=settings)
    permissions.mark(app.view_functions["static"], permissions.PUBLIC)
    headers.init_app(app, secure=settings.secure_cookies)  # first registered, so the last to see the answer
    errors.init_app(app)
    health.init_app(app)
    language.init_app(app)
    words.init_app(app)
    csrf = CSRFProtect(app)
    limiter.init_app(app)
    sign_in.init_app(app)
    for portal in PORTALS:
        app.register_blueprint(portal)
    if CSRF_EXEMPT in app.blueprints:
        csrf.exempt(app.blueprints[CSRF_EXEMPT])
    app.add_url_rule("/favicon.ico", "favicon", permissions.public(lambda: app.send_static_file("mark.svg")))
    cli.init_app(app)
    return app


def _flask_settings(settings: config.Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_NAME": "doorstep",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "PERMANENT_SESSION_LIFETIME": dt.timedelta(hours=12),
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,  # a form lives as long as its session
        "MAX_CONTENT_LENGTH": 64 * 1024 * 1024,
        "SEND_FILE_MAX_AGE_DEFAULT": 86400,
        "RATELIMIT_STORAGE_URI": settings.rate_limit_storage,
        "RATELIMIT_HEADERS_ENABLED": True,
    }


def _asset(name: str) -> str:
    """The address of a static file, with a mark of its content so that browsers may keep it."""
    return url_for("static", filename=name, v=_digest(name))


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((Path(__file__).parent / "static" / name).read_bytes()).hexdigest()[:10]
