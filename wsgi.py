"""The WSGI application: `wsgi:app`. `flask` finds it here."""
from __future__ import annotations

import sys

from app import create_app
from config import ConfigurationError

try:
    app = create_app()
except ConfigurationError as error:
    sys.exit(f"Doorstep does not start: {error}")
