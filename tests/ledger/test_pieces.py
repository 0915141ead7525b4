"""Pieces of many values."""

from __future__ import annotations

import pytest

from ledger.pieces import pieces


@pytest.mark.parametrize(
    ("many", "sizes"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (9, [3] * 3)]
)
def test_every_value_is_in_one_piece_and_in_its_order(many: int, sizes: list[int]):
    for values in (list(range(many)), tuple(range(many)), dict.fromkeys(range(many))):
        found = list(pieces(values, 3))
        assert [len(each) for each in found] == sizes
        assert [value for each in found for value in each] == list(range(many))
