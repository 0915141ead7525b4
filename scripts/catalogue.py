"""Keep app/translations in step with the code: `python scripts/catalogue.py` adds new texts to the .po and drops dead ones.

A translator then fills the empty `msgstr`s; a test refuses a text without one.
"""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PO = ROOT / "app" / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: zh_Hans_CN\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}


def messages() -> Iterator[tuple[str, int, str | tuple[str, ...], str | None]]:
    """Every text of app/ that a reader may see: (file, line, message id, context)."""
    options = {"templates/**.html": {"extensions": "jinja2.ext.i18n"}}
    for name, line, message, _comments, context in extract_from_dir(str(ROOT / "app"), METHODS, options, KEYWORDS):
        yield name, line, message, context


def catalogue() -> Catalog:
    with PO.open("rb") as text:
        return read_po(text, locale="zh_Hans_CN")


def main() -> None:
    template = Catalog()
    for name, line, message, context in messages():
        template.add(message, locations=[(name, line)], context=context)
    known = catalogue() if PO.exists() else Catalog(locale="zh_Hans_CN")
    known.update(template, no_fuzzy_matching=True)
    known.obsolete.clear()
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as out:
        out.write(HEADER.encode())  # without dates and names: they only make merges collide
        write_po(out, known, width=140, sort_output=True, omit_header=True, no_location=True)
    missing = [message.id for message in known if message.id and not message.string]
    print(f"{len(known)} texts, {len(missing)} without Chinese", *missing, sep="\n  ")


if __name__ == "__main__":
    main()
