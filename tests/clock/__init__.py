"""The clock of the tests: no test knows what day it really is.

A run begins at `MOMENT`, an ordinary Wednesday morning in Shanghai, and its clock goes on from
there, in this process and in every Python process that a test starts (`sitecustomize` beside this
file). `TEST_MOMENT`, an ISO 8601 time, puts the run elsewhere, and then each test of its own begins
at that very moment; `TEST_ZONE` puts the brand into another zone. `awkward` runs what depends on
the hour at the moments that have bitten others."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import time_machine

MOMENT = dt.datetime.fromisoformat(os.environ.get("TEST_MOMENT", "2026-11-25T10:00:00+08:00"))
EACH_TEST_BEGINS_THERE = "TEST_MOMENT" in os.environ
ZONE = ZoneInfo(os.environ.get("TEST_ZONE", "Asia/Shanghai"))
# what sitecustomize reads: seconds from the machine's clock to the tests'
OFFSET = "TEST_CLOCK_OFFSET_S"
_ON_THE_PATH = (
    str(Path(__file__).parent),
    str(Path(__file__).parent.parent.parent),
)  # sitecustomize, and the product


def begin() -> None:
    """Put this process at the moment; the processes of one run share the first one's offset.
    Databases are made for the brand's zone."""
    os.environ["BRAND_TIMEZONE"] = ZONE.key
    if OFFSET not in os.environ:
        os.environ[OFFSET] = str(MOMENT.timestamp() - _machine_now())
    time_machine.travel(_machine_now() + float(os.environ[OFFSET]), tick=True).start()


def hand_on() -> None:
    """The processes that tests start have this clock too; not pytest's own, which bring it
    themselves."""
    os.environ["PYTHONPATH"] = os.pathsep.join(_ON_THE_PATH)


@contextmanager
def again() -> Iterator[None]:
    """The moment once more, for this process and for those it starts meanwhile."""
    before = os.environ[OFFSET]
    os.environ[OFFSET] = str(MOMENT.timestamp() - _machine_now())
    try:
        with time_machine.travel(MOMENT.timestamp(), tick=True):
            yield
    finally:
        os.environ[OFFSET] = before


def _machine_now() -> float:
    real = time_machine.escape_hatch
    return real.time.time() if real.is_travelling() else time.time()
