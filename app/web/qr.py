"""QR codes of pages."""

from __future__ import annotations

import segno
from markupsafe import Markup


def drawn(text: str) -> Markup:
    """A QR code as inline SVG, dark on light in every colour scheme, without inline styles."""
    svg = segno.make(text, error="m").svg_inline(
        border=2, dark="#111", light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return Markup(svg)  # noqa: S704 - drawn by us
