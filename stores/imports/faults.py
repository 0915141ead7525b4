"""What is wrong in a file, all of it, and the error file that says so."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ledger.faults import InvalidInput
from stores.base.formulas import inert
from stores.imports.sayings import SAYINGS, Weight, words

KEPT = 10_000
VALUE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class ImportFault:
    """One fault or warning: physical line (header: line 1; GeoJSON: feature number from 1), column,
    value as read, reason in words. `code` and `parameters` are those of SAYINGS the reason was made
    of, if it was."""

    line: int
    column: str
    value: str
    reason: str
    code: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def with_code(self, code: str) -> ImportFault:
        """The same finding by another code of SAYINGS without parameters."""
        return replace(self, code=code, parameters={}, reason=words(code, {}))

    @property
    def doubtful(self) -> bool:
        """Whether a file that holds it waits for somebody to say that it is meant."""
        return bool(self.code) and SAYINGS[self.code].weight is Weight.DOUBTFUL


@dataclass(slots=True)
class FaultList:
    """Collects every fault; keeps the first `KEPT` of them, and of the doubtful as many; counts the
    rest."""

    kept: list[ImportFault] = field(default_factory=list)
    total: int = 0
    doubtful: int = 0

    def add(self, line: int, column: str, value: str, reason: str) -> None:
        self._take(ImportFault(line, column, value, reason))

    def say(self, line: int, column: str, value: str, code: str, /, **parameters: Any) -> None:
        """A finding by its code in SAYINGS, with the parameters of its words."""
        self._take(ImportFault(line, column, value, words(code, parameters), code, parameters))

    def _take(self, fault: ImportFault) -> None:
        self.total += 1
        self.doubtful += fault.doubtful
        if (self.doubtful <= KEPT) if fault.doubtful else (len(self.kept) < KEPT):
            self.kept.append(fault)

    def with_those_of(self, other: FaultList) -> FaultList:
        """Both together, as a new list."""
        both = FaultList()
        for fault in (*self.kept, *other.kept):
            both._take(fault)
        both.total, both.doubtful = self.total + other.total, self.doubtful + other.doubtful
        return both

    def in_order(self) -> list[ImportFault]:
        return sorted(self.kept, key=lambda fault: fault.line)

    def __bool__(self) -> bool:
        return self.total > 0

    def __len__(self) -> int:
        return self.total


class UnreadableLine(InvalidInput):
    """From this line on a file cannot be read."""

    def __init__(self, line: int, detail: str, *, value: str = "", code: str | None = None):
        super().__init__(detail, code=code)
        self.line, self.value = line, value


def of_file(refusal: InvalidInput) -> FaultList:
    """The faults of a file that could not be read at all: on the line where reading ended, else on
    its header line."""
    faults = FaultList()
    if isinstance(refusal, UnreadableLine):
        faults.add(refusal.line, "", refusal.value, refusal.detail)
        return faults
    for error in refusal.errors:
        faults.add(1, error.field, "", error.reason)
    if not refusal.errors:
        faults.add(1, "", "", refusal.detail)
    return faults


def write_error_file(path: Path, faults: FaultList) -> Path:
    """Writes `FILE.errors.csv` in one step and returns its path."""
    return _write(_beside(path, "errors"), faults)


def report(path: Path, faults: FaultList, warnings: FaultList) -> None:
    """Leaves beside `path` exactly the files this run has something to say in; those of a former
    run go."""
    for name, said in (("errors", faults), ("warnings", warnings)):
        if said:
            _write(_beside(path, name), said)
        else:
            with contextlib.suppress(FileNotFoundError):
                _beside(path, name).unlink()


def _beside(path: Path, name: str) -> Path:
    return path.with_name(f"{path.name}.{name}.csv")


def _write(target: Path, faults: FaultList) -> Path:
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open(
            "w", encoding="utf-8-sig", errors="backslashreplace", newline=""
        ) as out:
            out.write(as_csv(faults))
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def as_csv(faults: FaultList) -> str:
    """The text of an error file: line, column, value, reason; and `doubtful` (yes or empty) where
    something is."""
    out = io.StringIO()
    writer = csv.writer(out)
    more = ("doubtful",) if faults.doubtful else ()
    writer.writerow(("line", "column", "value", "reason", *more))
    for fault in faults.in_order():
        said = ("yes" if fault.doubtful else "",) if more else ()
        writer.writerow(
            (fault.line, _inert(fault.column), _inert(fault.value), _inert(fault.reason), *said)
        )
    if faults.total > len(faults.kept):
        writer.writerow(
            ("", "", "", f"and {faults.total - len(faults.kept)} more; mend these first")
        )
    return out.getvalue()


def _inert(text: str) -> str:
    """Cut, and never a formula when a spreadsheet opens the file."""
    return inert(text[:VALUE_LENGTH] + "…" if len(text) > VALUE_LENGTH else text)
