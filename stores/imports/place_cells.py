"""Cells that say where somebody is or how to reach him: country, region, postal code, phone."""

from __future__ import annotations

import re
from typing import Any

from stores.base.calling_codes import plain
from stores.base.countries import country_code, is_country
from stores.geo.postal_codes import UnknownPostalCode, listed
from stores.imports.cells import SHORTENED, BadCell, Context, Mended


def country(text: str, context: Context) -> Any:
    """Its two letters; names in the world's larger languages and codes of three letters are
    understood."""
    if is_country(text):
        return text
    if len(text) > 80 or (code := country_code(text)) is None:
        raise BadCell(
            "is no country; write its name or the ISO 3166 code of two letters, such as CN"
        )
    return Mended(code, "named_country")


def region(text: str, context: Context) -> Any:
    if re.fullmatch(r"[0-9]{6}\.0+", text):
        return Mended(text[:6], "spreadsheet_marks")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,15}", text):
        raise BadCell("is no region code; use letters, digits, dot, hyphen, at most 16")
    return text


def postal_code(text: str, context: Context) -> str:
    """One entry of an area's list, in the form in which it is stored and met: a code, a range or a
    beginning."""
    try:
        return str(listed(text))
    except UnknownPostalCode as reason:
        raise BadCell(str(reason)) from None


def phone(text: str, context: Context) -> str:
    if SHORTENED.fullmatch(text):
        raise BadCell(
            "was shortened by a spreadsheet, its digits are lost; format the column as text and "
            "enter the codes again"
        )
    if (digits := plain(text)) is None or len(digits.lstrip("+")) > 17:
        raise BadCell(
            "is no phone number; write 5 to 15 digits, optionally with + and country code"
        )
    return digits
