"""API keys: seen once, kept as a hash, dead soon after they are revoked."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select

import db
from app.accounts import api_keys
from app.web import limits
from app.web.permissions import SCOPES
from app.web.problems import Refusal
from ledger.faults import InvalidInput, NotAllowed, NotFound
from stores.base.actors import COMMAND_LINE, Actor
from tests.app.conftest import on_both_engines

pytestmark = on_both_engines


def test_a_key_is_kept_as_a_hash_only(house):
    key = api_keys.create_key("till", "write", by=COMMAND_LINE)
    with db.read() as connection:
        row = connection.execute(select(api_keys.api_key)).one()
    assert key.startswith("dk_")
    assert len(key) > 43
    assert key not in str(tuple(row))
    assert row.prefix == key[:11]
    assert len(row.key_hash) == 64


def test_a_key_acts_with_its_scope_and_limit(house):
    actor = api_keys.actor_of(
        api_keys.create_key("only-d1", "read", by=COMMAND_LINE, limit_kind="dealer", limit_id=1)
    )
    assert (actor.name, actor.permissions, actor.scope_kind, actor.scope_id) == (
        "key:1",
        SCOPES["read"],
        "dealer",
        1,
    )


@pytest.mark.parametrize(
    "key", ["", "dk_", "dk_" + "0" * 43, "x" * 100_000, "\x00", "\ud800", "' OR 1=1 --"]
)
def test_an_unknown_key_is_nobody(house, key):
    assert api_keys.actor_of(key) is None


def test_a_revoked_key_dies_at_once_here_and_within_five_seconds_elsewhere(house, monkeypatch):
    key = api_keys.create_key("till", "write", by=COMMAND_LINE)
    assert api_keys.actor_of(key)
    monkeypatch.setattr(
        api_keys, "forget", lambda: None
    )  # as in another process, which hears nothing
    api_keys.revoke(key, by=COMMAND_LINE)
    monkeypatch.undo()
    assert api_keys.actor_of(key) is not None
    assert api_keys.CACHE_SECONDS < 5
    api_keys._cache = {digest: (0.0, actor) for digest, (_, actor) in api_keys._cache.items()}
    assert api_keys.actor_of(key) is None
    other = api_keys.create_key("till", "write", by=COMMAND_LINE)
    assert api_keys.actor_of(other)
    api_keys.revoke(other[:11], by=COMMAND_LINE)
    assert api_keys.actor_of(other) is None


def test_the_entry_path_pays_no_query_for_a_key_it_knows(house):
    key = api_keys.create_key("till", "write", by=COMMAND_LINE)
    api_keys.actor_of(key)
    asked = []
    event.listen(
        db.database().engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2])
    )
    for _ in range(100):
        api_keys.actor_of(key)
    assert asked == []


def test_a_rate_limit_of_keys_refuses_what_is_too_much(house):
    key = api_keys.create_key("till", "write", by=COMMAND_LINE)
    actor_of = limits.per_key(house.app, "3 per minute", api_keys.actor_of)
    for _ in range(3):
        assert actor_of(key)
    with pytest.raises(Refusal) as refusal:
        actor_of(key)
    assert refusal.value.status == 429
    assert 0 < int(refusal.value.headers["Retry-After"]) <= 60
    assert actor_of("unknown") is None


@pytest.mark.parametrize(
    "arguments", [("till", "emperor"), ("", "read"), ("x" * 65, "read"), ("till\n", "read")]
)
def test_a_key_needs_a_name_and_a_known_scope(house, arguments):
    with pytest.raises(InvalidInput):
        api_keys.create_key(*arguments, by=COMMAND_LINE)


def test_only_an_administrator_makes_and_revokes_keys(house):
    somebody = Actor("user:9", frozenset({"hq:read"}))
    with pytest.raises(NotAllowed):
        api_keys.create_key("till", "read", by=somebody)
    with pytest.raises(NotAllowed):
        api_keys.revoke("dk_00000000", by=somebody)
    with pytest.raises(NotFound):
        api_keys.revoke("dk_00000000", by=COMMAND_LINE)
