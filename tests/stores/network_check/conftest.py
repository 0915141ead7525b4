"""Each test looks at its own network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stores import network_check


@pytest.fixture(autouse=True)
def _unkept() -> Iterator[None]:
    network_check.forget()
    yield
    network_check.forget()
