"""What a dealer's stories do at the browser: going, reading, never another's names."""

from __future__ import annotations

import re

from tests.app.pages.browser import Reader

ANOTHERS = {
    "S2",
    "G2",
    "Gus",
    "D2",
    "Olga",
    "O-2",
    "O-F",
    "wx-gus-004",
}  # what Omar must never read


def goes(reader: Reader, words: str) -> str:
    """By the navigation to a page; what it says."""
    reader.page.click(f".side nav >> text={words}")
    return says(reader)


def says(reader: Reader) -> str:
    return str(reader.page.locator("main").inner_text())


def foot(reader: Reader) -> list[str]:
    return [str(each) for each in reader.page.locator("tfoot td").all_inner_texts()]


def nothing_of_others(reader: Reader) -> None:
    """Neither in what is read nor in an address or title behind it."""
    found = ANOTHERS & set(re.findall(r"[\w-]+", reader.page.locator("main").inner_html()))
    assert not found, f"{reader.page.url}: {found}"


def not_there(reader: Reader, *paths: str) -> None:
    for path in paths:
        answer = reader.page.goto(path)
        assert answer is not None and answer.status == 404, path
        assert not ANOTHERS & set(
            re.findall(r"[\w-]+", reader.page.locator("main").inner_text())
        ), path
    reader.faults = [
        fault for fault in reader.faults if "404" not in fault
    ]  # the console says it too


def minor(text: str) -> int:
    """¥1,234.50 or −¥1.40 in minor units."""
    return int(re.sub(r"[^0-9]", "", text)) * (-1 if "\N{MINUS SIGN}" in text else 1)
