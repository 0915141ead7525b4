"""The fields that take several lines are those that show several: every <textarea> and no other
(app/web/control_characters.py)."""

from __future__ import annotations

import re
from pathlib import Path

from app.web.control_characters import SEVERAL_LINES

APP = Path(__file__).resolve().parent.parent.parent / "app"


def test_every_field_of_several_lines_is_named_and_no_other():
    drawn = {
        name
        for path in APP.rglob("*.html")
        for name in re.findall(r'<textarea[^>]*?\bname="([^"]+)"', path.read_text("utf-8"))
    }
    declared = {
        name
        for path in APP.rglob("*.py")
        for name in re.findall(r'\bField\("(\w+)", "long"', path.read_text("utf-8"))
    }
    assert {name for name in drawn if "{{" not in name} | declared == SEVERAL_LINES
