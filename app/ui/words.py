"""How values look to people: money, counts, dates (PORTALS 1). Pure, except that the language comes
from the request."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from flask import Flask, current_app
from werkzeug.datastructures import MultiDict

from app.accounts.language import language

SYMBOLS = {
    "CNY": "¥",
    "JPY": "¥",
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "KRW": "₩",
    "INR": "₹",
    "VND": "₫",
    "THB": "฿",
    "PHP": "₱",
    "HKD": "HK$",
    "TWD": "NT$",
    "SGD": "S$",
    "AUD": "A$",
    "NZD": "NZ$",
    "CAD": "CA$",
    "BRL": "R$",
    "MXN": "MX$",
}
MINUS = "\N{MINUS SIGN}"


def money(minor: int, currency: str, decimals: int) -> str:
    """123450 CNY -> ¥1,234.50; whole minor units in, no float on the way."""
    whole, rest = divmod(abs(minor), 10**decimals)
    fraction = f".{rest:0{decimals}}" if decimals else ""
    return f"{MINUS if minor < 0 else ''}{SYMBOLS.get(currency, currency + ' ')}{whole:,}{fraction}"


def count(number: int) -> str:
    """A whole number with thousands apart, 1234567 -> 1,234,567; a negative one with a real minus
    sign."""
    return f"{number:,}".replace("-", MINUS)


def short_count(number: int, tongue: str) -> str:
    """123456 -> 12.3万 (zh), 123k (en); exact below 100,000. Cut off, never rounded up to what was
    not reached."""
    units = (
        ((10**8, "亿"), (10**4, "万"))
        if tongue == "zh"
        else ((10**9, "bn"), (10**6, "m"), (10**3, "k"))
    )
    size = abs(number)
    for unit, name in units:
        if size >= unit and size >= 100_000:
            tenths = size * 10 // unit
            text = (
                f"{tenths // 10:,}"
                if tenths >= 1000 or tenths % 10 == 0
                else f"{tenths // 10}.{tenths % 10}"
            )
            return f"{MINUS if number < 0 else ''}{text}{name}"
    return count(number)


def short_money(minor: int, currency: str, decimals: int, tongue: str) -> str:
    """As `money`, whole amounts without their fraction and great ones short: ¥200, ¥15万, $1.5m. For
    scales, where values are round."""
    if abs(minor) % 10**decimals:
        return money(minor, currency, decimals)
    whole = short_count(abs(minor) // 10**decimals, tongue)
    return f"{MINUS if minor < 0 else ''}{SYMBOLS.get(currency, currency + ' ')}{whole}"


def short_day(date: dt.date, tongue: str) -> str:
    """Without its year, for the foot of a chart: 11-21, in Chinese 11月21日."""
    return f"{date.month}月{date.day}日" if tongue == "zh" else date.isoformat()[5:]


def day(date: dt.date, tongue: str) -> str:
    """2026-11-21, in Chinese 2026年11月21日."""
    return f"{date.year}年{date.month}月{date.day}日" if tongue == "zh" else date.isoformat()


def change(now: int, before: int) -> str:
    """How much more or less than before, in whole percent: +12 %; empty when there was nothing
    before."""
    if before <= 0:
        return ""
    part = (abs(now - before) * 200 + before) // (2 * before)
    return f"{MINUS if now < before and part else '+' if now > before and part else '±'}{part} %"


def share(part: int, whole: int) -> str:
    """12.3 % of a whole, cut off; a dash when there is no whole."""
    return f"{part * 1000 // whole // 10}.{part * 1000 // whole % 10} %" if whole else "–"


# -- for templates and views: the brand's currency and zone, the reader's language -----------------


def money_here(minor: int, currency: str | None = None, decimals: int | None = None) -> str:
    """In the brand's currency unless told."""
    settings = current_app.extensions["doorstep"]
    return money(
        minor,
        currency or settings.currency,
        settings.currency_decimals if decimals is None else decimals,
    )


def short_money_here(minor: int) -> str:
    settings = current_app.extensions["doorstep"]
    return short_money(minor, settings.currency, settings.currency_decimals, language())


def _moment(at: dt.datetime, seconds: bool = False) -> str:
    """An aware moment in the brand's zone: 2026-11-21 14:05."""
    return at.astimezone(current_app.extensions["doorstep"].timezone).strftime(
        "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
    )


def _day(value: dt.date | dt.datetime) -> str:
    if isinstance(value, dt.datetime):
        value = value.astimezone(current_app.extensions["doorstep"].timezone).date()
    return day(value, language())


def query_in(args: MultiDict[str, str], tongue: str) -> str:
    """The query of this page in another language."""
    return urlencode(
        [
            *((name, value) for name, value in args.items(multi=True) if name != "lang"),
            ("lang", tongue),
        ]
    )


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(change=change, share=share)
    app.jinja_env.filters.update(
        money=money_here,
        count=count,
        short_count=lambda number: short_count(number, language()),
        moment=_moment,
        day=_day,
        short_money=short_money_here,
        short_day=lambda date: short_day(date, language()),
    )
