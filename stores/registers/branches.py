"""The register of branches: a tree without cycles, each with its path from the root."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, select

from ledger.bulk import allocate, insert_rows, update_rows
from stores.base.actors import Actor
from stores.imports.cells import CLEAR
from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome
from stores.network.branches import DEEPEST, branch
from stores.network.found_by import folded_of
from stores.registers.saving import Plan, complete, save

Node = tuple[str, str | None]  # name, parent_code


def apply(
    rows: Sequence[Row],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    accept: bool = True,
) -> Outcome:
    """Upsert by branch_code. A parent may stand later in the file. Raises Refused: unknown parent,
    cycle."""
    return save("branches", plan, rows, actor=actor, now=now, dry_run=dry_run, accept=accept)


def plan(connection: Connection, rows: Sequence[Row], now: dt.datetime) -> Plan:
    """The whole tree is read: branches are few."""
    stored = {row.branch_code: row for row in connection.execute(select(branch))}
    code_of = {row.id: code for code, row in stored.items()}
    before: dict[str, Node] = {
        code: (row.name, code_of.get(row.parent_id)) for code, row in stored.items()
    }
    after, faults = dict(before), FaultList()
    for row in rows:
        code = row.values["branch_code"]
        name, parent = after.get(code, ("", None))
        given = row.values.get("parent_code", parent)
        after[code] = (row.values.get("name", name), None if given is CLEAR else given)
    for row in rows:
        if row.values["branch_code"] not in before:
            complete(row, ("name",), "branch", faults)
    _check_parents(rows, after, faults)
    touched = [
        row.values["branch_code"]
        for row in rows
        if after[row.values["branch_code"]] != before.get(row.values["branch_code"])
    ]
    new = [code for code in touched if code not in before]

    def write(connection: Connection, version: int) -> None:
        _write(
            connection,
            after,
            {code: row.id for code, row in stored.items()},
            {code: row.path for code, row in stored.items()},
            new,
            touched,
        )

    return Plan(Outcome(len(new), len(touched) - len(new), len(rows) - len(touched)), faults, write)


def _check_parents(rows: Sequence[Row], tree: dict[str, Node], faults: FaultList) -> None:
    levels = _levels(tree)
    deep = _stand_above(
        rows,
        tree,
        {code for code, level in levels.items() if level is not None and level > DEEPEST},
    )
    for row in rows:
        code = row.values["branch_code"]
        parent = tree[code][1]
        if parent is not None and parent not in tree:
            faults.add(
                row.line, "parent_code", parent, "is no branch, neither stored nor in this file"
            )
        elif levels[code] is None:
            faults.add(
                row.line,
                "parent_code",
                parent or "",
                "makes a circle: a branch would stand above itself",
            )
        elif code in deep:
            faults.add(
                row.line,
                "parent_code",
                parent or "",
                f"makes the tree deeper than {DEEPEST} levels",
            )


def _levels(tree: dict[str, Node]) -> dict[str, int | None]:
    """How deep each branch stands, a root at 1; None on or under a circle. Each branch is walked
    once: a file may be one long chain."""
    levels: dict[str, int | None] = {}
    for code in tree:
        way: dict[str, None] = {}
        at: str | None = code
        while at is not None and at in tree and at not in levels and at not in way:
            way[at] = None
            at = tree[at][1]
        level = None if at in way else 0 if at is None or at not in tree else levels[at]
        for each in reversed(way):
            level = None if level is None else level + 1
            levels[each] = level
    return levels


def _stand_above(rows: Sequence[Row], tree: dict[str, Node], deep: set[str]) -> set[str]:
    """The branches of the file that are too deep, or that bring what is stored under them too
    deep."""
    given, found, walked = {row.values["branch_code"] for row in rows}, set(), set()
    for code in deep:
        at: str | None = code
        while at is not None and at not in given and at not in walked:
            walked.add(at)
            at = tree[at][1]
        if at is not None and at in given:
            found.add(at)
    return found


def _write(
    connection: Connection,
    tree: dict[str, Node],
    ids: dict[str, int],
    paths: dict[str, str],
    new: list[str],
    touched: list[str],
) -> None:
    """Parents first, so that each row finds its parent; then the paths of moved subtrees."""
    ids |= dict(zip(new, allocate(connection, branch, len(new)), strict=True))
    after = {code: _path(code, tree, ids) for code in tree}
    rows = {
        code: {
            "branch_code": code,
            "name": name,
            "parent_id": ids[parent] if parent else None,
            "path": after[code],
            "id": ids[code],
            "folded": folded_of(code, name),
        }
        for code, (name, parent) in tree.items()
    }
    insert_rows(
        connection,
        branch,
        [rows[code] for code in sorted(new, key=lambda code: after[code].count("/"))],
    )
    moved = {code for code in paths if after[code] != paths[code]} | set(touched) - set(new)
    update_rows(connection, branch, [rows[code] for code in sorted(moved)])


def _path(code: str, tree: dict[str, Node], ids: dict[str, int]) -> str:
    steps: list[int] = []
    at: str | None = code
    while at is not None:
        steps.append(ids[at])
        at = tree[at][1]
    return "/" + "".join(f"{step}/" for step in reversed(steps))
