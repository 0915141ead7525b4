"""The files that decide: values in, values out. `python -m tests.house.pure` lists those that exist, for mypy."""
from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PURE = (
    "ledger/money.py",
    "stores/coordinates.py", "stores/nearest.py", "stores/areas.py", "stores/decision.py", "stores/decide.py", "stores/entry_params.py",
    "stores/rungs/__init__.py", "stores/rungs/named.py", "stores/rungs/placed.py", "stores/rungs/here.py", "stores/rungs/ties.py", "stores/rungs/guides.py",
    "stores/rungs/picks.py", "stores/bindings.py", "stores/binding_rules.py", "stores/spans.py",
    "stores/possible_times.py",
    "stores/identifiers.py",
    "stores/policy.py", "stores/bundles.py", "stores/pasted.py", "stores/hours.py", "stores/formulas.py",
    "stores/addressable.py", "stores/countries.py", "stores/folding.py", "stores/postal_codes.py", "stores/canonical.py", "stores/event_shapes.py",
    "stores/registers/contracts.py", "stores/registers/employment.py",
    "incentives/plan.py", "incentives/default_plan.py", "incentives/facts.py", "incentives/tiers.py", "incentives/adds.py", "incentives/commission.py",
    "incentives/scorecard.py", "incentives/calculate.py", "incentives/ladders.py", "incentives/ranking.py",
)


def pure_files() -> list[str]:
    return [name for name in PURE if (ROOT / name).exists()]


if __name__ == "__main__":
    print(" ".join(pure_files()))
