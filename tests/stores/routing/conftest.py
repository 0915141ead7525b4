"""The chain of the routing tests in a database."""

from __future__ import annotations

import pytest

from tests.network import Network
from tests.stores.routing.entrances import open_chain


@pytest.fixture
def shops(network: Network) -> Network:
    open_chain(network)
    return network
