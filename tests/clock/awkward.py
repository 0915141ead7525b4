"""`python -m tests.clock.awkward [PYTEST ARGUMENTS]`: what depends on the hour, once more at the
moments that have bitten others.

Each test begins at the moment itself, so that midnight, the month or the hour of the clocks' change
comes while it runs."""

from __future__ import annotations

import os
import subprocess
import sys

SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"
MOMENTS = {
    "half past midnight in Shanghai, the day before in UTC": ("2026-11-17T16:30:00Z", SHANGHAI),
    "the last second of a day in UTC": ("2026-11-17T23:59:59Z", SHANGHAI),
    "the last second of a month": ("2026-11-30T15:59:59Z", SHANGHAI),
    "the first day of a month": ("2026-11-30T20:58:00Z", SHANGHAI),
    "New Year": ("2026-12-31T15:59:58Z", SHANGHAI),
    "29 February": ("2028-02-29T04:00:00Z", SHANGHAI),
    "summer time begins": ("2026-03-08T06:59:58Z", NEW_YORK),
    "summer time ends": ("2026-11-01T05:59:58Z", NEW_YORK),
}


def main(arguments: list[str]) -> int:
    red = []
    for name, (moment, zone) in MOMENTS.items():
        print(f"\n== {name}: {moment}, {zone}", flush=True)
        command = [sys.executable, "-m", "pytest", "-m", "hour", "-q", *arguments]
        if subprocess.run(
            command, env={**os.environ, "TEST_MOMENT": moment, "TEST_ZONE": zone}, check=False
        ).returncode:
            red.append(name)
    print(
        "\nred: " + "; ".join(red) if red else f"\ngreen at all {len(MOMENTS)} moments", flush=True
    )
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
