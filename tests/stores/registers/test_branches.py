"""The tree of branches."""
from __future__ import annotations

import pytest

from stores.branches import branch
from stores.registers.saving import Outcome, Refused


def paths(network):
    return {row.branch_code: row.path for row in network.rows(branch)}


def test_a_parent_may_stand_later_in_the_file(network):
    outcome = network.load("branches", {"branch_code": "C", "name": "C", "parent_code": "P"}, {"branch_code": "P", "name": "P", "parent_code": ""})
    assert outcome == Outcome(new=2)
    found = paths(network)
    assert found["C"].startswith(found["P"])


def test_a_moved_branch_takes_its_subtree_along(network):
    network.load("branches", {"branch_code": "B3", "name": "Xihu", "parent_code": "B2"}, {"branch_code": "N", "name": "North", "parent_code": ""})
    assert network.load("branches", {"branch_code": "B2", "name": "Hangzhou", "parent_code": "N"}) == Outcome(changed=1)
    found = paths(network)
    assert found["B3"].startswith(found["B2"])
    assert found["B2"].startswith(found["N"])


def test_a_circle_is_refused_and_nothing_is_written(network):
    before = network.version()
    with pytest.raises(Refused, match="circle"):
        network.load("branches", {"branch_code": "B1", "name": "East", "parent_code": "B2"})
    assert network.version() == before


def test_an_unknown_parent_is_named_with_its_line(network):
    with pytest.raises(Refused) as refused:
        network.load("branches", {"branch_code": "X", "name": "X", "parent_code": "NOPE"})
    fault = refused.value.faults.kept[0]
    assert (fault.line, fault.column, fault.value) == (2, "parent_code", "NOPE")


def test_the_same_rows_again_bump_no_version(network):
    before = network.version()
    assert network.load("branches", {"branch_code": "B2", "name": "Hangzhou", "parent_code": "B1"}) == Outcome(unchanged=1)
    assert network.version() == before


def test_a_name_alone_keeps_the_parent(network):
    network.load("branches", {"branch_code": "B2", "name": "Zhejiang"})
    assert next(row for row in network.rows(branch) if row.branch_code == "B2").parent_id is not None
