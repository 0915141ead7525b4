"""The WSGI application: `wsgi:app`. `flask` finds it here."""

from __future__ import annotations

from app.cli.starting import started

app = started()
