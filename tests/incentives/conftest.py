from __future__ import annotations

import pytest

from tests.incentives.world import World
from tests.network import Network


@pytest.fixture
def world(network: Network) -> World:
    return World(network)
