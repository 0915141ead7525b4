"""Headings as people write them: which column of ours one of theirs likely is, and a file read by
pairs of theirs and ours.

The words stand in `stores/data/headings.toml`. Nothing is guessed silently: a likely column is a
question, somebody answers it with a HeadingMap."""

from __future__ import annotations

import difflib
import hashlib
import math
import re
import shlex
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ledger.faults import FieldFault

_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
REST = "*"
WORDS = Path(__file__).resolve().parent.parent / "data" / "headings.toml"
JOIN = " + "  # "Date + Time": several of their columns, joined by a space, make one of ours
TIMES = " * "  # "Lineitem price * Lineitem quantity": numbers multiplied, exactly
NEAR = 0.75
LONGEST = 80


@dataclass(frozen=True, slots=True)
class HeadingMap:
    """`pairs`: theirs -> ours, "" leaves a column out; "*" -> "" leaves out all that is not ours.
    `fixed`: ours -> the value of every row, for what the file does not hold."""

    pairs: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.pairs or self.fixed)

    @property
    def theirs(self) -> set[str]:
        """Every heading that is named, also the parts of joined ones."""
        return {part for name in self.pairs for part in (name, *_parts(name))}

    def as_json(self) -> dict[str, dict[str, str]]:
        return {"pairs": dict(self.pairs), "fixed": dict(self.fixed)}

    @classmethod
    def of_json(cls, body: Mapping[str, Any] | None) -> HeadingMap:
        return cls(dict(body["pairs"]), dict(body["fixed"])) if body else cls()


PLAIN = HeadingMap()


@dataclass(frozen=True, slots=True)
class Layout:
    """How a row of their cells becomes one of ours: for each column of ours the places of its
    cells, of `products` multiplied; `fixed` is the same in every row."""

    places: Mapping[str, tuple[int, ...]]
    fixed: Mapping[str, str]
    plain: bool  # their columns are ours, in their order
    products: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.places, *self.fixed)

    def row(self, cells: Sequence[str]) -> dict[str, str]:
        if self.plain:
            return dict(zip(self.places, cells, strict=False))
        ours = {
            name: cells[where[0]]
            if len(where) == 1
            else self._joined(name, [cells[place] for place in where if cells[place]])
            for name, where in self.places.items()
        }
        return ours | dict(self.fixed)

    def _joined(self, name: str, parts: list[str]) -> str:
        """What is no number stays as it is written, so that the check names it."""
        if (
            name not in self.products
            or not all(_NUMBER.fullmatch(part) for part in parts)
            or len(parts) < 2
        ):
            return (TIMES if name in self.products else " ").join(parts)
        return format(math.prod(map(Decimal, parts), start=Decimal(1)), "f")


def _parts(theirs: str) -> list[str]:
    return theirs.split(TIMES if TIMES in theirs else JOIN)


def named(header: Sequence[str]) -> list[str]:
    """The headings; those without a name are called by their place."""
    return [name or f"column {place}" for place, name in enumerate(header, 1)]


@dataclass(slots=True)
class _Found:
    """What the columns of a file are, as far as it is known: `sources` ours -> theirs, `places` of
    the cells of ours, headings of which the given map speaks, ours that are multiplied."""

    sources: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, tuple[int, ...]] = field(default_factory=dict)
    spoken: set[str] = field(default_factory=set)
    products: set[str] = field(default_factory=set)
    faults: list[FieldFault] = field(default_factory=list)


def layout(
    kind: str,
    header: Sequence[str],
    known: Sequence[str],
    required: Sequence[str],
    given: HeadingMap,
) -> tuple[Layout, list[FieldFault]]:
    """`header` is what the file says, `known` our columns. All that is wrong: unknown, repeated,
    nameless and missing columns, pairs that name no column, two columns that would become one."""
    names, found = named(header), _Found()
    _read_pairs(names, known, given, found)
    _read_names(kind, header, names, known, given, found)
    faults, sources, places = found.faults, found.sources, found.places
    for ours in given.fixed:
        if ours not in known:
            faults.append(
                FieldFault(ours[:LONGEST], "cannot be set: this import has no such column")
            )
        sources.setdefault(ours, []).append("the value that is set")
    faults += [
        FieldFault(ours, "would come from two columns: " + " and ".join(several)[:400])
        for ours, several in sources.items()
        if len(several) > 1
    ]
    faults += [
        FieldFault(name, "this column is required and missing")
        for name in known
        if name in required and name not in sources
    ]
    return Layout(
        places, dict(given.fixed), not given and list(places) == names, frozenset(found.products)
    ), faults


def _read_pairs(
    names: Sequence[str], known: Sequence[str], given: HeadingMap, found: _Found
) -> None:
    """The columns of which the given map speaks."""
    for theirs, ours in given.pairs.items():
        if theirs == REST and REST not in names:
            if ours:
                found.faults.append(
                    FieldFault(REST, "stands for all other columns; they can only be left out")
                )
            found.spoken.update(name for name in names if name not in known)
            continue
        parts = [theirs] if theirs in names else _parts(theirs)
        found.spoken.update(parts)
        missing = [part for part in parts if part not in names]
        found.faults += [
            FieldFault(
                part[:LONGEST], "stands in no column of this file; it has " + ", ".join(names)[:400]
            )
            for part in missing
        ]
        if ours and ours not in known:
            found.faults.append(
                FieldFault(
                    theirs[:LONGEST],
                    f"cannot become {ours[:LONGEST]}: this import has no such column",
                )
            )
        elif ours and not missing:
            found.faults += [
                FieldFault(part[:LONGEST], "this column stands in the header twice")
                for part in parts
                if names.count(part) > 1
            ]
            found.sources.setdefault(ours, []).append(theirs)
            found.places[ours] = tuple(names.index(part) for part in parts)
            found.products |= {ours} if len(parts) > 1 and TIMES in theirs else set()


def _read_names(
    kind: str,
    header: Sequence[str],
    names: Sequence[str],
    known: Sequence[str],
    given: HeadingMap,
    found: _Found,
) -> None:
    """The columns of which the given map does not speak: they are called as ours."""
    free = [
        name
        for name in known
        if name not in names and name not in found.sources and name not in given.fixed
    ]
    likely = likely_columns(
        kind, [name for name in names if name not in known and name not in found.spoken], free
    )
    for place, name in enumerate(names):
        if name in found.spoken:
            continue
        if not header[place]:
            found.faults.append(FieldFault(name, "this column has no name"))
        elif name not in known:
            found.faults.append(
                FieldFault(name[:LONGEST], "unknown column" + question(name, likely.get(name)))
            )
        elif name in names[:place]:
            found.faults.append(FieldFault(name, "this column stands in the header twice"))
        else:
            found.sources.setdefault(name, []).append(name)
            found.places[name] = (place,)


def question(name: str, ours: str | None) -> str:
    """What is asked of an unknown heading, and how the command line answers it."""
    return f"; do you mean {ours}? --map {shlex.quote(f'{name[:LONGEST]}={ours}')}" if ours else ""


# -- what a heading likely is ----------------------------------------------------------------------


def folded(heading: str) -> str:
    """Without case, width, spaces and punctuation: `Store Code`, `store_code` and `ＳＴＯＲＥ－ＣＯＤＥ` are
    one."""
    text = unicodedata.normalize("NFKC", heading[: LONGEST * 2]).casefold()
    return "".join(letter for letter in text if letter.isalnum())


def likely_columns(kind: str, headings: Sequence[str], free: Sequence[str]) -> dict[str, str]:
    """Their headings -> our columns of `free`, each column of ours once: our own names first, then
    known words in the order in which people mean them, then misspellings. Headings that are nothing
    we know are absent."""
    words, found, left = _words(kind), dict[str, str](), list(free)
    known = [
        (min(of.values()), place, of)
        for place, name in enumerate(headings)
        if (of := words.get(folded(name)))
    ]
    for _, place, of in sorted(known, key=lambda each: each[:2]):
        name = headings[place]
        options = [column for column in sorted(of, key=lambda column: of[column]) if column in left]
        if options and name not in found:
            found[name] = options[0]
            left.remove(options[0])
    for name in headings:
        if name not in found and (
            near := difflib.get_close_matches(name[:LONGEST].casefold(), left, n=1, cutoff=NEAR)
        ):
            found[name] = near[0]
            left.remove(near[0])
    return found


def meant(kind: str, headings: Sequence[str], known: set[str]) -> int:
    """How many of these headings are words for one of the known columns."""
    words = _words(kind)
    return sum(not known.isdisjoint(words.get(folded(name), ())) for name in headings)


@cache
def _data() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


@cache
def _words(kind: str) -> dict[str, dict[str, int]]:
    """Folded heading -> {our column: rank}: 0 our own name, then the kind's words, then those of
    every kind, each in the order of the file."""
    own, every = _data().get(kind, {}), _data()["any"]
    found: dict[str, dict[str, int]] = {}
    for column in (*own, *every):
        found.setdefault(folded(column), {})[column] = 0
    for base, several in ((1, own), (1_000, every)):
        for column, words in several.items():
            for rank, word in enumerate(words, base):
                found.setdefault(folded(word), {}).setdefault(column, rank)
    return found


def digest(headings: Sequence[str]) -> str:
    """One text for the same headings in any order."""
    return hashlib.sha256("\n".join(sorted(headings)).encode("utf-8", "replace")).hexdigest()
