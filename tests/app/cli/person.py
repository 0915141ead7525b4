"""Somebody at the command line with the files that people bring."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

import db
from app.cli.importing import imports
from stores.facts.orders import sales_order
from stores.network import network as networks

FILES = Path(__file__).parents[2] / "stores" / "imports" / "realfiles"


class Person:
    """Somebody at the command line with a folder of files."""

    def __init__(self, folder: Path) -> None:
        self.folder, app = folder, Flask("command line")
        app.cli.add_command(imports)
        self.runner = app.test_cli_runner()

    def brings(self, kind: str, name: str, *options: str) -> Any:
        """A file of the folder of real files, or one that was written before."""
        if (FILES / name).exists():
            shutil.copyfile(FILES / name, self.folder / name)
        networks.forget()
        return self.runner.invoke(args=["import", kind, str(self.folder / name), *options])

    def writes(self, name: str, content: str | bytes) -> str:
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    def found(self, name: str, which: str) -> list[dict[str, str]]:
        """Rows of the file of errors or warnings beside it; none when there is no such file."""
        path = self.folder / f"{name}.{which}.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8-sig", newline="") as text:
            return list(csv.DictReader(text))


def last(done: Any) -> str:
    return str(done.stdout.strip().splitlines()[-1])


def totals(table: Any = sales_order, number: str = "order_no") -> dict[str, int]:
    """What is stored, by number, in minor units."""
    with db.read() as connection:
        return {
            row[0]: row[1]
            for row in connection.execute(select(table.c[number], table.c.total_minor))
        }
