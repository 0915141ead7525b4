"""The headers of every answer."""

from __future__ import annotations

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src "
    "'self'; connect-src 'self'; "
    "frame-src 'none'; worker-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; "
    # the one policy: static/js/text_only.js
    "require-trusted-types-for 'script'; trusted-types default"
)
POLICY = "Content-Security-Policy"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SessionsUnstored(SecureCookieSessionInterface):
    """Sessions in a signed cookie; an answer that looked at one is about a person and is not kept
    by any cache."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if (
            "HTTP_COOKIE" not in request.environ
        ):  # every call of the API: nothing to check, so no signer is made
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not session.accessed and not session.modified:
            return
        super().save_session(app, session, response)
        if (
            session.accessed
        ):  # asked here and not in a hook: there, the asking itself counts as looking
            response.headers.setdefault("Cache-Control", "no-store")


def policy(tiles: str | None = None) -> str:
    """The content security policy; with map tiles, pictures may come from their server too."""
    if not tiles:
        return CONTENT_SECURITY_POLICY
    server = "/".join(tiles.replace("{s}", "*").split("/")[:3])
    return CONTENT_SECURITY_POLICY.replace("img-src 'self' data:", f"img-src 'self' data: {server}")


def init_app(app: Flask, *, secure: bool, tiles: str | None = None) -> None:
    """`secure`: the site is served over https, so browsers are told to stay there. `tiles`: the
    address of map tiles, as configured."""
    content_policy = policy(tiles)
    app.session_interface = SessionsUnstored()
    always = (
        {**ALWAYS, "Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
        if secure
        else ALWAYS
    )

    @app.after_request
    def _add(response: Response) -> Response:
        for name, value in always.items():
            response.headers.add(
                name, value
            )  # no view sets them, so nothing is looked through first
        if not any(name == POLICY for name, _ in response.headers):  # a page may be stricter
            response.headers.add(POLICY, content_policy)
        return response
