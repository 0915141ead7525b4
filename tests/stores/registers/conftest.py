"""A network that tests fill by rows, as files would."""
from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

import db
from stores import brand, keys
from tests.stores.registers.network import Network


@pytest.fixture
def network(database: db.Database) -> Iterator[Network]:
    """Branch B1 with B2 under it, dealers D1 and D2; the brand's zone is Shanghai."""
    before = brand._brand, keys._data_key, keys._entry_param_keys
    brand.configure(brand.Brand(ZoneInfo("Asia/Shanghai"), "CNY", 2))
    keys.configure(b"data key of the tests, 32 bytes.", (b"parameter key, 32 bytes or more.",))
    made = Network()
    made.begin()
    yield made
    brand._brand = before[0]
    keys.configure(before[1], before[2])
