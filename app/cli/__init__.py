"""The command line (CONTRACT 2): each command calls one service, as the web does. A command is
imported when it is called."""

from __future__ import annotations

import importlib
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

COMMANDS = {  # name: module and what it holds
    "api-key": ("users", "api_key"),
    "assign": ("assign", "assign"),
    "customer": ("customers", "customer"),
    "db": ("database", "db"),
    "demo": ("demo", "demo"),
    "entry-param": ("rules", "entry_param"),
    "export": ("exporting", "group"),
    "figures": ("figures", "figures"),
    "import": ("importing", "imports"),
    "incentives": ("incentives", "incentives"),
    "network": ("network", "network"),
    "plan": ("incentives", "plan"),
    "policy": ("rules", "policy"),
    "reassign": ("reassign", "reassign"),
    "serve": ("serve", "serve"),
    "simulate": ("simulating", "simulate"),
    "user": ("users", "user"),
    "verify": ("verify", "verify"),
    "worker": ("worker", "worker"),
}


class Commands(AppGroup):
    """The product's commands beside those that extensions register."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, name = COMMANDS[cmd_name]
        found: Any = getattr(importlib.import_module(f"app.cli.{module}"), name)
        return found if isinstance(found, click.Command) else None


def init_app(app: Flask) -> None:
    app.cli = Commands(app.name)
