"""The folders are the architecture: arrows point down only, rules are pure, one file commits, one
file reads the environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house import rooms
from tests.house.pure import pure_files

ROOT = Path(__file__).resolve().parent.parent.parent
BELOW = {  # a room may import itself and what stands here
    "app": {"incentives", "stores", "ledger", "db", "config", "migrations"},
    "incentives": {"stores", "ledger", "db"},
    "stores": {"ledger", "db"},
    "ledger": {"db"},
    "config": set(),
    "db": set(),
    "migrations": {"db", "config", "incentives", "stores", "ledger", "app"},
}
ROOMS = set(BELOW) | {"wsgi", "tests", "benchmarks"}
WEB = {
    "flask",
    "flask_login",
    "flask_wtf",
    "flask_limiter",
    "flask_babel",
    "werkzeug",
    "jinja2",
    "wtforms",
}
IMPURE = {
    "sqlalchemy",
    "alembic",
    "psycopg",
    "sqlite3",
    "db",
    "config",
    "os",
    "time",
    "random",
    "secrets",
    "uuid",
}
CLOCK = {"now", "utcnow", "today", "time", "monotonic"}


def files(*rooms: str) -> list[Path]:
    found = []
    for room in rooms:
        found += (
            sorted((ROOT / room).rglob("*.py")) if (ROOT / room).is_dir() else [ROOT / f"{room}.py"]
        )
    return [path for path in found if path.exists()]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Every node, without what only the type checker reads."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield from nodes(child)


def module_file(dotted: str) -> Path | None:
    path = ROOT.joinpath(*dotted.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.exists()), None)


@cache
def imports(path: Path) -> frozenset[str]:
    """Dotted names a file imports anywhere in it; `from stores import areas` counts as
    stores.geo.areas when that is a file."""
    package = list(path.relative_to(ROOT).parts[:-1])
    found = set()
    for node in nodes(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            found |= {
                f"{base}.{a.name}" if module_file(f"{base}.{a.name}") else base for a in node.names
            }
    return frozenset(found)


def room(dotted: str) -> str:
    return dotted.split(".")[0]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("upper", BELOW)
def test_arrows_point_down_only(upper):
    wrong = {
        (shown(path), name)
        for path in files(upper)
        for name in imports(path)
        if room(name) in ROOMS and room(name) != upper and room(name) not in BELOW[upper]
    }
    assert wrong == set()


def test_the_domain_knows_nothing_of_the_web():
    domain = files("stores", "incentives", "ledger")
    assert {
        (shown(path), name)
        for path in domain
        for name in imports(path)
        if room(name) in WEB | {"app"}
    } == set()


@pytest.mark.parametrize(("house", "order"), [("stores", rooms.STORES), ("app", rooms.APP)])
def test_each_room_uses_those_above_it_alone(house, order):
    places = {name: place for place, name in enumerate(order)}
    assert set(places) == {
        path.name for path in (ROOT / house).iterdir() if (path / "__init__.py").exists()
    }
    wrong = {
        (shown(path), name)
        for path in files(house)
        if len(parts := path.relative_to(ROOT).parts) > 2
        for name in imports(path)
        if name.startswith(f"{house}.") and places[name.split(".")[1]] > places[parts[1]]
    }
    assert wrong == set()


@pytest.mark.parametrize(
    "folder",
    sorted(
        {
            str(path.parent.relative_to(ROOT))
            for path in files("app", "stores", "incentives", "ledger")
        }
    ),
)
def test_a_room_says_what_it_holds_and_is_seen_at_a_glance(folder):
    held = [path for path in (ROOT / folder).glob("*.py") if path.name != "__init__.py"]
    assert len(held) <= rooms.MOST_FILES
    assert ast.get_docstring(tree(ROOT / folder / "__init__.py"))


def test_no_two_files_import_each_other_round_a_circle():
    graph = {
        path: {
            target
            for name in imports(path)
            if room(name) in BELOW and (target := module_file(name)) and target != path
        }
        for path in files("app", "stores", "incentives", "ledger")
    }
    circles = []
    for start in graph:
        reached, rim = set(), set(graph[start])
        while rim:
            reached |= rim
            rim = {target for path in rim for target in graph.get(path, ())} - reached
        if start in reached:
            circles.append(shown(start))
    assert circles == []


@pytest.mark.parametrize("name", pure_files())
def test_rules_are_pure(name):
    """No SQL, no clock, no environment, no randomness, neither here nor in what a rule imports of
    ours."""
    pending, seen, wrong = [ROOT / name], set(), set()
    while pending:
        path = pending.pop()
        seen.add(path)
        wrong |= {
            (shown(path), f"imports {used}") for used in imports(path) if room(used) in IMPURE
        }
        wrong |= {
            (shown(path), f"{call} at line {line}")
            for call, line in calls(path)
            if reads_clock(call)
        }
        pending += [
            target
            for used in imports(path)
            if room(used) in BELOW and (target := module_file(used)) and target not in seen
        ]
    assert wrong == set()


def calls(path: Path) -> set[tuple[str, int]]:
    """(what is called, as written; line) of each call in a file."""
    return {
        (ast.unparse(node.func), node.lineno)
        for node in nodes(tree(path))
        if isinstance(node, ast.Call)
    }


def reads_clock(call: str) -> bool:
    """`datetime.now`, `dt.date.today`, `time.time`; but `moment.time` reads a value."""
    owner, _, name = call.rpartition(".")
    return name in CLOCK and owner.split(".")[-1] in {"datetime", "date", "time", "dt"}


def test_commit_stands_in_db_alone():
    rooms = files("app", "incentives", "stores", "ledger", "migrations", "config", "wsgi")
    assert {
        f"{shown(path)}:{line}"
        for path in rooms
        for call, line in calls(path)
        if call.endswith(".commit")
    } == set()


def test_config_alone_reads_the_environment():
    assert {
        place
        for path in files("app", "incentives", "stores", "ledger", "db", "wsgi")
        for place in environment(path)
    } == set()


def environment(path: Path) -> set[str]:
    """Places of `os.environ`, `os.getenv` and `from os import environ`."""
    names = {"environ", "environb", "getenv"}
    found = set()
    for node in nodes(tree(path)):
        attribute = (
            isinstance(node, ast.Attribute)
            and node.attr in names
            and ast.unparse(node.value) == "os"
        )
        imported = (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and names & {alias.name for alias in node.names}
        )
        if attribute or imported:
            found.add(f"{shown(path)}:{node.lineno}")
    return found
