"""Our scripts make elements and text, never HTML from a string; and no template marks a text as
HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = sorted((ROOT / "app" / "static" / "js").glob("*.js"))
TEMPLATES = sorted((ROOT / "app" / "templates").rglob("*.html"))
SINKS = re.compile(
    r"""
    \.\s*(?:innerHTML|outerHTML|srcdoc)\b | \[\s*["'`](?:innerHTML|outerHTML|srcdoc)
    | \b(?:insertAdjacentHTML|setHTMLUnsafe|setHTML|parseHTMLUnsafe|parseFromString|createContextualFragment|execScript)\b
    | \bdocument\s*\.\s*write | \beval\s*\( | \bnew\s+Function\b | \bset(?:Timeout|Interval)\s*\(\s*["'`]
    | \bsetAttribute\(\s*["'`](?:on|srcdoc) | \bcreateElement\(\s*["'`](?:script|iframe|object|embed)
    | \bset(?:Tooltip|Popup)?Content\( | \bL\.(?:tooltip|popup)\( | \b(?:open|_)(?:Tooltip|Popup)\(\s*["'`]
    | \bbindTooltip\((?!(?:\(\)\s*=>\s*)?line\() | \bbindPopup\((?!\(\)\s*=>\s*this\.popup\()
    | \bdivIcon\((?!\{[^{}]*\bhtml:\s*made\() | \battribution:\s | \bzoom(?:In|Out)Text:\s(?!"[+−]") | \bsetPrefix\((?!false\))
""",
    re.VERBOSE,
)
POLICY = "text_only.js"  # the one file that may name a policy


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_html_of_a_string(path):
    text = path.read_text("utf-8")
    assert [
        (text.count("\n", 0, found.start()) + 1, found[0]) for found in SINKS.finditer(text)
    ] == []
    assert ("createPolicy" in text) == (path.name == POLICY)


@pytest.mark.parametrize(
    "line",
    [
        "box.innerHTML = name;",
        'box["innerHTML"] = name;',
        "box.outerHTML += name;",
        'box.insertAdjacentHTML("beforeend", name);',
        "document.write(name);",
        "dot.bindTooltip(facts.name)",
        "dot.bindTooltip(() => [facts.name].join())",
        "dot.bindTooltip(`${name}`)",
        "dot.bindPopup(facts.name)",
        "dot.bindPopup(() => facts.name)",
        "L.divIcon({ html: facts.name })",
        'L.divIcon({ className: "town", html: `<b>${name}</b>` })',
        "layer.setTooltipContent(name)",
        "popup.setContent(name)",
        "L.popup(at, { content: name })",
        'new DOMParser().parseFromString(name, "text/html")',
        "frame.srcdoc = name;",
        'setTimeout("deed()", 1)',
        'box.setAttribute("onclick", name)',
        "L.tileLayer(url, { attribution: credit })",
        "eval(name)",
    ],
)
def test_the_rule_knows_every_way(line):
    assert SINKS.search(line)


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "app" / "templates"))
)
def test_no_template_takes_a_text_for_html_or_carries_a_script(path):
    text = path.read_text("utf-8")
    assert (
        re.findall(
            r"\|\s*safe\b|autoescape\s+false|\bsrcdoc\b|javascript:|\son[a-z]+=|<script(?![^>]*\ssrc=)|<iframe",
            text,
        )
        == []
    )
