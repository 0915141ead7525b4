"""Makes branches.csv, dealers.csv and stores.csv from the 2,992 real stores of
data/walmart_store_openings.csv.

    python examples/us/make_network.py [FOLDER]

Codes, names, places and opening dates are real; who owns what is invented: one dealer for each
state, a branch for each census region."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
REGIONS = {  # census regions of the states that have stores here
    "NORTHEAST": ("Northeast", "NY PA"),
    "MIDWEST": ("Midwest", "IA IL IN KS MI MN MO ND NE OH SD WI"),
    "SOUTH": ("South", "AL AR DE FL GA KY LA MD MS NC OK SC TN TX VA WV"),
    "WEST": ("West", "AZ CA CO ID MT NM NV OR UT WA WY"),
}
STATES = {state: code for code, (_, states) in REGIONS.items() for state in states.split()}
FORMS = {"Supercenter": "Supercenter", "Wal-Mart": "Store"}


def main(folder: Path = HERE) -> None:
    with (HERE / "data" / "walmart_store_openings.csv").open(
        encoding="utf-8", newline=""
    ) as source:
        openings = sorted(csv.DictReader(source), key=lambda row: int(row["storenum"]))
    write(
        folder / "branches.csv",
        ("branch_code", "name"),
        ((code, name) for code, (name, _) in REGIONS.items()),
    )
    write(
        folder / "dealers.csv",
        (
            "dealer_code",
            "name",
            "branch_code",
            "platform_fee_bp",
            "channel_fee_bp",
            "collection_mode",
        ),
        (
            (state, f"{state} Retail Partners LLC", STATES[state], 500, 30, "store_collects")
            for state in sorted(STATES)
        ),
    )
    write(
        folder / "stores.csv",
        (
            "store_code",
            "name",
            "dealer_code",
            "branch_code",
            "latitude",
            "longitude",
            "crs",
            "country",
            "region_code",
            "address",
            "opened_on",
        ),
        map(store, openings),
    )


def store(row: dict[str, str]) -> tuple[object, ...]:
    """Years are given in full beside the two-digit dates."""
    state, opened = (
        row["STRSTATE"],
        f"{int(row['YEAR']):04}-{int(row['MONTH']):02}-{int(row['DAY']):02}",
    )
    return (
        f"W{int(row['storenum']):04}",
        f"{row['STRCITY']} {FORMS[row['type_store']]}",
        state,
        STATES[state],
        row["LAT"],
        row["LON"],
        "wgs84",
        "US",
        f"US-{state}",
        f"{row['STREETADDR']}, {row['STRCITY']}, {state} {row['ZIPCODE']}",
        opened,
    )


def write(path: Path, header: Iterable[object], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as target:
        out = csv.writer(target, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


if __name__ == "__main__":
    main(*(Path(each) for each in sys.argv[1:2]))
