"""A list of places as GeoJSON (All the Places, Overpass, saved places of Google Maps) as a table: a
row for each point, nested properties by their path (`location.address`), the position as latitude,
longitude and crs. RFC 7946 knows WGS-84 alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ledger.faults import InvalidInput

PLACE = ("latitude", "longitude", "crs")
DEEPEST = 4


def looks_like_one(content: bytes) -> bool:
    start = content[:20_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start[:1] == b"{" and b"FeatureCollection" in start


def read_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The header as line 1, then (number of the feature from 1, its cells). Raises InvalidInput."""
    try:
        whole = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as reason:
        raise InvalidInput(f"The file is no JSON ({str(reason)[:120]}).") from None
    features = whole.get("features")
    if whole.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise InvalidInput(
            'The file is no GeoJSON FeatureCollection; it must be {"type": "FeatureCollection", '
            '"features": [...]}.'
        )
    rows = [_cells(feature) for feature in features]
    names = list(dict.fromkeys(name for row in rows for name in row if name not in PLACE))
    header = [*names, *PLACE]
    return iter(
        [
            (1, header),
            *(
                (number, [row.get(name, "") for name in header])
                for number, row in enumerate(rows, 1)
            ),
        ]
    )


def _cells(feature: Any) -> dict[str, str]:
    """Our own columns stand before properties of the same name: a point says where it is."""
    if not isinstance(feature, dict):
        return {}
    properties = feature.get("properties")
    found = dict(_flat(properties, "")) if isinstance(properties, dict) else {}
    if feature.get("id") not in (None, "") and "id" not in found:
        found["id"] = str(feature["id"])
    geometry = feature.get("geometry")
    position = (
        geometry.get("coordinates")
        if isinstance(geometry, dict) and geometry.get("type") == "Point"
        else None
    )
    if isinstance(position, list) and len(position) >= 2:
        found |= {"longitude": str(position[0]), "latitude": str(position[1]), "crs": "wgs84"}
    return found


def _flat(properties: dict[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, value in properties.items():
        if isinstance(value, dict) and above.count(".") < DEEPEST:
            yield from _flat(value, f"{above}{name}.")
        elif value is None:
            yield f"{above}{name}", ""
        else:
            yield (
                f"{above}{name}",
                value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False),
            )
