"""What became of the rows of an import: counts, and the two ways in which nothing was written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ledger.faults import FieldFault, InvalidInput
from stores.imports.faults import FaultList
from stores.imports.understood import Understood


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rows of the input by what became of them. `warnings` are what only a comparison with the
    stored rows can tell."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    warnings: FaultList = field(default_factory=FaultList, compare=False)

    @property
    def effective(self) -> int:
        return self.new + self.changed


class Refused(InvalidInput):
    """Rows that a rule refuses; nothing was written. `faults` names line, column, value and reason
    of each."""

    code = "refused"

    def __init__(
        self,
        faults: FaultList,
        warnings: FaultList | None = None,
        understood: Understood | None = None,
    ):
        first = faults.in_order()[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(
            f"{first.column or 'row'}: {first.value} {first.reason}{more}.".replace(":  ", ": "),
            errors=[
                FieldFault(fault.column or "row", fault.reason) for fault in faults.in_order()[:100]
            ],
        )
        self.faults = faults
        self.warnings = warnings or FaultList()
        self.understood = understood


class Doubtful(InvalidInput):
    """Rows that can be taken but are hardly meant; nothing was written. `warnings` name them; asked
    again with `accept` they are taken."""

    code = "doubtful"

    def __init__(self, warnings: FaultList, understood: Understood | None = None):
        first = next(fault for fault in warnings.in_order() if fault.doubtful)
        more = f" (and {warnings.doubtful - 1} more)" if warnings.doubtful > 1 else ""
        super().__init__(f"{first.column}: {first.value} {first.reason}{more}.")
        self.warnings = warnings
        self.understood = understood


def refuse_doubtful(outcome: Outcome, accept: bool) -> None:
    """Raises Doubtful, unless somebody said that what is doubtful is meant."""
    if outcome.warnings.doubtful and not accept:
        raise Doubtful(outcome.warnings)


Apply = Callable[..., Outcome]  # (rows, *, actor, now, dry_run=False, accept=True)
