"""The files that decide: values in, values out. `python -m tests.house.pure` lists those that
exist, for mypy."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PURE = (
    "incentives/adds.py",
    "incentives/calculate.py",
    "incentives/commission.py",
    "incentives/default_plan.py",
    "incentives/facts.py",
    "incentives/judging/__init__.py",
    "incentives/judging/contacts.py",
    "incentives/judging/in_force.py",
    "incentives/judging/judge.py",
    "incentives/judging/reasons.py",
    "incentives/judging/reward_lines.py",
    "incentives/judging/sales.py",
    "incentives/ladders.py",
    "incentives/plan.py",
    "incentives/plan_form.py",
    "stores/base/file_forms.py",
    "stores/base/months.py",
    "incentives/ranking.py",
    "incentives/tiers.py",
    "ledger/canonical.py",
    "ledger/money.py",
    "ledger/pieces.py",
    "stores/simulation/scenario.py",
    "stores/simulation/scenario_form.py",
    "stores/base/addressable.py",
    "stores/base/canonical.py",
    "stores/base/countries.py",
    "stores/base/folding.py",
    "stores/base/formulas.py",
    "stores/base/identifiers.py",
    "stores/base/pasted.py",
    "stores/base/possible_times.py",
    "stores/base/spans.py",
    "stores/customers/binding_story.py",
    "stores/customers/bindings.py",
    "stores/customers/course.py",
    "stores/customers/event_shapes.py",
    "stores/facts/decision.py",
    "stores/facts/entry_params.py",
    "stores/geo/areas.py",
    "stores/geo/coordinates.py",
    "stores/geo/nearest.py",
    "stores/geo/postal_codes.py",
    "stores/geo/postal_forms.py",
    "stores/geo/postal_index.py",
    "stores/network/binding_rules.py",
    "stores/network/bundles.py",
    "stores/network/hours.py",
    "stores/network/policy.py",
    "stores/registers/contracts.py",
    "stores/registers/employment.py",
    "stores/routing/decide.py",
    "stores/routing/rungs/__init__.py",
    "stores/routing/rungs/guides.py",
    "stores/routing/rungs/here.py",
    "stores/routing/rungs/named.py",
    "stores/routing/rungs/picks.py",
    "stores/routing/rungs/placed.py",
    "stores/routing/rungs/ties.py",
)


def pure_files() -> list[str]:
    return [name for name in PURE if (ROOT / name).exists()]


if __name__ == "__main__":
    print(" ".join(pure_files()))
