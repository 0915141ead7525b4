"""The step between an upload and its check: which column of the file is which of ours, asked once
and kept for the next file like it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Table, select

from ledger import schema
from ledger.faults import FieldFault
from ledger.upsert import insert_or_update
from stores.imports import headings
from stores.imports.area_file import PROPERTIES, REQUIRED, read_properties
from stores.imports.columns import COLUMNS
from stores.imports.headings import HeadingMap
from stores.imports.sheets import read_top

SAMPLE_LENGTH = 60
MOST = 200  # headings a page asks for

import_headings = Table(
    "import_headings",
    schema.metadata,
    Column("kind", schema.Code(16), primary_key=True),
    Column("digest", schema.Code(64), primary_key=True),  # of the headings, in any order
    Column("body", schema.Json, nullable=False),
    Column("saved_at", schema.Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Heading:
    """`theirs` with some of its values; `ours` is what was answered or what it likely is, "" when
    nothing."""

    theirs: str
    samples: tuple[str, ...]
    ours: str


def known_columns(kind: str) -> list[tuple[str, bool]]:
    """(our column, required) in our order."""
    if kind == "areas":
        return [(name, name in REQUIRED) for name in PROPERTIES]
    return [(column.name, column.required) for column in COLUMNS[kind]]


def top_of(kind: str, path: Path) -> list[dict[str, Any]] | None:
    """The headings of a file that somebody has to match, each with values; None when all of them
    are ours or it hardly is a table. Raises InvalidInput when it is none at all."""
    found = read_properties(path) if kind == "areas" else read_top(path, COLUMNS[kind], kind)
    known = known_columns(kind)
    names = [name for name, _ in found]
    if (
        all(name.isprintable() for name in names)
        and 2 <= len(names) <= MOST
        and not (
            len(names) == len(set(names))
            and set(names) <= {name for name, _ in known}
            and {name for name, must in known if must} <= set(names)
        )
    ):
        return [
            {"name": name, "samples": [_short(sample) for sample in samples]}
            for name, samples in found
        ]
    return None


def _short(text: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown if len(shown) <= SAMPLE_LENGTH else shown[: SAMPLE_LENGTH - 1] + "…"


def offered(kind: str, top: Sequence[Mapping[str, Any]], answered: HeadingMap) -> list[Heading]:
    """Each heading once, with what was answered; without an answer what it likely is."""
    known = [name for name, _ in known_columns(kind)]
    samples: dict[str, tuple[str, ...]] = {}
    for each in top:
        samples.setdefault(each["name"], tuple(each["samples"]))
    own = [name for name in samples if name in known]
    likely = headings.likely_columns(
        kind,
        [name for name in samples if name not in own],
        [name for name in known if name not in own],
    )
    return [
        Heading(
            name,
            values,
            answered.pairs.get(name, name if name in own else likely.get(name, ""))
            if answered or name in likely or name in own
            else "",
        )
        for name, values in samples.items()
    ]


def faults_of(kind: str, top: Sequence[Mapping[str, Any]], given: HeadingMap) -> list[FieldFault]:
    """What is wrong with an answer."""
    known = known_columns(kind)
    return headings.layout(
        kind,
        [each["name"] for each in top],
        [name for name, _ in known],
        [name for name, must in known if must],
        given,
    )[1]


def keep(
    connection: Connection, kind: str, names: Sequence[str], given: HeadingMap, now: dt.datetime
) -> None:
    """For the next file of the kind with the same headings."""
    row = {"kind": kind, "digest": headings.digest(names), "body": given.as_json(), "saved_at": now}
    insert_or_update(connection, import_headings, [row], ("kind", "digest"))


def kept(connection: Connection, kind: str, names: Sequence[str]) -> HeadingMap:
    """What was answered for a file of the kind with the same headings; PLAIN when nothing was."""
    h = import_headings.c
    body = connection.execute(
        select(h.body).where(h.kind == kind, h.digest == headings.digest(names))
    ).scalar()
    return HeadingMap.of_json(body)
