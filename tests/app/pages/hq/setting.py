"""Forms of settings as they are posted, and what is stored then."""

from __future__ import annotations

from sqlalchemy import select

import db
from app.accounts.users import app_user
from ledger import audit
from tests.app.conftest import token_of


def ids(*names):
    with db.read() as connection:
        found = dict(connection.execute(select(app_user.c.name, app_user.c.id)).all())
    return [found[name] for name in names]


def last_line():
    with db.read() as connection:
        row = connection.execute(
            select(audit.audit_log).order_by(audit.audit_log.c.id.desc()).limit(1)
        ).one()
    return row.actor, row.action, row.object_kind, row.object_id, row.detail


def post(client, page, path, **data):
    return client.post(path, data={"csrf_token": token_of(client.get(page)), **data})
