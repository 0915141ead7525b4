"""Where to go after signing in: only a place on this site."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit


def safe_next(target: str | None) -> str | None:
    """`target` when it is a path of this site, else None.

    Refused: other hosts in every spelling browsers accept (`//host`, `/\\host`, `https:host`, tabs
    and line breaks that browsers drop, the same percent-encoded), and the sign-in page itself."""
    if not target or len(target) > 2000 or not target.isascii():
        return None
    for text in (target, unquote(target)):
        if (
            not text.startswith("/")
            or text.startswith("//")
            or "\\" in text
            or any(ord(c) <= 32 or ord(c) == 127 for c in text)
        ):
            return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or parts.path.startswith(("//", "/sign-")):
        return None
    return target
