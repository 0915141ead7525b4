"""The tests have a clock of their own (tests/clock), so that no hour of the day and no day of the
year can turn them red."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import time_machine

from tests import clock

A_WHILE_S = 60  # machines are slow at times; the moment lies further from today than that
PRINT_NOW = "import time; print(time.time())"


def test_a_test_lives_at_the_moment_of_its_run_not_at_the_machines():
    since = dt.datetime.now(dt.UTC) - clock.MOMENT
    assert dt.timedelta(0) <= since < dt.timedelta(hours=6), "a run is over long before"
    assert time_machine.escape_hatch.is_travelling()


def test_a_process_that_a_test_starts_lives_there_too():
    told = subprocess.run(
        [sys.executable, "-c", PRINT_NOW], capture_output=True, text=True, check=True
    ).stdout
    assert abs(float(told) - dt.datetime.now(dt.UTC).timestamp()) < A_WHILE_S


def test_where_a_moment_is_asked_for_each_test_begins_at_it_and_its_processes_do():
    with clock.again():
        here = dt.datetime.now(dt.UTC)
        told = subprocess.run(
            [sys.executable, "-c", PRINT_NOW], capture_output=True, text=True, check=True
        ).stdout
        assert clock.MOMENT <= here <= clock.MOMENT + dt.timedelta(seconds=A_WHILE_S)
        assert abs(float(told) - here.timestamp()) < A_WHILE_S
