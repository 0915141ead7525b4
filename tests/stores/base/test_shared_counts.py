"""Counts of sign-ins and calls: of one process, or shared in Redis; a Redis that is lost shuts
nobody out and lets nobody try without end."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from limits import parse_many

from stores.base import shared_counts
from stores.base.shared_counts import Counts, Unusable

REDIS = shutil.which("redis-server")
TWO = parse_many("2/hour")
needs_redis = pytest.mark.skipif(
    REDIS is None, reason="no Redis server is installed; apt-get install redis-server"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def redis_server(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    assert REDIS is not None
    command = [
        REDIS,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield process
        process.terminate()


@pytest.mark.parametrize("moving", [True, False])
def test_a_process_counts_for_itself(moving):
    counts = Counts("memory://", moving=moving)
    assert [counts.wait_of(TWO, "sign-in", "10.0.0.1") is None for _ in range(3)] == [
        True,
        True,
        False,
    ]
    assert counts.wait_of(TWO, "sign-in", "10.0.0.2") is None
    assert counts.answers()


@needs_redis
@pytest.mark.parametrize("moving", [True, False])
def test_processes_count_together_in_redis(tmp_path, moving):
    port = free_port()
    with redis_server(tmp_path, port):
        one, two = (Counts(f"redis://127.0.0.1:{port}/0", moving=moving) for _ in range(2))
        assert one.answers()
        assert one.wait_of(TWO, "sign-in", "10.0.0.1") is None
        assert two.wait_of(TWO, "sign-in", "10.0.0.1") is None
        assert 3_400 < (one.wait_of(TWO, "sign-in", "10.0.0.1") or 0) <= 3_600 or not moving
        assert two.wait_of(TWO, "sign-in", "10.0.0.1") is not None


@needs_redis
def test_a_redis_that_is_lost_and_found_again_shuts_nobody_out(tmp_path, monkeypatch):
    port = free_port()
    with redis_server(tmp_path, port):
        counts = Counts(f"redis://127.0.0.1:{port}/0", moving=True)
        assert counts.wait_of(TWO, "sign-in", "10.0.0.1") is None
    assert not counts.answers()
    assert [counts.wait_of(TWO, "sign-in", "10.0.0.1") is None for _ in range(3)] == [
        True,
        True,
        False,
    ], "this process counts for itself"
    monkeypatch.setattr(shared_counts, "REST_SECONDS", 0.0)
    counts._rests_until = 0.0
    with redis_server(tmp_path, port):
        assert counts.wait_of(TWO, "sign-in", "10.0.0.1") is None, "shared again"


def test_the_client_of_redis_is_there_and_nobody_waits_for_a_server_that_is_not():
    counts = Counts("redis://127.0.0.1:1/0", moving=True)
    assert not counts.answers()
    began = time.monotonic()
    assert [counts.wait_of(TWO, "sign-in", "10.0.0.1") is None for _ in range(3)] == [
        True,
        True,
        False,
    ]
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("uri", ["nonsense://x", "redis://127.0.0.1:port/0"])
def test_an_address_that_cannot_be_read_is_told(uri):
    with pytest.raises(Unusable):
        Counts(uri, moving=True)
