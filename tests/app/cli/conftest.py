"""A small chain with a command line: dealers D1 and D2, stores S1 (D1), S2 (D1), S3 (D2), guides G1
at S1 and G2 at S2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stores.network import network as networks
from tests.app.cli.person import Person
from tests.app.conftest import House
from tests.databases import ENGINES
from tests.network import Network

STORES = """store_code,name,dealer_code,latitude,longitude,crs,region_code
S1,One,D1,31.2304,121.4737,wgs84,310000
S2,Two,D1,31.2200,121.4500,wgs84,310000
S3,Three,D2,31.2600,121.5200,wgs84,310000
"""
GUIDES = "guide_code,name,store_code\nG1,Mei,S1\nG2,Lin,S2\n"
ORDERS = """order_no,customer_id,paid_at,amount,kind,original_order_no,store_code,guide_code,line_no
R1,c1,2026-03-05,1.00,refund,O1,,,
O1,c1,2026-03-01 10:00,10.00,order,,S1,G1,1
O1,c1,2026-03-01 10:00,5.00,order,,S1,G1,2
O2,c2,2026-03-02 11:00,7.77,order,,S3,,1
O3,c3,2026-03-02 12:00,3.00,order,,,,1
"""


@dataclass
class Chain:
    """The commands of one installation, and files to give them."""

    house: House
    folder: Path

    def run(self, *arguments: str) -> Any:
        return self.house.app.test_cli_runner().invoke(args=[str(a) for a in arguments])

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def imported(self, kind: str, text: str, *options: str) -> Any:
        return self.run("import", kind, str(self.file(f"{kind}.csv", text)), *options)

    def errors(self, kind: str) -> list[list[str]]:
        """(line, column) of the error file."""
        text = (self.folder / f"{kind}.csv.errors.csv").read_text(encoding="utf-8-sig")
        return [row.split(",")[:2] for row in text.splitlines()[1:]]


@pytest.fixture
def chain(house: House, tmp_path: Path) -> Iterator[Chain]:
    networks.forget()
    found = Chain(house, tmp_path)
    for kind, text in (("stores", STORES), ("guides", GUIDES)):
        assert found.imported(kind, text).exit_code == 0
    yield found
    networks.forget()


both = pytest.mark.parametrize("house", ENGINES, indirect=True)


@pytest.fixture
def person(tmp_path: Path, network: Network) -> Person:
    network.open_store("S1", "D1", latitude="31.23", longitude="121.47")
    network.open_store("S2", "D2", latitude="31.30", longitude="121.50")
    networks.forget()
    return Person(tmp_path)
