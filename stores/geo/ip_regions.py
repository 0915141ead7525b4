"""From a network address to a region (A9): an offline database in MMDB format, opened at first use.
The address itself is kept nowhere.

A database of countries is shipped (`stores/data/NOTICE.md`); one of cities may take its place. Its
fields lead to the finest region that is known here: a Chinese division (six digits), else ISO
3166-2 (`US-TX`), else the country (`US`). Hong Kong, Macau and Taiwan have divisions."""

from __future__ import annotations

import gzip
import io
import ipaddress
import threading
from functools import cache
from pathlib import Path
from typing import Any

import maxminddb

from stores.geo.regions import Region, regions

SHIPPED = Path(__file__).parents[1] / "data" / "ip_country.mmdb.gz"
FOUND, PRIVATE, UNUSABLE, UNKNOWN = "ip_region", "ip_private", "ip_unusable", "ip_unknown"
ISO_OF_CHINA = {  # ISO 3166-2:CN to the first two digits of GB/T 2260
    "BJ": "11",
    "TJ": "12",
    "HE": "13",
    "SX": "14",
    "NM": "15",
    "LN": "21",
    "JL": "22",
    "HL": "23",
    "SH": "31",
    "JS": "32",
    "ZJ": "33",
    "AH": "34",
    "FJ": "35",
    "JX": "36",
    "SD": "37",
    "HA": "41",
    "HB": "42",
    "HN": "43",
    "GD": "44",
    "GX": "45",
    "HI": "46",
    "CQ": "50",
    "SC": "51",
    "GZ": "52",
    "YN": "53",
    "XZ": "54",
    "SN": "61",
    "GS": "62",
    "QH": "63",
    "NX": "64",
    "XJ": "65",
    "TW": "71",
    "HK": "81",
    "MO": "82",
}
_OWN_DIVISION = ("TW", "HK", "MO")  # countries of ISO 3166 that are provinces of the table
_ADCODES = ("adcode", "china_admin_code", "division_code", "city_code", "region_code")

_path: Path | None = SHIPPED
_lock = threading.Lock()
_reader: maxminddb.Reader | None = None


class Unreadable(Exception):
    """The file is no MMDB database."""


def configure(path: Path | None) -> None:
    """Which database to ask; None: none, every address is unknown. Raises Unreadable for a file
    other than the shipped one that cannot be opened."""
    global _path, _reader
    _path, _reader = path, None
    if path is not None and path != SHIPPED:
        try:
            _reader = open_file(path)
        except (OSError, EOFError, ValueError, maxminddb.InvalidDatabaseError) as error:
            raise Unreadable(
                f"{path.name} cannot be read as an MMDB file ({type(error).__name__})."
            ) from None


def region_of(text: str) -> tuple[str | None, str]:
    """(region code or None, a word for the notes). Never fails: what cannot be read is
    `ip_unusable`."""
    address = _address(text)
    if address is None:
        return None, UNUSABLE
    if not address.is_global or address.is_multicast or address.is_reserved:
        return None, PRIVATE
    reader = _opened()
    if reader is None:
        return None, UNKNOWN
    if address.version == 6 and reader.metadata().ip_version == 4:
        return None, UNUSABLE
    try:
        record = reader.get(address)
    except (
        maxminddb.InvalidDatabaseError,
        ValueError,
    ):  # a damaged file, a search tree of another version
        return None, UNKNOWN
    code = region_in(record) if isinstance(record, dict) else None
    return (code, FOUND) if code else (None, UNKNOWN)


def open_file(path: Path) -> maxminddb.Reader:
    """A packed file is read into memory, a plain one is mapped. Raises OSError,
    maxminddb.InvalidDatabaseError."""
    if path.suffix != ".gz":
        return maxminddb.open_database(path)
    with gzip.open(path) as packed:
        unpacked = io.BytesIO(packed.read())
    unpacked.name = path.name  # what the reader calls it in its errors
    return maxminddb.open_database(unpacked, maxminddb.MODE_FD)


def _opened() -> maxminddb.Reader | None:
    global _reader
    if _reader is None and _path is not None:
        with _lock:
            _reader = _reader or open_file(_path)
    return _reader


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address
    return address


# -- what a record says ----------------------------------------------------------------------------


def region_in(record: dict[str, Any]) -> str | None:
    """The finest region of ours that a record names, in the fields of the usual makers of such
    databases; None when it names none."""
    for name in _ADCODES:
        code = str(record.get(name) or "")
        if code in regions():
            return code
    country = (
        _code(record.get("country_code"))
        or _code(_inner(record, "country", "iso_code"))
        or _code(record.get("country"))
    )
    part = _subdivision(record, country)
    if country == "CN":
        province = ISO_OF_CHINA.get(part) or (part if part.isdigit() else "")
        found = _city(_names(record, "city"), province) or (
            f"{province}0000" if f"{province}0000" in regions() else None
        )
        return found or _city(_names(record, "region", "province", "state1"), "") or "CN"
    if country in _OWN_DIVISION:
        return f"{ISO_OF_CHINA[country]}0000"
    return f"{country}-{part}" if country and part else country or None


def _subdivision(record: dict[str, Any], country: str) -> str:
    """The letters after the country, such as TX of US-TX; '' when unknown."""
    listed = record.get("subdivisions")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    text = (
        str(
            first.get("iso_code")
            or record.get("subdivision_code")
            or record.get("region_code")
            or ""
        )
        .upper()
        .removeprefix(f"{country}-")
    )
    return text if text.isascii() and text.isalnum() and 1 <= len(text) <= 3 else ""


def _code(value: Any) -> str:
    text = value.upper() if isinstance(value, str) else ""
    return text if len(text) == 2 and text.isascii() and text.isalpha() else ""


def _inner(record: dict[str, Any], *names: str) -> Any:
    found: Any = record
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _names(record: dict[str, Any], *fields: str) -> list[str]:
    """Chinese names of a place in any of these fields."""
    found = []
    for field in fields:
        value = record.get(field)
        listed = value.get("names") if isinstance(value, dict) else None
        found += (
            [value]
            if isinstance(value, str)
            else [listed[tongue] for tongue in ("zh-CN", "zh") if tongue in listed]
            if isinstance(listed, dict)
            else []
        )
    return [name for name in found if isinstance(name, str)]


def _city(names: list[str], province: str) -> str | None:
    """The city or province called so (with or without 市, 省), inside `province` if that is known."""
    for name in names:
        found = [
            each
            for each in _by_short_name().get(_short(name), ())
            if each.code.startswith(province)
        ]
        if found:
            return found[0].code
    return None


@cache
def _by_short_name() -> dict[str, list[Region]]:
    """Cities before provinces of the same name, so that a municipality is met as its city."""
    found: dict[str, list[Region]] = {}
    for region in sorted(
        regions().values(), key=lambda each: (each.level == "province", each.code)
    ):
        if region.level != "county":
            found.setdefault(_short(region.name), []).append(region)
    return found


def _short(name: str) -> str:
    for end in (
        "特别行政区",
        "维吾尔自治区",
        "壮族自治区",
        "回族自治区",
        "自治区",
        "省",
        "市",
        "地区",
    ):
        if name.endswith(end) and len(name) > len(end) + 1:
            return name.removesuffix(end)
    return name
