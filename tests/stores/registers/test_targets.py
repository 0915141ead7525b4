"""Targets by file (C8, C18)."""

from __future__ import annotations

import pytest

from incentives.targets import target
from stores.imports.outcomes import Outcome, Refused


def aim(network, metric="net_sales", value="1000", **more):
    return network.load(
        "targets",
        {
            "period": "2025-06",
            "level": "dealer",
            "code": "D1",
            "metric": metric,
            "target": value,
            **more,
        },
    )


@pytest.mark.parametrize(
    ("metric", "value", "kept"),
    [("net_sales", "1234.50", 123450), ("refund_rate", "2.5", 250), ("adds", "30", 30)],
)
def test_a_target_is_kept_in_the_smallest_unit(network, metric, value, kept):
    assert aim(network, metric, value) == Outcome(new=1)
    assert network.rows(target)[0].target == kept


def test_a_changed_target_supersedes_the_former(network):
    aim(network)
    network.days_pass(1)
    assert aim(network, value="2000") == Outcome(changed=1)
    former, present = network.rows(target)
    assert (former.superseded_at, present.superseded_at) == (network.now, None)
    assert aim(network, value="2000.00") == Outcome(unchanged=1)


@pytest.mark.parametrize(
    ("metric", "value"),
    [("net_sales", "1.005"), ("refund_rate", "101"), ("adds", "1.5"), ("refund_rate", "2.555")],
)
def test_a_target_that_cannot_be_kept_exactly_is_refused(network, metric, value):
    with pytest.raises(Refused):
        aim(network, metric, value)


def test_an_unknown_subject_is_refused(network):
    with pytest.raises(Refused, match="NOPE is no known dealer"):
        aim(network, code="NOPE")
