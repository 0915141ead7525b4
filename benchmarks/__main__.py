"""The table of benchmarks: `python -m benchmarks [NAME ...]`, or `make bench`. Each module's
`run()` answers lines of the table."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable

import benchmarks
from benchmarks.table import Line

NOT_ONE = ("__main__", "postgres", "server", "table")


def names() -> list[str]:
    return sorted(
        module.name
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if module.name not in NOT_ONE
    )


def show(lines: Iterable[Line]) -> None:
    for line in lines:
        aim = "" if line.aim is None else f"{line.aim:.2f}"
        print(
            f"{line.name:<68} {line.figure:>10,.1f}{line.unit:<3} "
            f"{line.yardstick:>10,.1f}{line.unit:<3} {line.ratio:>9.2f} {aim:>6} {line.verdict}",
            flush=True,
        )


def main() -> None:
    print(f"{'name':<68} {'figure':<13} {'yardstick':<13} {'ratio':>9} {'aim':>6}")
    for name in sys.argv[1:] or names():
        show(importlib.import_module(f"benchmarks.{name}").run())


if __name__ == "__main__":
    main()
