"""Every regular expression of the product takes time in proportion to what it reads, or reads no
more than a reviewed length.

Patterns are found twice: as objects in the modules and as `re.` calls in the source; a call that is
neither a constant nor one of those objects must stand in REVIEWED with its bound. Each is run in a
process of its own against texts made from its own parts (a text that fits, each beginning of it,
each of its characters, thousands of times): four times the text may cost some four times the work,
not sixteen."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("ledger", "stores", "incentives", "app")
LENGTH = 800
CHEAP_SECONDS = 0.0004  # of processor time: too little to compare
HOPELESS_SECONDS = 0.1  # for so short a text: there is no need to try a longer one
SUSPECT = (4, 8.0)  # times the text, times the work: 4 is linear, 16 quadratic
PROVEN = (
    8,
    22.0,
)  # looked at once more where somebody else may have been at work: 8 is linear, 64 quadratic
MOST_BEGINNINGS, MOST_ONES = 14, 14
HARD_LIMIT_SECONDS = 240

AT_THE_START = {"fullmatch", "match"}  # methods that try one place alone
REVIEWED = {  # (file, call): what bounds the text
    (
        "app/ui/fault_words.py",
        "re.compile(_PLACE.sub('(?P<\\\\1>.+?)', re.escape(sentence)), re.S)",
    ): "LONGEST characters of a reason",
    (
        "stores/base/identifiers.py",
        """re.compile(f"{_BEFORE}(?:{'|'.join(parts)}){_AFTER}")""",
    ): "fixed words, digits with at most three signs between them",
    ("stores/base/identifiers.py", "re.compile(pattern)"): "the same in bytes",
    ("stores/base/possible_times.py", "re.sub(f'{name}[a-z]*', number, text)"): "40 characters",
    (
        "stores/geo/postal_forms.py",
        "re.fullmatch(form, entry.low)",
    ): "forms without repeats of unknown length",
    ("stores/geo/postal_forms.py", "re.fullmatch(form, text)"): "the same",
}
BOUNDED = {  # pattern: what bounds the text it reads
    r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>": "the rules of our own addresses",
}


def sources() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))] + [
        ROOT / "db.py",
        ROOT / "config.py",
    ]


def named_patterns(path: Path) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Those that stand in a module with their names, also those inside its tuples, lists and
    dicts."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    module = importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    waiting = list(vars(module).items())
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, re.Pattern):
            yield name, value
        elif isinstance(value, dict):
            waiting += [("", each) for each in value.values()]
        elif isinstance(value, tuple | list) and len(value) < 500:
            waiting += [("", each) for each in value]


def uses(path: Path) -> dict[str, set[str]]:
    """What is done with each name of a file: the methods called of it, `?` where it is handed
    on."""
    found: dict[str, set[str]] = {}
    called = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, set()).add(node.attr)
            called.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in called:
            found.setdefault(node.id, set()).add("?")
    return found


def calls(path: Path) -> Iterator[tuple[ast.Call, bool]]:
    """Calls of `re` that take a pattern, and whether they stand in a module's own body."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for each in ast.walk(tree)
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(each)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr not in ("escape", "purge")
        ):
            yield node, id(node) not in inside


@dataclass(frozen=True)
class Found:
    """`anywhere`: it is searched for, so each place of the text may be a beginning."""

    file: str
    anywhere: bool


@cache
def collected() -> tuple[dict[tuple[Any, int], Found], list[str]]:
    """(pattern, flags) -> where and how it is used, and the calls that nobody reviewed."""
    found: dict[tuple[Any, int], Found] = {}
    strangers = []

    def add(pattern: Any, flags: int, name: str, anywhere: bool) -> None:
        before = found.get((pattern, flags))
        found[pattern, flags] = Found(name, anywhere or before is not None and before.anywhere)

    for path in sources():
        name, used = str(path.relative_to(ROOT)), uses(path)
        for variable, each in named_patterns(path):
            add(
                each.pattern,
                each.flags,
                name,
                not used.get(variable, {"?"}) <= AT_THE_START | {"pattern"},
            )
        for call, at_module in calls(path):
            method, first = call.func.attr, call.args[0]  # type: ignore[attr-defined]
            if at_module and method == "compile":
                continue  # an object of the module
            if isinstance(first, ast.Constant) and not (method == "compile" and len(call.args) > 1):
                add(first.value, re.compile(first.value).flags, name, method not in AT_THE_START)
            elif (name, ast.unparse(call)) not in REVIEWED:
                strangers.append(f"{name}:{call.lineno}: {ast.unparse(call)}")
    return found, strangers


# -- texts that are hard for a pattern -------------------------------------------------------------


def fitting(pattern: str | bytes, flags: int) -> str:
    """A text that the pattern takes, more or less: each part once, of a choice the first."""
    parser = re._parser if hasattr(re, "_parser") else None  # type: ignore[attr-defined]
    assert parser is not None
    return "".join(_one(parser.parse(pattern, flags)))


def _one(parsed: Any) -> Iterator[str]:
    for kind, value in parsed:
        word = str(kind)
        if word == "LITERAL":
            yield chr(value)
        elif word == "IN":
            yield _member(value)
        elif word in ("ANY", "NOT_LITERAL"):
            yield "a"
        elif word in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            for _ in range(max(1, min(value[0], 8))):
                yield from _one(value[2])
        elif word == "SUBPATTERN":
            yield from _one(value[3])
        elif word == "BRANCH":
            yield from _one(value[1][0])
        elif word == "ATOMIC_GROUP":
            yield from _one(value)


CATEGORIES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_SPACE": " ",
    "CATEGORY_WORD": "a",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_NOT_SPACE": "a",
    "CATEGORY_NOT_WORD": "-",
}


def _member(members: Any) -> str:
    if str(members[0][0]) == "NEGATE":
        taken = {chr(value) for kind, value in members[1:] if str(kind) == "LITERAL"}
        return next(each for each in "a1 -<" if each not in taken)
    kind, value = members[0]
    return (
        chr(value)
        if str(kind) == "LITERAL"
        else chr(value[0])
        if str(kind) == "RANGE"
        else CATEGORIES[str(value)]
    )


def members_of(parsed: Any) -> set[str]:
    """One of each kind that classes of the pattern hold, also deep inside."""
    found: set[str] = set()
    for kind, value in parsed:
        word = str(kind)
        if word == "IN":
            for inner, each in value:
                if str(inner) == "LITERAL":
                    found.add(chr(each))
                elif str(inner) == "RANGE":
                    found.add(chr(each[0]))
                elif str(inner) == "CATEGORY":
                    found.add(CATEGORIES[str(each)])
        elif word in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            found |= members_of(value[2])
        elif word == "SUBPATTERN":
            found |= members_of(value[3])
        elif word == "BRANCH":
            for branch in value[1]:
                found |= members_of(branch)
        elif word == "ATOMIC_GROUP":
            found |= members_of(value)
        elif word in ("ASSERT", "ASSERT_NOT"):
            found |= members_of(value[1])
    return found


def hard_texts(pattern: str | bytes, flags: int) -> Iterator[tuple[str, str]]:
    """(beginning, what is repeated after it); the end that fits nothing is put behind by who runs
    them."""
    sample = fitting(pattern, flags)[:40]
    ones = sorted({*sample, *members_of(re._parser.parse(pattern, flags))})  # type: ignore[attr-defined]
    ones = ones[:: -(-len(ones) // MOST_ONES) or 1]
    step = -(-len(sample) // MOST_BEGINNINGS) or 1
    beginnings = sorted({sample, *(sample[:n] for n in range(0, len(sample) + 1, step))}, key=len)
    for beginning in beginnings:
        for one in ones:
            yield beginning, one
    for again in beginnings[1:]:
        yield "", again


def seconds(
    pattern: re.Pattern[Any], anywhere: bool, beginning: str, again: str, length: int
) -> float:
    text: Any = beginning + again * (length // len(again)) + "\x00"
    if isinstance(pattern.pattern, bytes):
        text = text.encode("utf-8", "replace")
    best = 9e9
    for _ in range(2):
        began = time.process_time()
        pattern.fullmatch(text)
        for _match in pattern.finditer(text) if anywhere else ():
            pass
        best = min(best, time.process_time() - began)
        if best < CHEAP_SECONDS or best > 0.5:
            break
    return best


def steep(pattern: str | bytes, flags: int, anywhere: bool = True) -> str:
    """The text whose cost grows too fast; empty when none does."""
    compiled = re.compile(pattern, flags & ~re.UNICODE if isinstance(pattern, bytes) else flags)
    for beginning, again in hard_texts(pattern, flags):
        if all(
            _grows(compiled, anywhere, beginning, again, *how) for how in (SUSPECT, PROVEN, PROVEN)
        ):
            return f"{beginning!r} + {again!r} * n"
    return ""


def _grows(
    pattern: re.Pattern[Any], anywhere: bool, beginning: str, again: str, times: int, most: float
) -> bool:
    small = seconds(pattern, anywhere, beginning, again, LENGTH)
    if small > HOPELESS_SECONDS:
        return True
    large = seconds(pattern, anywhere, beginning, again, times * LENGTH)
    return large > CHEAP_SECONDS and large > most * max(small, 1e-5)


def main() -> None:
    for line in sys.stdin:
        file, text, is_bytes, flags, anywhere = json.loads(line)
        pattern: Any = text.encode("latin-1") if is_bytes else text
        print(json.dumps([file, text, steep(pattern, flags, anywhere)]), flush=True)


# -- the tests -------------------------------------------------------------------------------------


def test_every_pattern_is_a_constant_an_object_of_its_module_or_reviewed():
    found, strangers = collected()
    assert strangers == []
    assert len(found) > 60
    in_source = {
        (name, ast.unparse(call))
        for path in sources()
        for name in [str(path.relative_to(ROOT))]
        for call, _ in calls(path)
    }
    assert set(REVIEWED) <= in_source
    assert set(BOUNDED) <= {pattern for pattern, _ in found}


@pytest.mark.timeout(HARD_LIMIT_SECONDS + 60)
def test_no_pattern_costs_more_than_in_proportion_to_its_text():
    found, _ = collected()
    asked = [
        json.dumps(
            [
                where.file,
                p.decode("latin-1") if isinstance(p, bytes) else p,
                isinstance(p, bytes),
                flags,
                where.anywhere,
            ]
        )
        for (p, flags), where in found.items()
        if p not in BOUNDED
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tests.house.test_patterns"],
        input="\n".join(asked),
        text=True,
        capture_output=True,
        cwd=ROOT,
        timeout=HARD_LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(asked)
    assert [each for each in told if each[2]] == []


@pytest.mark.parametrize("pattern", [r"[0-9]+,x", r"\w+:id"])
def test_what_this_test_is_for_is_found(pattern: str):
    assert steep(pattern, re.compile(pattern).flags)


@pytest.mark.parametrize(
    "pattern", [r"[0-9]{1,3}(?:\.[0-9]+)?", r"(?<![\w:])(\w++)=\"([^\"]*+)\"", r"\s+"]
)
def test_what_is_linear_is_left_alone(pattern: str):
    assert steep(pattern, re.compile(pattern).flags) == ""


if __name__ == "__main__":
    main()
