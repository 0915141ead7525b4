"""Areas from a GeoJSON FeatureCollection (CONTRACT 2, A12)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ledger.faults import Fault, InvalidInput
from stores.geo.coordinates import CRS_NAMES
from stores.geo.territories import KINDS
from stores.imports import cells, headings, place_cells, time_cells
from stores.imports.cells import CLEAR, BadCell, Context
from stores.imports.faults import FaultList
from stores.imports.headings import PLAIN, HeadingMap, Layout
from stores.imports.payload_cells import parsed
from stores.imports.sheets import MAX_BYTES, TOP_ROWS, read_content
from stores.imports.telling import Telling
from stores.imports.understood import Mends, Reading, Understood

PROPERTIES = (
    "area_code",
    "kind",
    "dealer_code",
    "store_code",
    "valid_from",
    "valid_to",
    "crs",
    "region_codes",
    "postal_codes",
)
REQUIRED = ("area_code", "kind")
LISTS = ("region_codes", "postal_codes")
GEOMETRIES = ("Polygon", "MultiPolygon")
_code, _new_code, _region, _postal = (
    cells.code(64),
    cells.key(64),
    place_cells.region,
    place_cells.postal_code,
)
ParseGeometry = Callable[[dict[str, Any], str], Any]


@dataclass(frozen=True, slots=True)
class AreaRow:
    """`line` counts features from 1. `geometry` is what `parse` returned (WGS-84), None when codes
    alone define the area."""

    line: int
    area_code: str
    kind: str
    dealer_code: str | None
    store_code: str | None
    valid_from: dt.date | None
    valid_to: dt.date | None
    crs: str
    region_codes: tuple[str, ...]
    postal_codes: tuple[str, ...]
    geometry: Any


@dataclass(frozen=True, slots=True)
class CheckedAreas:
    """Use `rows` only when `faults` is empty."""

    rows: list[AreaRow]
    faults: FaultList
    warnings: FaultList
    understood: Understood | None = None


def read_areas(
    path: Path,
    context: Context,
    parse: ParseGeometry,
    max_features: int | None = None,
    max_bytes: int = MAX_BYTES,
    *,
    given: HeadingMap = PLAIN,
) -> CheckedAreas:
    """`parse(geometry, crs)` turns a GeoJSON geometry into a shape in WGS-84 and raises a Fault.
    `given` says which properties are ours under another name. Raises InvalidInput when the file is
    no FeatureCollection; faults of features are collected."""
    features = _features(read_content(Path(path), max_bytes))
    if given:
        features = _renamed(features, given)
    if max_features is not None and len(features) > max_features:
        raise InvalidInput(
            f"The file has more than {max_features} features; split it (the limit is the setting "
            "IMPORT_MAX_ROWS).",
            code="too_many_rows",
        )
    return check_features(features, context, parse)


def check_features(features: list[Any], context: Context, parse: ParseGeometry) -> CheckedAreas:
    """The features of a collection, checked; their faults are collected."""
    tell, rows = Telling(FaultList(), FaultList(), Mends()), []
    faults = tell.faults
    first: dict[str, int] = {}
    for number, feature in enumerate(features, 1):
        row = _area(number, feature, context, parse, tell)
        if row is None:
            continue
        if (known := first.setdefault(row.area_code, number)) != number:
            faults.add(
                number,
                "area_code",
                row.area_code,
                f"is the code of feature {known} already; area_code must be unique in the file",
            )
        rows.append(row)
    return CheckedAreas(
        rows,
        faults,
        tell.warnings,
        Understood(Reading("geojson", "utf-8"), len(features), mends=tell.mends),
    )


def read_properties(
    path: Path, samples: int = 3, max_bytes: int = MAX_BYTES
) -> list[tuple[str, list[str]]]:
    """Each property of the features as it is named there, and its first values. Raises
    InvalidInput."""
    features = _features(read_content(Path(path), max_bytes))
    found: dict[str, list[str]] = {name: [] for name in _names(features)}
    for feature in features[:TOP_ROWS]:
        for name, value in _properties(feature).items():
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            if (
                value not in (None, "", [])
                and shown not in found[name]
                and len(found[name]) < samples
            ):
                found[name].append(shown)
    return list(found.items())


def _properties(feature: Any) -> dict[str, Any]:
    given = feature.get("properties") if isinstance(feature, dict) else None
    return given if isinstance(given, dict) else {}


def _names(features: list[Any]) -> list[str]:
    return list(dict.fromkeys(name for feature in features for name in _properties(feature)))


def _renamed(features: list[Any], given: HeadingMap) -> list[Any]:
    """The features with our properties. Raises InvalidInput for pairs that cannot be."""
    layout, faults = headings.layout("areas", _names(features), PROPERTIES, REQUIRED, given)
    if faults:
        said = "; ".join(f"{fault.field}: {fault.reason}" for fault in faults[:12])
        raise InvalidInput(
            f"The properties are wrong. {said}. Known properties: {', '.join(PROPERTIES)}.",
            code="header",
            errors=faults,
        )
    names = _names(features)
    return [
        {**feature, "properties": _our_properties(_properties(feature), names, layout)}
        if _properties(feature)
        else feature
        for feature in features
    ]


def _our_properties(theirs: dict[str, Any], names: list[str], layout: Layout) -> dict[str, Any]:
    """A value of one property stays what it is; several are joined as text."""
    ours: dict[str, Any] = dict(layout.fixed)
    for name, places in layout.places.items():
        values = [theirs.get(names[place]) for place in places]
        ours[name] = (
            values[0]
            if len(values) == 1
            else " ".join(str(value) for value in values if value not in (None, ""))
        )
    lists = {
        name: _codes_of(str(ours[name])) for name in LISTS if isinstance(ours.get(name), str)
    }  # a table's cell: 310101 310104
    return ours | lists


def _codes_of(cell: str) -> list[str]:
    """Codes with commas between, which may hold spaces (SW1A 1AA), or with spaces alone."""
    written = cell.replace("，", ",").replace(";", ",").replace("；", ",")
    return (
        [each.strip() for each in written.split(",") if each.strip()]
        if "," in written
        else written.split()
    )


def _features(content: bytes) -> list[Any]:
    try:
        whole = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise InvalidInput("The file is not UTF-8; GeoJSON is always UTF-8 (RFC 7946).") from None
    except (ValueError, RecursionError) as reason:
        raise InvalidInput(f"The file is no JSON ({str(reason)[:120]}).") from None
    if (
        not isinstance(whole, dict)
        or whole.get("type") != "FeatureCollection"
        or not isinstance(whole.get("features"), list)
    ):
        raise InvalidInput(
            'The file is no GeoJSON FeatureCollection; it must be {"type": "FeatureCollection", '
            '"features": [...]}.'
        )
    declared = json.dumps(whole.get("crs"))
    if whole.get("crs") is not None and "CRS84" not in declared and "4326" not in declared:
        raise InvalidInput(
            "The member crs of the file names another system than WGS 84; export in EPSG:4326, "
            "or give the property crs of each feature."
        )
    features: list[Any] = whole["features"]
    return features


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


def _area(
    number: int, feature: Any, context: Context, parse: ParseGeometry, tell: Telling
) -> AreaRow | None:
    faults = tell.faults
    before = faults.total
    properties = (
        feature.get("properties")
        if isinstance(feature, dict) and feature.get("type") == "Feature"
        else None
    )
    if not isinstance(properties, dict):
        faults.add(number, "", "", "is no Feature with properties")
        return None
    for name in properties.keys() - set(PROPERTIES):
        likely = headings.likely_columns(
            "areas", [str(name)], [each for each in PROPERTIES if each not in properties]
        ).get(str(name))
        faults.add(
            number,
            str(name)[:80],
            "",
            f"unknown property{headings.question(str(name), likely)}; known are "
            f"{', '.join(PROPERTIES)}",
        )
    reader = _Reader(number, properties, context, tell)
    row = AreaRow(
        number,
        reader.text("area_code", _new_code) or "",
        reader.text("kind", cells.choice(*KINDS)) or "",
        reader.text("dealer_code", _code),
        reader.text("store_code", _code),
        reader.text("valid_from", time_cells.day),
        reader.text("valid_to", time_cells.day),
        reader.text("crs", cells.choice(*CRS_NAMES)) or "wgs84",
        reader.several("region_codes", _region),
        reader.several("postal_codes", _postal),
        None,
    )
    if faults.total == before:
        _check_area(row, feature.get("geometry"), faults)
    if faults.total > before:
        return None
    geometry = feature.get("geometry")
    return row if geometry is None else _with_shape(row, geometry, parse, faults)


def _check_area(row: AreaRow, geometry: Any, faults: FaultList) -> None:
    for name in ("area_code", "kind"):
        if not getattr(row, name):
            faults.add(row.line, name, "", "is missing; a value is required")
    if row.kind == "territory" and not row.dealer_code:
        faults.add(row.line, "dealer_code", "", "is missing; a territory belongs to a dealer (A12)")
    elif row.kind == "service_area" and not row.store_code:
        faults.add(row.line, "store_code", "", "is missing; a service area belongs to a store")
    if row.dealer_code and row.store_code:
        faults.add(
            row.line,
            "store_code",
            row.store_code,
            "an area belongs to a dealer or to a store, not to both",
        )
    elif row.kind == "isolated" and not (row.dealer_code or row.store_code):
        faults.add(
            row.line,
            "dealer_code",
            "",
            "is missing; an isolated area names its dealer or its store",
        )
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        faults.add(
            row.line, "valid_to", str(row.valid_to), f"lies before valid_from ({row.valid_from})"
        )
    if geometry is None and not row.region_codes and not row.postal_codes:
        faults.add(
            row.line,
            "geometry",
            "",
            "is null, and there are neither region_codes nor postal_codes; the area would be empty",
        )


def _with_shape(
    row: AreaRow, geometry: Any, parse: ParseGeometry, faults: FaultList
) -> AreaRow | None:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in GEOMETRIES:
        faults.add(row.line, "geometry", str(kind)[:80], "is neither Polygon nor MultiPolygon")
        return None
    try:
        shape = parse(geometry, row.crs)
    except Fault as reason:
        faults.add(row.line, "geometry", kind, reason.detail)
        return None
    return replace(row, geometry=shape)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the properties of one feature; null and the empty text count as absent."""

    number: int
    properties: dict[str, Any]
    context: Context
    tell: Telling

    def text(self, name: str, parse: cells.Parser) -> Any:
        return self._one(name, self.properties.get(name), parse)

    def several(self, name: str, parse: cells.Parser) -> tuple[str, ...]:
        given = self.properties.get(name)
        if given is None:
            return ()
        if not isinstance(given, list):
            self.tell.faults.add(
                self.number, name, str(given)[:200], 'is no list; write ["310000"]'
            )
            return ()
        found = [self._one(name, value, parse) for value in given]
        if len(set(found)) < len(found):
            self.tell.faults.add(
                self.number, name, ", ".join(map(str, given))[:200], "names a code twice"
            )
        return tuple(value for value in found if value is not None)

    def _one(self, name: str, value: Any, parse: cells.Parser) -> Any:
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            self.tell.faults.add(
                self.number, name, str(value)[:200], "is no text; write it in quotes"
            )
            return None
        try:
            found = parsed(parse, value.strip(), self.context) if value.strip() else None
        except BadCell as reason:
            self.tell.refused(self.number, name, value, reason)
            return None
        found = self.tell.mended(self.number, name, value, found)
        return None if found is CLEAR else found
