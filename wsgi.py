"""The WSGI application: `wsgi:app`. `flask` finds it here."""
from __future__ import annotations

from app.starting import started

app = started()
