"""The shapes of whole postal codes, country by country, and whether a listed one can be of a
country (A12). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from stores.geo.postal_codes import Listed

_SIX, _FIVE, _FOUR, _SEVEN, _THREE = r"\d{6}", r"\d{5}", r"\d{4}", r"\d{7}", r"\d{3}"
FORMS: Mapping[
    str, str
] = {  # of whole codes in the normal form; a country that is not here is not judged
    **dict.fromkeys(
        (
            "CN",
            "IN",
            "RU",
            "SG",
            "KZ",
            "RO",
            "VN",
            "BY",
            "EC",
            "CO",
            "PA",
            "KG",
            "NG",
            "TJ",
            "UZ",
            "TM",
        ),
        _SIX,
    ),
    **dict.fromkeys(
        (
            "US",
            "DE",
            "FR",
            "IT",
            "ES",
            "MX",
            "TR",
            "TH",
            "MY",
            "ID",
            "KR",
            "FI",
            "GR",
            "HR",
            "UA",
            "CZ",
            "SK",
            "SE",
            "PK",
            "SA",
            "MA",
            "EG",
            "EE",
            "CU",
            "KE",
            "LK",
            "NP",
            "PE",
            "PR",
            "RS",
            "MC",
            "SM",
            "VA",
            "BA",
            "ME",
            "DZ",
            "KH",
            "LA",
            "LT",
            "MM",
            "MN",
            "UY",
            "JO",
            "KW",
        ),
        _FIVE,
    ),
    **dict.fromkeys(
        (
            "AT",
            "CH",
            "BE",
            "DK",
            "NO",
            "HU",
            "AU",
            "NZ",
            "ZA",
            "PH",
            "BG",
            "SI",
            "LU",
            "LV",
            "CY",
            "GE",
            "BD",
            "TN",
            "LI",
            "MK",
            "AM",
            "AL",
            "MD",
            "VE",
            "PY",
        ),
        _FOUR,
    ),
    **dict.fromkeys(("JP", "IL", "CL", "PT"), _SEVEN),
    "PL": _FIVE,
    "BR": r"\d{8}",
    "IR": r"\d{10}",
    "TW": r"\d{3}(?:\d{2,3})?",
    "IS": _THREE,
    "GB": r"[A-Z]{1,2}\d[0-9A-Z]?\d[A-Z]{2}",
    "CA": r"[A-Z]\d[A-Z]\d[A-Z]\d",
    "NL": r"\d{4}[A-Z]{2}",
    "IE": r"[A-Z]\d[0-9W][0-9A-Z]{4}",
    "AR": r"(?:[A-Z]\d{4}[A-Z]{3}|\d{4})",
    "MT": r"[A-Z]{3}\d{4}",
    "AD": r"(?:AD)?\d{3}",
    "BN": r"[A-Z]{2}\d{4}",
    "BM": r"[A-Z]{2}[0-9A-Z]{2}",
}
_SHORTER = {
    "GB": r"[A-Z]{1,2}\d[0-9A-Z]?",
    "CA": r"[A-Z]\d[A-Z]",
    "IE": r"[A-Z]\d[0-9W]",
    "NL": _FOUR,
    "PT": _FOUR,
}  # districts stand for their codes


def fits(entry: Listed, country: str) -> bool:
    """Whether a code of that country may be held by the entry; True for a country whose form is not
    known."""
    if country not in FORMS:
        return True
    if entry.kind == "start":
        return _may_begin(entry.low, FORMS[country])
    return any(
        re.fullmatch(form, entry.low) is not None
        for form in (FORMS[country], _SHORTER.get(country, FORMS[country]))
    )


@lru_cache(4_000)
def _may_begin(start: str, form: str) -> bool:
    """Whether a code of the form may begin so: filled up with what may follow, at most five
    signs."""
    tried = {start}
    for _ in range(10):
        if any(re.fullmatch(form, text) for text in tried):
            return True
        tried = {text + sign for text in tried for sign in "1A"}
        if len(tried) > 1_100:
            return False
    return False
