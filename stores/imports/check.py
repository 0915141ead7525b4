"""From text to typed, checked rows: every rule that needs no database. Nothing is written here."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from stores.customers.event_shapes import event_faults
from stores.geo.coordinates import (
    Coordinates,
    InvalidCoordinates,
    far_from_region,
    geodesic_m,
    is_null_island,
    likely_swapped,
    to_wgs84,
)
from stores.geo.regions import region_centre
from stores.imports import dates, oddities
from stores.imports.cells import CLEAR, BadCell, Context, Mended
from stores.imports.columns import COLUMNS, KEYS, Column
from stores.imports.faults import FaultList
from stores.imports.marks import without_marks
from stores.imports.payload_cells import parsed
from stores.imports.sheets import Sheet
from stores.imports.telling import Telling
from stores.imports.time_cells import day, instant
from stores.imports.understood import Understood

Progress = Callable[[int, int], None]
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Row:
    """`values`: one entry for each column of the file, CLEAR for an empty cell (an upsert takes the
    value away); absent columns are absent (an upsert keeps the value). `point`: the WGS-84 position
    of a store or order, None without a usable one."""

    line: int
    values: dict[str, Any]
    point: Coordinates | None = None

    def get(self, name: str) -> Any:
        """The value, None for an empty cell or an absent column."""
        value = self.values.get(name)
        return None if value is CLEAR else value


@dataclass(frozen=True, slots=True)
class Checked:
    """Rows in file order; use them only when `faults` is empty. `warnings` do not stop an import
    unless they are doubtful."""

    rows: list[Row]
    faults: FaultList
    warnings: FaultList
    understood: Understood | None = None


Reader = tuple[str, Callable[[str], Any], bool]  # column, memoised parser, required
RowRule = Callable[[Row, Mapping[str, str], FaultList, FaultList], None]


def check(kind: str, sheet: Sheet, context: Context, progress: Progress | None = None) -> Checked:
    """Parses every cell and applies the rules of `kind` (a key of COLUMNS). All faults are
    collected, none is raised."""
    faults, warnings = (
        FaultList().with_those_of(sheet.faults),
        FaultList().with_those_of(sheet.warnings),
    )
    tell = Telling(faults, warnings, sheet.mends)
    present = [column for column in COLUMNS[kind] if column.name in sheet.columns]
    forms = _date_forms(sheet, present)
    readers = [
        (
            column.name,
            _remembering(column, replace(context, day_order=forms.get(column.name, ""))),
            column.required,
        )
        for column in present
    ]
    rule, rows = RULES.get(kind), []
    for done, (line, cells) in enumerate(sheet.rows):
        if progress is not None and done % 1_000 == 0:
            progress(done, len(sheet.rows))
        values = _values(line, cells, readers, tell)
        if values is None:
            continue
        row = Row(line, values, _point(kind, line, values, cells, faults, warnings))
        if rule is not None:
            rule(row, cells, faults, warnings)
        rows.append(row)
    _refuse_repeated_keys(kind, rows, faults)
    if kind == "stores":
        oddities.of_stores(rows, dict(sheet.rows), warnings)
        _warn_of_swapped(rows, warnings)
    if progress is not None:
        progress(len(sheet.rows), len(sheet.rows))
    return Checked(rows, faults, warnings, understood(sheet, forms))


def understood(sheet: Sheet, forms: Mapping[str, str]) -> Understood | None:
    """What a person is told of a file; None for what came from a form or the API."""
    if sheet.reading is None:
        return None
    return Understood(
        sheet.reading,
        len(sheet.rows) + len(sheet.faults),
        sheet.columns,
        tuple(forms.items()),
        sheet.mends,
    )


def _remembering(column: Column, context: Context) -> Callable[[str], Any]:
    """The column's parser with a memory: most columns repeat few texts."""
    known: dict[str, Any] = {}

    def read(text: str) -> Any:
        try:
            return known[text]
        except KeyError:
            value = parsed(column.parse, text, context)
            if column.required and type(value) is Mended and value.value is CLEAR:
                raise BadCell.of("required") from None
            if len(known) < _REMEMBERED:
                known[text] = value
            return value

    return read


def _date_forms(sheet: Sheet, present: list[Column]) -> dict[str, str]:
    """How the dates of each column are written, where it is not ISO 8601."""
    forms = {
        column.name: dates.form_of({without_marks(cells[column.name]) for _, cells in sheet.rows})
        for column in present
        if column.parse in (day, instant)
    }
    return {name: form for name, form in forms.items() if form}


def _values(
    line: int, cells: dict[str, str], readers: list[Reader], tell: Telling
) -> dict[str, Any] | None:
    """The typed cells of a row; None when one is at fault."""
    values, sound = {}, True
    for name, read, required in readers:
        text = cells[name]
        if text:
            try:
                value = read(text)
            except BadCell as reason:
                tell.refused(line, name, text, reason)
                sound = False
            else:
                values[name] = (
                    value if type(value) is not Mended else tell.mended(line, name, text, value)
                )
        elif required:
            tell.faults.say(line, name, "", "required")
            sound = False
        else:
            values[name] = CLEAR
    return values if sound else None


def _point(
    kind: str,
    line: int,
    values: dict[str, Any],
    cells: Mapping[str, str],
    faults: FaultList,
    warnings: FaultList,
) -> Coordinates | None:
    """A3. A store at (0, 0) is at fault, a visitor there has no usable location."""
    if kind not in {"stores", "orders"}:
        return None
    latitude, longitude, crs = (
        values.get(name, CLEAR) for name in ("latitude", "longitude", "crs")
    )
    if latitude is CLEAR and longitude is CLEAR:
        return None
    for name, value in (("latitude", latitude), ("longitude", longitude), ("crs", crs)):
        if value is CLEAR:
            faults.add(line, name, "", "is missing; a location needs latitude, longitude and crs")
            return None
    if is_null_island(latitude, longitude):
        where = f"{cells['latitude']}, {cells['longitude']}"
        if kind == "stores":
            faults.add(
                line,
                "latitude",
                where,
                "(0, 0) is the place of a missing position; give the real one",
            )
        else:
            warnings.add(
                line,
                "latitude",
                where,
                "(0, 0) is no usable location; the order is taken without one",
            )
        return None
    try:
        return to_wgs84(latitude, longitude, crs)
    except InvalidCoordinates as reason:
        faults.add(line, "latitude", f"{cells['latitude']}, {cells['longitude']}", reason.detail)
        return None


def _refuse_repeated_keys(kind: str, rows: list[Row], faults: FaultList) -> None:
    keys = [KEYS[kind]] if kind in KEYS else []
    if kind == "customers":
        keys += [
            ("unionid",),
            ("openid",),
            ("external_userid",),
        ]  # two customers cannot be one person
    for names in keys:
        first: dict[Any, int] = {}
        for row in rows:
            key = tuple(row.get(name) for name in names)
            if None in key:
                continue
            known = first.setdefault(key, row.line)
            if known != row.line:
                faults.add(
                    row.line,
                    names[0],
                    ", ".join(map(str, key)),
                    f"stands in line {known} already; {' and '.join(names)} must be unique in the "
                    "file",
                )


# -- the rules of each kind ------------------------------------------------------------------------


def _store(row: Row, cells: Mapping[str, str], faults: FaultList, warnings: FaultList) -> None:
    opened, closed = row.get("opened_on"), row.get("closed_on")
    if opened and closed and closed < opened:
        faults.add(row.line, "closed_on", cells["closed_on"], f"lies before opened_on ({opened})")
    if row.get("successor_store_code") == row.get("store_code"):
        faults.add(
            row.line, "successor_store_code", cells["successor_store_code"], "is the store itself"
        )
    status = row.get("status")
    if row.get("paused_until") and status and status != "paused":
        warnings.add(
            row.line,
            "paused_until",
            cells["paused_until"],
            f"has no effect while status is {status}",
        )
    if status == "closed" and row.get("cloud_shop"):
        warnings.add(
            row.line, "cloud_shop", cells["cloud_shop"], "has no effect while status is closed"
        )
    region = row.get("region_code")
    centre = region_centre(region) if region and row.get("country") in {None, "CN"} else None
    if row.point is None:
        return
    place = Coordinates(*centre) if centre else None
    written = f"{cells['latitude']}, {cells['longitude']}"
    if likely_swapped(row.values["latitude"], row.values["longitude"], place, row.get("country")):
        warnings.add(
            row.line,
            "latitude",
            written,
            "latitude and longitude look swapped; exchange them if so",
        )
    elif far_from_region(row.point.latitude, row.point.longitude, place):
        warnings.add(
            row.line,
            "region_code",
            cells["region_code"],
            f"the point {written} lies more than 50 km from the centre of this region",
        )


def _warn_of_swapped(rows: list[Row], warnings: FaultList) -> None:
    """Where no region or country tells: a point far from all others of the file, which lies among
    them once its numbers are exchanged or a sign is changed (A3, a warning)."""
    placed = [
        (row.line, row.values["latitude"], row.values["longitude"])
        for row in rows
        if row.point is not None
    ]
    if len(placed) < 5:
        return
    middle = (
        statistics.median(latitude for _, latitude, _ in placed),
        statistics.median(longitude for _, _, longitude in placed),
    )
    warned = {fault.line for fault in warnings.kept if fault.column in ("latitude", "region_code")}
    for line, latitude, longitude in placed:
        if line in warned or abs(latitude - middle[0]) + abs(longitude - middle[1]) < 30:
            continue
        away, written = geodesic_m(latitude, longitude, *middle), f"{latitude}, {longitude}"
        if abs(longitude) <= 90 and geodesic_m(longitude, latitude, *middle) * 5 < away:
            warnings.add(
                line,
                "latitude",
                written,
                "latitude and longitude look swapped: exchanged, the store lies among the others",
            )
        elif geodesic_m(latitude, -longitude, *middle) * 5 < away:
            warnings.add(
                line,
                "longitude",
                written,
                "has lost its sign, it seems: with the other one the store lies among the others",
            )
        elif geodesic_m(-latitude, longitude, *middle) * 5 < away:
            warnings.add(
                line,
                "latitude",
                written,
                "has lost its sign, it seems: with the other one the store lies among the others",
            )


def _dealer(row: Row, cells: Mapping[str, str], faults: FaultList, warnings: FaultList) -> None:
    fees = (row.get("platform_fee_bp") or 0) + (row.get("channel_fee_bp") or 0)
    if fees > 10_000:
        faults.add(
            row.line,
            "platform_fee_bp",
            cells["platform_fee_bp"],
            f"platform and channel fee make {fees} basis points; together they are at most 10000",
        )
    oddities.of_dealer(row, warnings)


def _branch(row: Row, cells: Mapping[str, str], faults: FaultList, warnings: FaultList) -> None:
    if row.get("parent_code") == row.get("branch_code"):
        faults.add(row.line, "parent_code", cells["parent_code"], "is the branch itself")


def _guide(row: Row, cells: Mapping[str, str], faults: FaultList, warnings: FaultList) -> None:
    hired, left = row.get("hired_on"), row.get("left_on")
    if hired and left and left < hired:
        faults.add(row.line, "left_on", cells["left_on"], f"lies before hired_on ({hired})")


def _event(row: Row, cells: Mapping[str, str], faults: FaultList, warnings: FaultList) -> None:
    event = {
        name: row.get(name)
        for name in ("type", "guide_code", "customer_id", "external_userid", "payload")
    }
    for name, reason in event_faults(event):
        faults.add(row.line, name, cells.get(name, ""), reason)


RULES: dict[str, RowRule] = {
    "stores": _store,
    "dealers": _dealer,
    "branches": _branch,
    "guides": _guide,
    "events": _event,
}
