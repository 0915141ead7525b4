"""What the README claims, as far as a command can hold it: commands, settings, links, and the
numbers of what ships."""

from __future__ import annotations

import csv
import gzip
import re

import click
import pytest

from app.cli import COMMANDS, Commands
from stores.network.policy import RUNGS
from tests.house.test_arrows import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def test_each_command_of_the_table_is_there_and_none_is_missing():
    told = {
        words
        for row in re.findall(
            r"^\| `flask ([^`]+)`(?:, `flask ([^`]+)`)?", section("Command line"), re.M
        )
        for words in row
        if words
    }
    told |= set(re.findall(r"`flask ([a-z][^`]*)`", section("Command line")))
    names = {words.split()[0] for words in told if words != "COMMAND --help"}
    assert names <= set(COMMANDS), names - set(COMMANDS)
    assert set(COMMANDS) - names <= {"serve"}, "`make run` starts it"


def test_each_step_of_a_command_is_there():
    for name, steps in re.findall(
        r"`flask ([a-z-]+) ((?:[a-z-]+\\\|)+[a-z-]+)", section("Command line")
    ):
        found = Commands().get_command(click.Context(click.Command("flask")), name)
        assert isinstance(found, click.Group), name
        assert set(steps.split("\\|")) <= set(found.commands), name


def test_the_settings_are_those_that_are_read():
    told = set(
        re.findall(
            r"`([A-Z][A-Z_]+)`(?=[^|]*\|)",
            "\n".join(
                row.split("|")[1] + "|"
                for row in section("Settings").splitlines()
                if row.startswith("| `")
            ),
        )
    )
    read = set(
        re.findall(
            r"(?:env\.get\(|_(?:number|flag|whole)\(env, |\(env, )\"([A-Z_]+)\"",
            (ROOT / "config.py").read_text(encoding="utf-8"),
        )
    )
    listed = set(
        re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.M)
    )
    assert told == listed
    assert read <= told, read - told


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(((?!https?:)[^)#]+)", README))))
def test_every_link_leads_to_a_file(target):
    assert (ROOT / target).exists()


def test_the_numbers_are_those_of_what_ships():
    with open(ROOT / "examples/us/stores.csv", encoding="utf-8") as file:
        stores = len(list(csv.reader(file))) - 1
    with gzip.open(ROOT / "stores/data/world_cities.csv.gz", "rt", encoding="utf-8") as file:
        places = sum(1 for _ in file) - 1
    assert f"{stores:,} real stores" in README or f"{stores:,} stores" in README
    assert f"{places:,} places of the world" in README
    assert f"{len(RUNGS)} rules" in README
