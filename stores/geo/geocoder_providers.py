"""How each geocoder is asked; geopy does it, except for AMap, which it does not know."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from geopy.adapters import URLLibAdapter
from geopy.exc import GeocoderAuthenticationFailure, GeocoderQueryError, GeocoderQuotaExceeded
from geopy.geocoders import BaiduV3, Nominatim
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location

from stores.geo.geocoder_setting import Ask, Provider

logging.getLogger("geopy").setLevel(logging.WARNING)  # at DEBUG it writes addresses with their key
TIMEOUT_SECONDS = 3.0
MOST = 5
_COMMON: dict[str, Any] = {"timeout": TIMEOUT_SECONDS, "adapter_factory": URLLibAdapter}


class AMap(Geocoder):  # type: ignore[misc]
    """The geocoding of AMap (高德), which geopy does not have: version 3 of its web service, answers
    in GCJ-02."""

    api_path = "/v3/geocode/geo"

    def __init__(self, key: str, **options: Any):
        super().__init__(**options)
        self.key, self.api = key, f"{self.scheme}://restapi.amap.com{self.api_path}"

    def geocode(self, query: str, *, timeout: Any = DEFAULT_SENTINEL) -> list[Location] | None:
        """Up to ten. Raises GeopyError."""
        return self._call_geocoder(
            f"{self.api}?{urlencode({'key': self.key, 'address': query, 'output': 'JSON'})}",
            self._parse,
            timeout=timeout,
        )  # type: ignore[no-any-return]

    @staticmethod
    def _parse(page: dict[str, Any]) -> list[Location]:
        if str(page.get("status")) != "1":
            code = str(page.get("infocode"))
            kind = (
                GeocoderQuotaExceeded
                if code in ("10003", "10004", "10014", "10019", "10020", "10021", "10044")
                else (
                    GeocoderAuthenticationFailure
                    if code in ("10001", "10002", "10005", "10007", "10009")
                    else GeocoderQueryError
                )
            )
            raise kind(f"infocode {code}")
        found = []
        for each in page.get("geocodes") or ():
            longitude, latitude = (float(part) for part in each["location"].split(","))
            found.append(Location(str(each["formatted_address"]), (latitude, longitude), each))
        return found


def asking(provider: Provider) -> tuple[str, Ask]:
    """The system a provider measures in, and how to ask it."""
    if provider.name not in _MAKERS:
        raise KeyError(provider.name)
    return _MAKERS[provider.name](provider)


def _nominatim(provider: Provider) -> tuple[str, Ask]:
    scheme, _, domain = (provider.url or "https://nominatim.openstreetmap.org").partition("://")
    found = Nominatim(user_agent=provider.agent, scheme=scheme, domain=domain, **_COMMON)
    return "wgs84", lambda words: [
        (each.address, each.latitude, each.longitude, None)
        for each in found.geocode(words, exactly_one=False, limit=MOST) or ()
    ]


def _baidu(provider: Provider) -> tuple[str, Ask]:
    """Baidu names only the level of what it found, so the words stay the name."""
    found = BaiduV3(provider.key, user_agent=provider.agent, **_COMMON)
    if provider.url:
        found.api = provider.url + BaiduV3.api_path

    def asked(words: str) -> list[tuple[str, float, float, str | None]]:
        answer = found.geocode(words)
        return [] if answer is None else [(words, answer.latitude, answer.longitude, None)]

    return "bd09", asked


def _amap(provider: Provider) -> tuple[str, Ask]:
    found = AMap(provider.key or "", user_agent=provider.agent, **_COMMON)
    if provider.url:
        found.api = provider.url + AMap.api_path
    return "gcj02", lambda words: [
        (each.address, each.latitude, each.longitude, str(each.raw.get("adcode") or ""))
        for each in found.geocode(words) or ()
    ]


_MAKERS: dict[str, Callable[[Provider], tuple[str, Ask]]] = {
    "nominatim": _nominatim,
    "baidu": _baidu,
    "amap": _amap,
}
