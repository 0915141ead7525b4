"""What is wrong in a file, all of it, and the error file that says so."""
from __future__ import annotations

import contextlib
import csv
import io
import os
from dataclasses import dataclass, field
from pathlib import Path

from ledger.faults import InvalidInput

KEPT = 10_000
VALUE_LENGTH = 200
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ImportFault:
    """One fault or warning: physical line (header: line 1; GeoJSON: feature number from 1), column, value as read, reason in words."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(slots=True)
class FaultList:
    """Collects every fault; keeps the first `KEPT` and counts the rest."""

    kept: list[ImportFault] = field(default_factory=list)
    total: int = 0

    def add(self, line: int, column: str, value: str, reason: str) -> None:
        self.total += 1
        if len(self.kept) < KEPT:
            self.kept.append(ImportFault(line, column, value, reason))

    def with_those_of(self, other: FaultList) -> FaultList:
        """Both together, as a new list."""
        return FaultList([*self.kept, *other.kept][:KEPT], self.total + other.total)

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
    """The faults of a file that could not be read at all: on the line where reading ended, else on its header line."""
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


def write_warning_file(path: Path, warnings: FaultList) -> Path:
    """Writes `FILE.warnings.csv` in one step and returns its path."""
    return _write(_beside(path, "warnings"), warnings)


def report(path: Path, faults: FaultList, warnings: FaultList) -> None:
    """Leaves beside `path` exactly the files this run has something to say in; those of a former run go."""
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
        with temporary.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as out:
            out.write(as_csv(faults))
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def as_csv(faults: FaultList) -> str:
    """The text of an error file: line, column, value, reason."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("line", "column", "value", "reason"))
    for fault in faults.in_order():
        writer.writerow((fault.line, _inert(fault.column), _inert(fault.value), _inert(fault.reason)))
    if faults.total > len(faults.kept):
        writer.writerow(("", "", "", f"and {faults.total - len(faults.kept)} more; mend these first"))
    return out.getvalue()


def _inert(text: str) -> str:
    """Cut, and never a formula when a spreadsheet opens the file (OWASP CSV injection)."""
    cut = text[:VALUE_LENGTH] + "…" if len(text) > VALUE_LENGTH else text
    return "'" + cut if cut.startswith(_FORMULA) else cut
