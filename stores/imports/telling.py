"""Where what is found in cells goes: faults, warnings, and the count of what was mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stores.imports.cells import BadCell, Mended
from stores.imports.faults import FaultList
from stores.imports.sayings import SAYINGS, Weight
from stores.imports.understood import Mends


@dataclass(frozen=True, slots=True)
class Telling:
    """Collects what is found in the cells of one file."""

    faults: FaultList
    warnings: FaultList
    mends: Mends

    def refused(self, line: int, column: str, text: str, reason: BadCell) -> None:
        if reason.code:
            self.faults.say(line, column, text, reason.code, **reason.parameters)
        else:
            self.faults.add(line, column, text, str(reason))

    def mended(self, line: int, column: str, text: str, value: Mended) -> Any:
        """The clean value inside `value`, and a note for the cell at (line, column) of each thing
        that was put right in it."""
        inner: Any = value
        while type(inner) is Mended:
            if SAYINGS[inner.code].weight is Weight.MENDED:
                self.mends.add(line, column, inner.code)
            else:
                self.warnings.say(line, column, text, inner.code, **inner.parameters)
            inner = inner.value
        return inner
