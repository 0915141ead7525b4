"""`flask serve`, what `make run` does: the demo chain on this machine, for looking and developing.
Loopback only."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from waitress import create_server

import config
from app.cli.deeds import DeedCommand
from app.demo.cast import Credential, load_once
from migrations import commands

HOST = "127.0.0.1"
THREADS = 16


@click.command("serve", cls=DeedCommand)
@click.option("--port", type=click.IntRange(1, 65535), help="Default: the setting PORT.")
@click.option(
    "--demo/--no-demo",
    default=True,
    show_default=True,
    help="Fill an empty database with the demo chain first.",
)
@with_appcontext
def serve(port: int | None, demo: bool) -> None:
    """Migrate, load the demo once, serve on 127.0.0.1 with one worker beside. Development only."""
    settings: config.Settings = current_app.extensions["doorstep"]
    if settings.production:
        raise click.ClickException(
            "`flask serve` is for development. In production run wsgi:app on a WSGI server behind "
            "TLS, "
            "and `flask worker` beside it; see docs/operations.md."
        )
    port = port or settings.port
    _require_free(port)
    commands.upgrade(settings.database_url)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    people = load_once(instance=settings.instance_path) if demo else []
    _stop_on_signals()
    server = create_server(
        app,
        host=HOST,
        port=port,
        threads=THREADS,
        ident="doorstep",
        clear_untrusted_proxy_headers=True,
    )
    with _worker_beside():
        _introduce(port, people)
        # ends by SystemExit or KeyboardInterrupt, which it takes as "finish and close"
        server.run()
    server.close()


def _require_free(port: int) -> None:
    """Said before the demo is loaded, not after."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as reason:
            raise click.ClickException(
                f"Port {port} cannot be used: {reason.strerror}. Set another one with PORT=... or "
                "--port."
            ) from None


def _stop_on_signals() -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)


@contextlib.contextmanager
def _worker_beside() -> Iterator[None]:
    """One worker as a child, started again should it end; it ends with us, and by itself if we are
    killed."""
    stopping, child = threading.Event(), [_start_worker()]

    def keep() -> None:
        while not stopping.wait(1.0):
            if child[0].poll() is not None and not stopping.is_set():
                child[0] = _start_worker()

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join(2.0)
        child[0].terminate()
        try:
            child[0].wait(5.0)
        except subprocess.TimeoutExpired:
            child[0].kill()


def _start_worker() -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "wsgi",
        "worker",
        "--parent",
        str(os.getpid()),
    ]
    return subprocess.Popen(command, cwd=config.ROOT, stdin=subprocess.DEVNULL)  # noqa: S603 - our own program


def _introduce(port: int, people: list[Credential]) -> None:
    address = f"http://{HOST}:{port}"
    click.echo(
        f"\nDoorstep is at {address}\n  sign in   {address}/sign-in\n  API       {address}/docs\n"
    )
    for each in people:
        click.echo(
            f"  {each.role:18}  user {each.user:12}  password {each.password or '(not kept here)'}"
        )
    if people:
        click.echo("\nThese users are for looking around on this machine. Ctrl-C ends the server.")
    click.echo(address)
    sys.stdout.flush()
