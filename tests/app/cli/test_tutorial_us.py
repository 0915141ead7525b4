"""docs/tutorial-us.md does what it says: every command of it is run, in order, and answers what the
page shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import db
from app import create_app
from examples.us import make_network, make_orders
from stores.base import brand
from stores.network import network
from tests.app.conftest import settings_of

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "tutorial-us.md"
BRAND = {"BRAND_CURRENCY": "USD", "BRAND_TIMEZONE": "America/Chicago"}


def commands(page: str) -> Iterator[tuple[str, str]]:
    """(command, the answer shown below it) of every console block."""
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, answer = part.partition("\n")
            yield command, answer


def answers(shown: str, said: str) -> bool:
    """Whether `said` is what the page shows; a line of `...` stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in shown.splitlines()
    )
    return re.fullmatch(pattern, said) is not None


def part_of(shown: Any, said: Any) -> bool:
    """Whether the JSON answer holds everything the page shows of it."""
    if isinstance(shown, dict):
        return isinstance(said, dict) and all(
            key in said and part_of(value, said[key]) for key, value in shown.items()
        )
    return bool(shown == said)


@pytest.mark.parametrize(
    "made",
    [
        (make_network.main, ("branches.csv", "dealers.csv", "stores.csv")),
        (make_orders.main, ("orders.csv", "visitors.csv")),
    ],
    ids=["network", "orders"],
)
def test_the_scripts_make_the_shipped_files_byte_for_byte(made: Any, tmp_path: Path) -> None:
    main, names = made
    main(tmp_path)
    for name in names:
        assert (tmp_path / name).read_bytes() == (ROOT / "examples" / "us" / name).read_bytes(), (
            name
        )


def test_the_data_stay_small_and_name_their_sources() -> None:
    files = [
        path
        for path in (ROOT / "examples" / "us").rglob("*.csv")
        if not path.name.endswith((".errors.csv", ".warnings.csv"))
    ]
    assert sum(path.stat().st_size for path in files) < 2_000_000
    notice = (ROOT / "examples" / "us" / "NOTICE.md").read_text(encoding="utf-8")
    assert all(f"data/{path.name}" in notice for path in files if path.parent.name == "data")
    assert "GeoNames (geonames.org)" in notice


def test_every_command_of_the_tutorial_answers_what_the_page_shows(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "examples",
        tmp_path / "examples",
        ignore=shutil.ignore_patterns("*.warnings.csv", "__pycache__"),
    )
    (tmp_path / "instance").mkdir()
    env = {
        **os.environ,
        "INSTANCE_PATH": str(tmp_path / "instance"),
        "FLASK_APP": str(ROOT / "wsgi.py"),
        "LOG_LEVEL": "WARNING",
    }
    key, done = "", 0
    for command, shown in commands(PAGE.read_text(encoding="utf-8")):
        done += 1
        if command.startswith("export "):
            env |= dict(pair.split("=", 1) for pair in command.split()[1:])
        elif command.startswith("KEY="):
            key = run(command[len("KEY=$(") :].split("|")[0], env, tmp_path).splitlines()[-1]
        elif command.startswith("curl "):
            assert part_of(json.loads(shown), get(command, key, env, tmp_path)), command
        else:
            said = run(command, env, tmp_path)
            assert answers(shown, said), f"{command}\n{said[-2_000:]}"
    assert done == 14


def run(command: str, env: dict[str, str], folder: Path) -> str:
    """Standard output of a command of the page, run in an installation of its own."""
    words = command.split()
    if words[0] == ".venv/bin/flask":
        words[:1] = [sys.executable, "-m", "flask"]
    done = subprocess.run(
        words, cwd=folder, env=env, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def get(command: str, key: str, env: dict[str, str], folder: Path) -> Any:
    """What the server of the page would answer, without a server."""
    path = re.search(r'"http://127\.0\.0\.1:8000([^"]+)"', command)
    assert path is not None
    before = brand._brand
    url = env["DATABASE_URL"].replace("sqlite:///", f"sqlite:///{folder}/")
    try:
        app = create_app(settings_of(url, folder / "instance", **BRAND))
        network.forget()
        answer = app.test_client().get(path.group(1), headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 200, answer.text
        return answer.json
    finally:
        db.database().dispose()
        db._database, brand._brand = None, before
