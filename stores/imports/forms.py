"""Files that are no table at all, told by their first bytes and named: HTML saved as .xls, PDF,
JSON, an image."""

from __future__ import annotations

from ledger.faults import InvalidInput

_TEXTS = (
    (b"<?mso-application", "an XML spreadsheet of Excel 2003"),
    (b"<?xml", "XML"),
    (b"<", "HTML"),
    (b"%pdf", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"{", "JSON"),
    (b"[", "JSON"),
)
_BYTES = (
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
)
_LOOKED_AT = 400


def refuse_other(content: bytes) -> None:
    """Raises InvalidInput that says what the file is."""
    start = content[:_LOOKED_AT]
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    form = next((name for sign, name in _BYTES if start.startswith(sign)), None)
    form = form or next((name for sign, name in _TEXTS if text.startswith(sign)), None)
    if form == "XML" and b"mso-application" in text:
        form = "an XML spreadsheet of Excel 2003"
    if form is not None:
        raise InvalidInput(
            f"This is {form} under the name of a table; open it in a spreadsheet and save it as "
            ".xlsx, or as .csv in UTF-8.",
            code="other_form",
        )
