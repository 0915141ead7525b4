"""How a file was understood, in a few lines that a person reads in ten seconds: on the page of the
import, and on stderr of `flask import`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stores.imports.sayings import SAYINGS

Say = Callable[..., str]  # (text, **parameters): the text in the reader's language
ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030", "cp1252": "Windows-1252"}


def english(text: str, **parameters: Any) -> str:
    return text % parameters if parameters else text


def lines(told: Mapping[str, Any] | None, _: Say = english) -> list[str]:
    """`told`: Understood.as_data(), None for what was not read from a file."""
    if not told:
        return []
    found = [
        _how(told, _)
        + " · "
        + _("%(n)s rows, %(m)s columns", n=f"{told['rows']:,}", m=len(told["columns"]))
        if told["columns"]
        else _how(told, _) + " · " + _("%(n)s features", n=f"{told['rows']:,}")
    ]
    if told["passed_over"]:
        found.append(_("Columns passed over: %(names)s", names=", ".join(told["passed_over"])))
    found += [
        _("Dates of %(column)s: %(form)s", column=column, form=_dates(form, _))
        for column, form in told["dates"].items()
    ]
    return found + [_mended(each, _) for each in told["mended"] if each["code"] in SAYINGS]


def _mended(each: Mapping[str, Any], _: Say) -> str:
    what, column, count = SAYINGS[each["code"]].words, each["column"] or "–", f"{each['count']:,}"
    return _(
        "%(column)s, %(n)s values: %(what)s (first in line %(line)s)",
        column=column,
        n=count,
        what=_(what),
        line=each["line"],
    )


def _dates(form: str, _: Say) -> str:
    return {
        "ymd": _("year, month, day, as in 2025/3/1"),
        "dmy": _("day, month, year, as in 25/3/2025"),
        "mdy": _("month, day, year, as in 3/25/2025"),
        "number": _("numbers of days, as spreadsheets count them"),
        "both": _("day first and month first, mixed"),
    }.get(form, form)


def _how(told: Mapping[str, Any], _: Say) -> str:
    encoding = ENCODINGS.get(told["encoding"], told["encoding"])
    if told["form"] == "xlsx":
        return _("Workbook, sheet %(name)s", name=told["sheet"]) if told["sheet"] else _("Workbook")
    if told["form"] == "geojson":
        return _("GeoJSON in %(encoding)s", encoding=encoding)
    return _(
        "CSV in %(encoding)s, separated by %(mark)s",
        encoding=encoding,
        mark=_separator(told["separator"], _),
    )


def _separator(mark: str, _: Say) -> str:
    return {",": _("commas"), ";": _("semicolons"), "\t": _("tabs")}.get(mark, mark)
