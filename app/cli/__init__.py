"""The command line (CONTRACT 2): each command calls one service, as the web does."""
from __future__ import annotations

from flask import Flask

from app.cli import importing, users

COMMANDS = (users.user, users.api_key, importing.imports)


def init_app(app: Flask) -> None:
    for command in COMMANDS:
        app.cli.add_command(command)
