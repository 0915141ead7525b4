"""Whatever is sent to the real API: no 500, no undeclared status, answers as documented (I3)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import config
import db
from app import create_app
from app.accounts import api_keys
from migrations import commands
from stores.base.actors import COMMAND_LINE
from tests.network import Network

SECRET = "for tests alone, thirty-two characters"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def _settings(url: str, folder: str) -> config.Settings:
    return config.load(
        {"DATABASE_URL": url, "SECRET_KEY": SECRET, "INSTANCE_PATH": folder, "LOG_LEVEL": "ERROR"}
    )


@pytest.fixture(scope="module")
def described() -> Iterator[Any]:
    """The real application over a small chain; its database lives as long as this module's
    tests."""
    with tempfile.TemporaryDirectory(prefix="doorstep-api-") as folder:
        url = f"sqlite:///{Path(folder) / 'api.db'}"
        commands.upgrade(url)
        app = create_app(_settings(url, folder))
        network = Network()
        network.begin()
        network.open_store("S1")
        network.load("guides", {"guide_code": "G1", "name": "Mei", "store_code": "S1"})
        key = api_keys.create_key("fuzz", "admin", by=COMMAND_LINE)
        schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
        schema.config.headers = {"Authorization": f"Bearer {key}"}
        yield schema
        db.database().dispose()
        db._database = None


@pytest.mark.timeout(300)
def test_generated_requests_meet_declared_answers_only(described):
    for found in described.get_all_operations():
        _fuzz(found.ok())


def _fuzz(operation: Any) -> None:
    @settings(
        max_examples=25,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def sends(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    sends()
