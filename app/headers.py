"""The headers of every answer."""
from __future__ import annotations

from flask import Flask, Response, request, session

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def init_app(app: Flask, *, secure: bool) -> None:
    """`secure`: the site is served over https, so browsers are told to stay there."""
    always = {**ALWAYS, "Strict-Transport-Security": "max-age=31536000; includeSubDomains"} if secure else ALWAYS

    @app.after_request
    def _add(response: Response) -> Response:
        for name, value in always.items():
            response.headers.add(name, value)  # no view sets them, so nothing is looked through first
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)  # a page may be stricter
        if request.endpoint != "static" and "Cache-Control" not in response.headers and session.accessed:
            response.headers["Cache-Control"] = "no-store"
        return response
