from __future__ import annotations

import pytest

from tests.network import Network
from tests.stores.orders.shop import Shop


@pytest.fixture
def shop(network: Network) -> Shop:
    return Shop(network)
