"""The command line (CONTRACT 2): each command calls one service, as the web does."""
from __future__ import annotations

from flask import Flask

from app.cli import assign, customers, database, demo, importing, incentives, rules, serve, users, verify, worker

COMMANDS = (database.db, demo.demo, importing.imports, assign.assign, users.user, users.api_key, rules.policy, rules.entry_param,
            incentives.plan, incentives.incentives, customers.customer, verify.verify, worker.worker, serve.serve)


def init_app(app: Flask) -> None:
    for command in COMMANDS:
        app.cli.add_command(command)
