"""`flask serve` (CONTRACT 1): answers on its port with a worker beside it; both end together,
however the server ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serving(tmp_path: Path, port: int, **more: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "INSTANCE_PATH": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'served.db'}",
        "LOG_LEVEL": "INFO",
        **more,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "serve", "--no-demo", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def worker_of(process: subprocess.Popen[str]) -> int:
    """Its process id, once it holds the lease."""
    for line in process.stderr:
        if "lease taken" in line:
            break
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])


def gone(pid: int, within: float) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_server_and_worker_begin_and_end_together(tmp_path, number):
    port = free_port()
    with serving(tmp_path, port) as process:
        beside = worker_of(process)
        assert urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20).status == 200
        process.send_signal(number)
        assert process.wait(timeout=15) == (0 if number == signal.SIGTERM else -signal.SIGKILL)
        assert gone(beside, within=8)
        assert f"http://127.0.0.1:{port}" in process.stdout.read()


def test_a_taken_port_is_told_at_once(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with serving(tmp_path, taken.getsockname()[1]) as process:
            said = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "cannot be used" in said


def test_it_is_not_for_production(tmp_path):
    with serving(tmp_path, free_port(), APP_ENV="production", SECRET_KEY="x" * 40) as process:
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "wsgi:app" in said
