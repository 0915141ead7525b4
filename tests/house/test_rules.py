"""Rule numbers lead somewhere: what the code cites stands in docs/rules.md, and what that names
exists and cites the number."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.test_arrows import ROOT

PRODUCT = ("app", "stores", "incentives", "ledger", "db.py")
STORY_LETTERS = "GHIOS"  # no rule has them; of other letters a story says so
_ONE = r"[A-IMNOPS][0-9]{1,2}"
_LIST = rf"{_ONE}(?:-{_ONE})?(?: and {_ONE}(?:-{_ONE})?)*"
_STORIES = re.compile(rf"\b({_LIST}) of the\s+stories\b")
_RULE = re.compile(rf"\b({_ONE})(?:-({_ONE}))?\b")
_MARK = re.compile(r"\b(CONTRACT|PORTALS|MONEY|DESIGN) ([0-9]+)(?: and ([0-9]+))?\b")
_ENTRY = re.compile(r"^- \*\*((?:Story )?[A-Z]+ ?[0-9]+)\*\* (.*?)(?=^- \*\*|^## |\Z)", re.M | re.S)
_PLACE = re.compile(r"`((?:app|stores|incentives|ledger|tests|docs)/[^`]+|db\.py)`")


def cited(text: str) -> set[str]:
    """The rules and stories that a comment or docstring names; ranges in full, nothing that stands
    in backticks (codes, cells)."""
    text = re.sub(r"`[^`]*`", "", text)
    found = {f"{m[1]} {n}" for m in _MARK.finditer(text) for n in m.groups()[1:] if n}
    found |= {f"Story {name}" for m in _STORIES.finditer(text) for name in _rules(m[1])}
    return found | {
        f"Story {name}" if name[0] in STORY_LETTERS else name
        for name in _rules(_STORIES.sub("", text))
    }


def _rules(text: str) -> Iterator[str]:
    for first, last in _RULE.findall(text):
        if last and last[0] == first[0]:
            yield from (f"{first[0]}{n}" for n in range(int(first[1:]), int(last[1:]) + 1))
        else:
            yield from filter(None, (first, last))


def prose(path: Path) -> Iterator[str]:
    """Comments and docstrings of a Python file."""
    source = path.read_text(encoding="utf-8")
    yield from (
        token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    )
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


@cache
def cited_in(path: Path) -> set[str]:
    return set().union(*map(cited, prose(path)))


def product_files() -> Iterator[Path]:
    for name in PRODUCT:
        yield from [ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py"))


def entries() -> dict[str, str]:
    """What docs/rules.md says, by number."""
    found = _ENTRY.findall((ROOT / "docs/rules.md").read_text(encoding="utf-8"))
    assert len({name for name, _ in found}) == len(found), "a rule stands there twice"
    return dict(found)


def strangers(told: dict[str, str], names: set[str]) -> set[str]:
    return names - set(told)


def lost_places(told: dict[str, str]) -> list[str]:
    """Places that are not there, or do not cite the number although the entry does not say `without
    its number`."""
    lost = []
    for name, text in told.items():
        for place in _PLACE.findall(text):
            if not (ROOT / place).is_file():
                lost.append(f"{name}: {place} is not there")
            elif "without its number" not in text and name not in cited_in(ROOT / place):
                lost.append(f"{name}: {place} does not cite it")
    return lost


def test_each_number_that_the_code_cites_is_told():
    told = entries()
    unknown = {
        str(path.relative_to(ROOT)): found
        for path in product_files()
        if (found := strangers(told, cited_in(path)))
    }
    assert not unknown, unknown


def test_each_place_is_there_and_cites_its_rule():
    assert not lost_places(entries())


def test_each_rule_names_a_place_or_says_that_there_is_none():
    silent = [
        name
        for name, text in entries().items()
        if not _PLACE.search(text) and "not yet" not in text
    ]
    assert not silent, silent


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Bindings (B1-B3, A4).", {"B1", "B2", "B3", "A4"}),
        ("Codes (D4 of the stories, F2).", {"Story D4", "F2"}),
        ("Seen (D1 and D3 of the stories, P6).", {"Story D1", "Story D3", "P6"}),
        ("Seen by H1; `S1:door` and the cell `G2` are codes.", {"Story H1"}),
        ("Columns (CONTRACT 2 and 4).", {"CONTRACT 2", "CONTRACT 4"}),
        ("UTF8, SHA256, IPv4", set()),
    ],
)
def test_citations_are_read(text: str, found: set[str]):
    assert cited(text) == found


def test_the_checks_can_fail():
    assert strangers(entries(), cited("Never heard of (A99).")) == {"A99"}
    assert lost_places({"A1": "`stores/nowhere.py`", "A2": "`stores/base/phones.py`"}) == [
        "A1: stores/nowhere.py is not there",
        "A2: stores/base/phones.py does not cite it",
    ]
