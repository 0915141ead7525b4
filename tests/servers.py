"""The product under a real server in a process of its own, and a client that speaks HTTP to it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = {
    "gunicorn": (
        "-m",
        "gunicorn",
        "--preload",
        "--workers",
        "2",
        "--bind",
        "127.0.0.1:{port}",
        "wsgi:app",
    ),
    "granian": (
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--workers",
        "2",
        "--host",
        "127.0.0.1",
        "--port",
        "{port}",
        "wsgi:app",
    ),
    "waitress": ("-m", "waitress", "--listen=127.0.0.1:{port}", "--threads=4", "wsgi:app"),
}


class Served:
    """A running server; `process` is its first process."""

    def __init__(self, process: subprocess.Popen[bytes], port: int):
        self.process, self.port = process, port

    def call(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        """Status and answer, over a connection of its own, so that any worker may get it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(
                method,
                path,
                None if body is None else json.dumps(body),
                {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else text
        finally:
            connection.close()


@contextmanager
def served(server: str, database_url: str, folder: Path) -> Iterator[Served]:
    """`server` is one of COMMANDS; the product's settings come from here alone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, *(part.format(port=port) for part in COMMANDS[server])]
    own = {
        "DATABASE_URL": database_url,
        "INSTANCE_PATH": str(folder),
        "LOG_LEVEL": "WARNING",
        "APP_ENV": "development",
    }
    with open(folder / "server.log", "ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        made = Served(process, port)
        _wait(made, folder)
        yield made
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(made: Served, folder: Path) -> None:
    for _ in range(1200):
        if made.process.poll() is not None:
            break
        try:
            if made.call("GET", "/healthz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError(
        f"the server did not start: {(folder / 'server.log').read_text(errors='replace')[-2000:]}"
    )
