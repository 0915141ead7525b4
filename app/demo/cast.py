"""The people of the demo: one user per role. Their passwords are made per installation and kept
beside its secrets, never in the code."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

import config
import db
from app.accounts import users
from app.accounts.users import app_user
from app.demo.bars import bars
from app.demo.loading import Progress, load, state
from app.demo.scopes import busiest
from app.demo.sizes import SIZES, SMALL, Size
from app.web.permissions import ROLE_SCOPE, ROLES
from stores.base.actors import SYSTEM

NAMES = {
    "hq_admin": "admin",
    "hq_operations": "operations",
    "hq_finance": "finance",
    "branch_coordinator": "coordinator",
    "dealer": "dealer",
    "store_manager": "manager",
    "guide": "guide",
}
FILE = "demo_users.json"


class Credential(NamedTuple):
    """`password` is '' when this installation does not know it (any more)."""

    role: str
    user: str
    password: str


def load_once(
    progress: Progress | None = None,
    *,
    instance: Path | None = None,
    size: Size = SMALL,
    now: dt.datetime | None = None,
) -> list[Credential]:
    """Make sure that the demo chain is there and return its users, in the order of the roles.

    Loads it into an empty database; a database that holds a chain of its own is left alone: no
    users. `instance` is the folder that keeps the passwords (mode 0600). Without `progress` bars
    are shown on stderr. Raises loading.NotEmpty after a loading that was broken off."""
    with db.read() as connection:
        found = state(connection)
    if found == "other":
        return []
    folder = instance or config.load().instance_path
    fill(folder, size, progress, now or dt.datetime.now(dt.UTC))
    return credentials(folder)


def fill(instance: Path, size: Size, progress: Progress | None, now: dt.datetime) -> bool:
    """Load the chain and make its users; False when a demo is there already. Raises
    loading.NotEmpty."""
    if progress is None:
        with bars() as shown:
            made = load(size, now=now, progress=shown)
    else:
        made = load(size, now=now, progress=progress)
    if made or not credentials(instance):
        _make_users(instance)
    return made


def credentials(instance: Path) -> list[Credential]:
    """The demo's users that exist, with the passwords this installation keeps."""
    kept = _kept(instance)
    with db.read() as connection:
        there = {
            r.name: r.role
            for r in connection.execute(
                select(app_user.c.name, app_user.c.role).where(app_user.c.disabled_at.is_(None))
            )
        }
    return [
        Credential(role, NAMES[role], kept.get(NAMES[role], ""))
        for role in ROLES
        if there.get(NAMES[role]) == role
    ]


def _kept(instance: Path) -> dict[str, str]:
    try:
        found = json.loads((instance / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(word) for name, word in found.items()} if isinstance(found, dict) else {}


def _make_users(instance: Path) -> None:
    """One per role that does not exist yet; the file is written before the users, so that no
    password is lost."""
    with db.read() as connection:
        taken = set(
            connection.execute(
                select(app_user.c.name).where(app_user.c.name.in_(list(NAMES.values())))
            ).scalars()
        )
    made = {NAMES[role]: secrets.token_urlsafe(12) for role in ROLES if NAMES[role] not in taken}
    instance.mkdir(parents=True, exist_ok=True)
    path = instance / FILE
    with open(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as out:
        os.fchmod(out.fileno(), 0o600)
        json.dump(made, out, indent=1)
    scopes = busiest()
    for role in ROLES:
        if NAMES[role] in made:
            users.create(
                NAMES[role],
                role,
                scopes[ROLE_SCOPE[role]],
                by=SYSTEM,
                password=made[NAMES[role]],
                must_change=False,
            )


__all__ = ["SIZES", "Credential", "credentials", "fill", "load_once"]
