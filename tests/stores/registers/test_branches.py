"""The tree of branches."""

from __future__ import annotations

import pytest

from stores.imports.outcomes import Outcome, Refused
from stores.network.branches import DEEPEST, branch


def paths(network):
    return {row.branch_code: row.path for row in network.rows(branch)}


def test_a_parent_may_stand_later_in_the_file(network):
    outcome = network.load(
        "branches",
        {"branch_code": "C", "name": "C", "parent_code": "P"},
        {"branch_code": "P", "name": "P", "parent_code": ""},
    )
    assert outcome == Outcome(new=2)
    found = paths(network)
    assert found["C"].startswith(found["P"])


def test_a_moved_branch_takes_its_subtree_along(network):
    network.load(
        "branches",
        {"branch_code": "B3", "name": "Xihu", "parent_code": "B2"},
        {"branch_code": "N", "name": "North", "parent_code": ""},
    )
    assert network.load(
        "branches", {"branch_code": "B2", "name": "Hangzhou", "parent_code": "N"}
    ) == Outcome(changed=1)
    found = paths(network)
    assert found["B3"].startswith(found["B2"])
    assert found["B2"].startswith(found["N"])


def test_a_circle_is_refused_and_nothing_is_written(network):
    before = network.version()
    with pytest.raises(Refused, match="circle"):
        network.load("branches", {"branch_code": "B1", "name": "East", "parent_code": "B2"})
    assert network.version() == before


def chain_of(length, prefix="L", parent=""):
    return [
        {
            "branch_code": f"{prefix}{n:04}",
            "name": "x",
            "parent_code": f"{prefix}{n - 1:04}" if n > 1 else parent,
        }
        for n in range(1, length + 1)
    ]


def test_a_tree_is_as_deep_on_either_engine(network):
    assert network.load("branches", *chain_of(DEEPEST)) == Outcome(new=DEEPEST)
    deepest = next(row for row in network.rows(branch) if row.branch_code == f"L{DEEPEST:04}")
    assert deepest.path.count("/") == DEEPEST + 1
    assert len("/" + DEEPEST * f"{2**63 - 1}/") <= branch.c.path.type.impl_instance.length, (
        "with the longest ids too"
    )
    with pytest.raises(Refused) as refused:
        network.load("branches", {"branch_code": "M", "name": "x", "parent_code": f"L{DEEPEST:04}"})
    assert (refused.value.faults.kept[0].line, refused.value.faults.kept[0].reason) == (
        2,
        f"makes the tree deeper than {DEEPEST} levels",
    )


def test_a_move_that_brings_what_lies_under_it_too_deep_is_refused_at_its_line(network):
    network.load("branches", *chain_of(DEEPEST), *chain_of(3, "K"))
    with pytest.raises(Refused) as refused:
        network.load(
            "branches",
            {"branch_code": "K0002", "name": "y", "parent_code": "K0001"},
            {"branch_code": "K0001", "name": "x", "parent_code": f"L{DEEPEST - 2:04}"},
        )
    assert [fault.line for fault in refused.value.faults.kept] == [2]
    with pytest.raises(Refused) as refused:
        network.load(
            "branches", {"branch_code": "K0001", "name": "x", "parent_code": f"L{DEEPEST - 2:04}"}
        )
    assert [fault.line for fault in refused.value.faults.kept] == [2]
    assert network.load(
        "branches", {"branch_code": "K0001", "name": "x", "parent_code": f"L{DEEPEST - 3:04}"}
    ) == Outcome(changed=1)


def test_a_long_chain_and_a_long_circle_are_told_at_once(network):
    rows = chain_of(9_999)
    with pytest.raises(Refused, match="deeper"):
        network.load("branches", *rows)
    rows[0]["parent_code"] = rows[-1]["branch_code"]
    with pytest.raises(Refused, match="circle"):
        network.load("branches", *rows)


def test_an_unknown_parent_is_named_with_its_line(network):
    with pytest.raises(Refused) as refused:
        network.load("branches", {"branch_code": "X", "name": "X", "parent_code": "NOPE"})
    fault = refused.value.faults.kept[0]
    assert (fault.line, fault.column, fault.value) == (2, "parent_code", "NOPE")


def test_the_same_rows_again_bump_no_version(network):
    before = network.version()
    assert network.load(
        "branches", {"branch_code": "B2", "name": "Hangzhou", "parent_code": "B1"}
    ) == Outcome(unchanged=1)
    assert network.version() == before


def test_a_name_alone_keeps_the_parent(network):
    network.load("branches", {"branch_code": "B2", "name": "Zhejiang"})
    assert (
        next(row for row in network.rows(branch) if row.branch_code == "B2").parent_id is not None
    )
