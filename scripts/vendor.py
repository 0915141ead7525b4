"""Fetch the front end's files from the npm registry into app/static/vendor, and the tests' into
tests/vendor, each with a manifest of what they are.

Run by hand to take a newer version: `python scripts/vendor.py`. The files are committed; nothing is
fetched when Doorstep runs."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET, TEST_TARGET = ROOT / "app" / "static" / "vendor", ROOT / "tests" / "vendor"
Package = tuple[str, str, str, str]
TEST_PACKAGES: tuple[Package, ...] = (("axe-core", "4.14.1", "axe.min.js", "axe.min.js"),)
PACKAGES: tuple[Package, ...] = (  # package, version, file inside the package, name here
    ("@tabler/core", "1.6.1", "dist/css/tabler.min.css", "tabler.min.css"),
    ("htmx.org", "2.0.11", "dist/htmx.min.js", "htmx.min.js"),
    ("leaflet", "1.9.4", "dist/leaflet.js", "leaflet.js"),
    ("leaflet", "1.9.4", "dist/leaflet.css", "leaflet.css"),
)


def fetch(package: str, version: str, inside: str) -> tuple[bytes, str]:
    """One file of one published package, and the package's licence."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", f"{package}@{version}"],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        with tarfile.open(Path(folder) / packed.stdout.split()[-1]) as archive:
            content, about = (
                archive.extractfile(f"package/{inside}"),
                archive.extractfile("package/package.json"),
            )
            assert content
            assert about
            return content.read(), json.load(about)["license"]


def without_source_map(content: bytes) -> bytes:
    """The reference to a map that is not shipped would be a 404 in every browser's console."""
    lines = content.split(b"\n")
    return b"\n".join(
        line for line in lines if not line.lstrip(b"/*").lstrip().startswith(b"# sourceMappingURL=")
    )


def without_pictures(content: bytes) -> bytes:
    """Rules of a style sheet that show pictures which are not shipped: our maps draw circles and no
    layer switch."""
    return re.sub(rb"[^{}]*\{[^{}]*url\([^{}]*\}", b"", content)


def vendor(target: Path, packages: tuple[Package, ...]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    manifest = []
    for package, version, inside, name in packages:
        content, licence = fetch(package, version, inside)
        content = without_source_map(content)
        if package == "leaflet" and name.endswith(".css"):
            content = without_pictures(content)
        (target / name).write_bytes(content)
        manifest.append(
            {
                "file": name,
                "package": package,
                "version": version,
                "licence": licence,
                "path": inside,
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )
        print(f"{name}: {package} {version}, {licence}, {len(content):,} bytes")
    (target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    vendor(TARGET, PACKAGES)
    vendor(TEST_TARGET, TEST_PACKAGES)
