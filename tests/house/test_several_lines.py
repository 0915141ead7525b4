"""The fields that take several lines are those that show several: every <textarea> and no other (app/control_characters.py)."""
from __future__ import annotations

import re
from pathlib import Path

from app.control_characters import SEVERAL_LINES

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "app" / "templates"


def test_every_field_of_several_lines_is_named_and_no_other():
    found = {name for path in TEMPLATES.rglob("*.html") for name in re.findall(r'<textarea[^>]*?\bname="([^"]+)"', path.read_text("utf-8"))}
    assert found == SEVERAL_LINES
