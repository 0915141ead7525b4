"""Workbooks of a kilobyte that are made to take a minute are refused at once."""

from __future__ import annotations

import io
import time
import zipfile

import pytest
import xlsxwriter

from ledger.faults import InvalidInput
from stores.imports import workbooks

MOST_SECONDS = 5.0  # of processor time; what is found here took a minute


def made(workbook: bytes, relations: bytes = b"<R/>") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in (
            ("[Content_Types].xml", b"<Types/>"),
            ("xl/workbook.xml", workbook),
            ("xl/_rels/workbook.xml.rels", relations),
        ):
            archive.writestr(name, part)
    return out.getvalue()


def with_a_stray_cell() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "store_code")
    sheet.write(1_048_575, 18, "x")
    book.close()
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        made(b"<sheet " * 28_000),
        made(b"<sheet " + b"a" * 200_000),
        made(b'<sheet r:id="a"/>', b"<Relationship " * 14_000),
        made(b'<sheet r:id="a"/>', b"<Relationship " + b"a" * 200_000),
        with_a_stray_cell(),
    ],
)
def test_it_is_refused_at_once(content: bytes):
    began = time.process_time()
    with pytest.raises(InvalidInput):
        list(workbooks.read_rows(content))
    assert time.process_time() - began < MOST_SECONDS
