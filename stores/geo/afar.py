"""Whether an area is drawn far from everybody who serves it, and whether exchanged latitudes and
longitudes are why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from stores.geo.coordinates import distances_m
from stores.geo.whereabouts import country_at

# an area farther from all who serve it was drawn elsewhere, or given to somebody else
FAR_M = 200_000.0
Place = tuple[str, float, float]  # code, latitude, longitude (WGS-84)


@dataclass(frozen=True, slots=True)
class Afar:
    """Metres to the nearest of them, which is `code`; the countries where the area lies as it is
    drawn and with its numbers exchanged (None: at sea, or no place); `turned`: exchanged it is
    near."""

    metres: float
    code: str
    here: str | None
    there: str | None
    turned: bool


def afar(outline: BaseGeometry, places: Sequence[Place]) -> Afar | None:
    """None when somebody is near, or nobody serves it at all."""
    if not places:
        return None
    metres, code = _nearest(outline, places)
    if metres <= FAR_M:
        return None
    west, _, east, _ = outline.bounds
    turned = (
        shapely.transform(outline, lambda xy: xy[:, ::-1]) if west >= -90 and east <= 90 else None
    )
    return Afar(
        metres,
        code,
        _country(outline),
        None if turned is None else _country(turned),
        turned is not None and _nearest(turned, places)[0] <= FAR_M,
    )


def _nearest(outline: BaseGeometry, places: Sequence[Place]) -> tuple[float, str]:
    """By its nearest point in degrees, which is near enough for hundreds of kilometres; of equals
    the smaller code."""
    codes, latitudes, longitudes = zip(*places, strict=True)
    near = shapely.get_coordinates(
        shapely.shortest_line(outline, shapely.points(longitudes, latitudes))
    )[::2]
    metres = distances_m(near[:, 1], near[:, 0], latitudes, longitudes)
    return min(zip(metres.tolist(), codes, strict=True))


def _country(outline: BaseGeometry) -> str | None:
    inside = outline.representative_point()
    return country_at(inside.y, inside.x)
