"""The outside of Doorstep: pages, API and command line over the services of incentives, stores and
ledger."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, url_for
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy.exc import ArgumentError, DBAPIError
from werkzeug.local import LocalProxy
from werkzeug.middleware.proxy_fix import ProxyFix

import config
import db
from app import cli, dealer, guide, hq
from app.accounts import account, api_keys, language, second_step_pages, sessions, theme  # noqa: F401 - the first two add their views to the blueprint
from app.accounts import pages as sign_in
from app.api import calls, declare, openapi
from app.imports import uploads
from app.jobs import health
from app.pages import about
from app.pages import maps as map_pages
from app.pages import notices as notice_pages
from app.ui import (
    actor_names,
    audit_words,
    labels_on_pages,
    map_ground,
    navigation,
    saved_views,
    words,
)
from app.web import addresses, control_characters, errors, headers, limits, logs, permissions
from stores.base import brand, keys, shared_counts
from stores.geo import geocoder, ip_regions
from stores.geo.geocoder_setting import Provider
from stores.network import installation

PORTALS = (
    hq.blueprint,
    dealer.blueprint,
    guide.blueprint,
    guide.landing,
    saved_views.blueprint,
    map_pages.blueprint,
    about.blueprint,
    notice_pages.blueprint,
)


def create_app(settings: config.Settings | None = None) -> Flask:
    """The WSGI application of one installation. Raises config.ConfigurationError."""
    settings = settings or config.load()
    logs.configure(settings.log_level)
    app = Flask(__name__)
    bind(app, settings)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies
        )  # type: ignore[method-assign]
    addresses.init_app(app)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(
        asset=_asset,
        navigation=navigation.links_of,
        role_names=navigation.ROLE_NAMES,
        search_url=navigation.search_url,
        theme=theme.of_reader,
        language=language.language,
        languages=language.NAMES,
        html_lang=language.HTML_LANG,
        query_in=words.query_in,
        unread_notices=notice_pages.of_reader,
        actor_names=actor_names.actor_names,
        deed_words=audit_words.ACTIONS,
        settings=LocalProxy(lambda: current_app.extensions["doorstep"]),
        ground_mark=map_ground.mark_of,
    )
    permissions.mark(app.view_functions["static"], permissions.PUBLIC)
    headers.init_app(
        app, secure=settings.secure_cookies, tiles=settings.map_tiles
    )  # first registered, so the last to see the answer
    errors.init_app(app)
    health.init_app(app)
    language.init_app(app)
    words.init_app(app)
    labels_on_pages.init_app(app)
    control_characters.init_app(app)  # before whatever reads a field
    csrf = CSRFProtect(app)
    sign_in.init_app(app)
    for portal in PORTALS:
        app.register_blueprint(portal)
    actor_of = (
        limits.per_key(app, settings.api_rate_limit, api_keys.actor_of)
        if settings.api_rate_limit
        else api_keys.actor_of
    )
    csrf.exempt(
        declare.register(app, calls.APIS, actor_of)
    )  # called with a key in a header, never with a cookie
    openapi.serve(app, calls.APIS)
    app.add_url_rule(
        "/favicon.ico", "favicon", permissions.public(lambda: app.send_static_file("mark.svg"))
    )
    cli.init_app(app)
    return app


def bind(app: Flask, settings: config.Settings) -> None:
    """Tie this process and the application to an installation: its settings, its database, its
    brand and keys. An application can be tied to another one as long as nothing differs that it was
    put together by: proxies, map tiles, limits of keys, cookies for https alone."""
    _configure_limits(app, settings.rate_limit_storage)
    _configure_database(settings.database_url)
    _configure_domain(settings)
    uploads.configure(settings.instance_path)
    app.extensions["doorstep"] = settings
    app.config.update(_flask_settings(settings))


def _configure_database(url: str) -> None:
    """Nothing is asked of the database here; its driver reads the options that the address
    carries."""
    try:
        db.configure(url)
    except (ArgumentError, ValueError, TypeError) as error:
        raise config.ConfigurationError(
            f"DATABASE_URL cannot be used: {error}. Mend its options, or leave them out."
        ) from None


def _configure_limits(app: Flask, storage: str) -> None:
    try:
        limits.init_app(app, storage)
    except shared_counts.Unusable as error:
        raise config.ConfigurationError(
            f"RATE_LIMIT_STORAGE cannot be used: {error}; give redis://HOST:PORT/NUMBER, or "
            "memory://."
        ) from None


def _configure_domain(settings: config.Settings) -> None:
    """Hand the domain its settings; a database made for another zone or currency stops the start
    (M26)."""
    own = brand.Brand(settings.timezone, settings.currency, settings.currency_decimals)
    brand.configure(own)
    keys.configure(settings.data_key, settings.entry_param_keys)
    geocoder.configure(
        None
        if settings.geocoder == "off"
        else Provider(
            settings.geocoder,
            settings.geocoder_key,
            settings.geocoder_url,
            settings.geocoder_rate,
            f"Doorstep ({settings.public_base_url})",
            settings.rate_limit_storage,
        )
    )
    try:
        ip_regions.configure(settings.ip_database)
    except ip_regions.Unreadable as error:
        raise config.ConfigurationError(f"IP_DATABASE: {error}") from None
    try:
        with db.read() as connection:
            installation.check(connection, own)
    except installation.WrongInstallation as error:
        raise config.ConfigurationError(str(error)) from None
    # no database yet, or none that answers; app/cli/starting.py, /readyz and the commands say so
    except DBAPIError:
        return


def _flask_settings(settings: config.Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_NAME": "doorstep",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "PERMANENT_SESSION_LIFETIME": sessions.LIFETIME,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,  # a form lives as long as its session
        "MAX_CONTENT_LENGTH": 64 * 1024 * 1024,
        "SEND_FILE_MAX_AGE_DEFAULT": 86400,
    }


def _asset(name: str) -> str:
    """The address of a static file, with a mark of its content so that browsers may keep it."""
    return url_for("static", filename=name, v=_digest(name))


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((Path(__file__).parent / "static" / name).read_bytes()).hexdigest()[:10]
