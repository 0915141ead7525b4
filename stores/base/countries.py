"""Countries by what people call them: ISO 3166 codes of two and three letters, and names in the
world's larger languages. Pure."""

from __future__ import annotations

from functools import cache

from babel import Locale
from babel.core import get_global

from stores.base.folding import fold

_FIRST = ("en", "zh", "zh_Hant")
_THEN = (
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "da",
    "nb",
    "fi",
    "pl",
    "cs",
    "hu",
    "ro",
    "el",
    "tr",
    "ru",
    "uk",
    "ja",
    "ko",
    "ar",
    "he",
    "th",
    "vi",
    "id",
    "ms",
    "hi",
    "fa",
)
_NO_COUNTRIES = ("EU", "EZ", "UN", "ZZ", "XA", "XB", "QO", "AC", "CP", "CQ", "DG", "EA", "IC", "TA")
_ALSO = {  # short and former names, and parts that stand for the whole
    "US": ("usa", "u.s.", "u.s.a.", "united states of america", "美利坚合众国"),
    "GB": ("uk", "u.k.", "great britain", "britain", "england", "scotland", "wales", "英格兰"),
    "CN": (
        "prc",
        "p.r.c.",
        "p.r. china",
        "people's republic of china",
        "mainland china",
        "中华人民共和国",
        "中国大陆",
        "中国内地",
    ),
    "HK": ("hong kong", "hongkong", "香港", "中国香港"),
    "MO": ("macau", "macao", "澳门", "中国澳门"),
    "TW": ("taiwan", "台湾", "中国台湾", "台湾省"),
    "KR": ("korea", "republic of korea", "南韩"),
    "RU": ("russian federation",),
    "CZ": ("czech republic",),
    "NL": ("holland",),
    "AE": ("uae", "u.a.e."),
    "CI": ("ivory coast",),
    "TR": ("turkey",),
    "MM": ("burma",),
    "CV": ("cape verde",),
    "SZ": ("swaziland",),
}


def country_code(text: str) -> str | None:
    """The two capital letters of ISO 3166-1; None for what names no country. `Deutschland`, `中国`,
    `usa`, `United States` and `DEU` are understood."""
    name = fold(text).removeprefix("the ")
    return _names(_FIRST).get(name) or _names(_THEN).get(name)


def is_country(code: str) -> bool:
    return code in _codes()


def country_name(code: str, chinese: bool = False) -> str:
    """As people read it; the code itself when it is none."""
    return (
        str(_locale("zh_Hans" if chinese else "en").territories.get(code, code))
        if is_country(code)
        else code
    )


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)


@cache
def _codes() -> frozenset[str]:
    """Every two-letter code in use (ISO 3166-1 and Kosovo's XK)."""
    former = get_global("territory_aliases")
    return frozenset(
        code
        for code in map(str, Locale.parse("en").territories)
        if len(code) == 2 and code.isalpha() and code not in former and code not in _NO_COUNTRIES
    )


@cache
def _names(languages: tuple[str, ...]) -> dict[str, str]:
    """Codes by folded name; where two countries share one, that of the language named first."""
    found = {fold(name): code for code, names in _ALSO.items() for name in names} | {
        fold(code): code for code in _codes()
    }
    for alias, codes in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and len(codes) == 1 and codes[0] in _codes():
            found.setdefault(fold(alias), codes[0])
    for language in languages:
        for code, name in _locale(language).territories.items():
            if code in _codes():
                found.setdefault(fold(str(name)).removeprefix("the "), code)
                found.setdefault(fold(str(name).replace("&", "and")), code)
    return found
