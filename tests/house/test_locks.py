"""Installations are repeatable: locks are hashed, made from reasoned lists, and free of any
machine's or registry's address."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "requirements"
LOCKS = ("run", "test")


def wanted(name: str) -> list[str]:
    return [
        line
        for line in (FOLDER / f"{name}.in").read_text().splitlines()
        if line.strip() and not line.startswith("-")
    ]


def canonical(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[ ;=<>#]", requirement.strip())[0]).lower()


def pins(name: str) -> dict[tuple[str, str], int]:
    """(package, version and marker) -> number of hashes."""
    found: dict[tuple[str, str], int] = {}
    key = ("", "")
    for line in (FOLDER / f"{name}.txt").read_text().splitlines():
        if match := re.match(
            r"([a-z0-9][a-z0-9-]*)(?:\[[a-z0-9,-]+\])?==(\S+(?: ;.*?)?) ?\\?$", line
        ):
            key = (match[1], match[2])
            found[key] = 0
        elif line.strip().startswith("--hash=sha256:"):
            found[key] += 1
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes(name):
    bare = [key for key, hashes in pins(name).items() if not hashes]
    assert pins(name)
    assert not bare


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_names_a_registry_or_a_path_of_a_machine(name):
    text = (FOLDER / f"{name}.txt").read_text()
    assert not re.findall(
        r"https?:|index-url|find-links|file:|^\s*#.*(?<!-r )(?<!-c )\s/\S+", text, re.M
    )
    assert not (ROOT / "uv.lock").exists(), "uv.lock records the addresses of registries"


@pytest.mark.parametrize("name", [*LOCKS, "bench"])
def test_every_dependency_says_why_it_is_there(name):
    silent = [line for line in wanted(name) if not re.search(r"# \S.{8,}", line)]
    assert not silent


@pytest.mark.parametrize(("name", "lock"), [("run", "run"), ("test", "test"), ("bench", "test")])
def test_every_dependency_is_locked(name, lock):
    locked = {package for package, _ in pins(lock)}
    assert {canonical(line) for line in wanted(name)} <= locked


def test_both_locks_agree_on_versions():
    run, test = set(pins("run")), set(pins("test"))
    shared = {package for package, _ in run} & {package for package, _ in test}
    assert {pin for pin in run ^ test if pin[0] in shared} == set()
