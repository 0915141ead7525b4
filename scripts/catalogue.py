"""Keep app/translations in step with the code: `python scripts/catalogue.py AREA` adds new texts to
AREA.po and drops dead ones everywhere.

The Chinese catalogue is one folder of .po files, a file for each area of the product; a text stands
in one of them. A translator then fills the empty `msgstr`s; a test refuses a text without one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "app" / "translations" / "zh_Hans_CN" / "LC_MESSAGES"
SAYINGS = ROOT / "stores" / "imports" / "sayings.py"  # what imports say, as data below the app
HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: zh_Hans_CN\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")]
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}


def messages() -> Iterator[tuple[str, int, str | tuple[str, ...], str | None]]:
    """Every text of app/ that a reader may see: (file, line, message id, context)."""
    options = {"templates/**.html": {"extensions": "jinja2.ext.i18n"}}
    for name, line, message, _comments, context in extract_from_dir(
        str(ROOT / "app"), METHODS, options, KEYWORDS
    ):
        yield name, line, message, context
    for line, message, _comments, context in extract_from_file(
        "python", str(SAYINGS), keywords=KEYWORDS
    ):
        yield SAYINGS.name, line, message, context


def catalogues() -> dict[Path, Catalog]:
    """Every .po file, by its path."""
    found = {}
    for path in sorted(FOLDER.glob("*.po")):
        with path.open("rb") as text:
            found[path] = read_po(text, locale="zh_Hans_CN")
    return found


def write(path: Path, kept: Catalog) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        out.write(HEADER.encode())  # without dates and names: they only make merges collide
        write_po(out, kept, width=140, sort_output=True, omit_header=True, no_location=True)


def main(area: str) -> None:
    template = Catalog(locale="zh_Hans_CN")
    for name, line, message, context in messages():
        template.add(message, locations=[(name, line)], context=context)
    known, target = catalogues(), FOLDER / f"{area}.po"
    known.setdefault(target, Catalog(locale="zh_Hans_CN"))
    seen: set[tuple[object, object]] = set()
    for path, held in known.items():
        kept = Catalog(locale="zh_Hans_CN")
        for message in held:
            key = (message.id, message.context)
            if (
                message.id
                and key not in seen
                and template.get(message.id, message.context) is not None
            ):
                kept.add(message.id, message.string, flags=message.flags, context=message.context)
                seen.add(key)
        known[path] = kept
    for message in template:
        if message.id and (message.id, message.context) not in seen:
            known[target].add(message.id, flags=message.flags, context=message.context)
    for path, kept in known.items():
        write(path, kept)
    missing = [
        f"{path.name}: {message.id}"
        for path, kept in known.items()
        for message in kept
        if message.id and not (message.string and all(message.string))
    ]
    print(
        f"{sum(len(kept) for kept in known.values())} texts, {len(missing)} without Chinese",
        *missing,
        sep="\n  ",
    )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "messages")
