"""What is wrong with a cell or a file, in the reader's language.

A finding with a code is said by the words of SAYINGS (stores/imports/sayings.py), which the
catalogue reads as well. The others the domain says in English (the command line, the API and the
error files do); here stand the same sentences for the catalogue. A sentence that is not here is
shown as it is; a test meets the usual ones."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from flask_babel import gettext

from app.accounts.language import language
from stores.imports.sayings import SAYINGS

REMEMBERED = 4_000


def _l(text: str) -> str:
    """Marks a text for the catalogue."""
    return text


REASONS = (
    _l("names the unknown store %(code)s"),
    _l("names the unknown dealer %(code)s"),
    _l("names the store %(code)s, which exists already"),
    _l("names no other known store: %(code)s"),
    _l("names the unknown area %(code)s"),
    _l("is a second change of %(code)s"),
    _l("makes the tree deeper than %(n)s levels"),
    _l("is missing"),
    _l("is missing, and so are region_codes and postal_codes"),
    _l("must be degrees from %(low)s to %(high)s"),
    _l("must be one of %(allowed)s"),
    _l("must be a day like 2026-03-01"),
    _l("must be text of 1 to %(n)s characters"),
    _l("must be a whole number from %(low)s to %(high)s"),
    _l("names unknown rules %(codes)s; known are %(known)s"),
    _l("must be a country code of two capital letters"),
    _l("%(country)s has no place of more than 15,000 people in our list"),
    _l("These two were not tried on the same visits."),
    _l("One of the two simulations is not finished."),
    _l("These rules have not been simulated; simulate them first."),
    _l(
        "The network or the rules in force changed since these rules were simulated; simulate "
        "them again."
    ),
    _l("is missing; a value is required"),
    _l("lies outside %(low)s to %(high)s; latitude and longitude look swapped"),
    _l("lies outside %(low)s to %(high)s"),
    _l("has a decimal comma; write a point"),
    _l("is no %(name)s in decimal degrees, such as 31.2304"),
    _l("is none of %(allowed)s"),
    _l("is neither %(yes)s nor %(no)s"),
    _l("is no whole number; write digits only"),
    _l("has %(n)s characters; at most %(most)s are allowed"),
    _l("holds the invisible character %(code)s"),
    _l(
        "was shortened by a spreadsheet, its digits are lost; format the column as text and enter "
        "the codes again"
    ),
    _l("is no day of the calendar"),
    _l("is no date from 1900 to 2199; write 2025-03-01"),
    _l("is no month; write 2025-03"),
    _l("looks like a missing date (impossible_time); give the real one"),
    _l(
        "lies more than 24 hours ahead of the moment of its receipt (impossible_time); give the "
        "time at which it happened"
    ),
    _l("lies before 2000-01-01 (impossible_time); give the time at which it happened"),
    _l("%(field)s looks like a missing date (impossible_time); give the real one"),
    _l(
        "%(field)s lies more than 24 hours ahead of the moment of its receipt (impossible_time); "
        "give the time at which it happened"
    ),
    _l("%(field)s lies before 2000-01-01 (impossible_time); give the time at which it happened"),
    _l("has a thousands separator or a decimal comma; write 1234.50"),
    _l("has an exponent; write all digits"),
    _l("is no amount; write digits with a decimal point, such as 1234.50, without currency sign"),
    _l("is no number; write digits with a decimal point, not negative, without separators"),
    _l("is no currency this installation knows; write an ISO 4217 code such as CNY"),
    _l("is no country; write its name or the ISO 3166 code of two letters, such as CN"),
    _l("is no region code; use letters, digits, dot, hyphen, at most 16"),
    _l("is no phone number; write 5 to 15 digits, optionally with + and country code"),
    _l("is no beginning of postal codes; write NG1* or 750*"),
    _l(
        "is no postal code; write a code such as 75001 or SW1A 1AA, a range such as 75001-75020, "
        "or a beginning such as NG1*"
    ),
    _l(
        "is no range that is understood: both ends must be numbers with equally many digits, such "
        "as 75001-75020; list districts one by one"
    ),
    _l("is a range that ends before it begins"),
    _l("must be postal codes, ranges such as 75001-75020 or beginnings such as NG1*"),
    _l("is no IANA time zone, such as Asia/Shanghai"),
    _l(
        "is no address; write https://..., weixin://... or a mini-program path such as "
        "pages/shop?id=1"
    ),
    _l("is above the largest amount that is kept, 10^11 minor units"),
    _l("is above the largest target that is kept, 10^14"),
    _l("is nothing; a refund is above 0"),
    _l("names a key twice"),
    _l(
        "is empty, so nobody would be led anywhere; leave the key out for the list of the preset, "
        "or name PICKER alone for the list of stores"
    ),
    _l("This is no ISO 8601 time; write it like 2025-03-01T10:00:00Z or 2025-03-01."),
    _l("The clock shows 00:00:00 to 23:59:59; leap seconds and 24:00 are not accepted."),
    _l("The calendar has no such day."),
    _l("The year must lie between %(first)s and %(last)s."),
    _l("%(part)s is no span of hours; write 09:00-21:00 or mon-fri 09:00-18:00"),
    _l("%(part)s is no weekday; the names are %(names)s, a range is mon-fri"),
    _l("two spans overlap on %(day)s at %(time)s"),
    _l("%(part)s does not say which days are closed; write sun off"),
    _l("says that the store is never open; leave the cell empty and close or pause the store"),
    _l("has %(n)s characters; hours take at most %(most)s"),
    _l("no hours given; leave the cell empty when they are unknown"),
    _l("%(part)s begins at 24:00; write 00:00"),
    _l("%(part)s begins and ends at the same time; the whole day is 00:00-24:00"),
    _l("%(part)s names a day twice"),
    _l("%(time)s is no time of day; it runs from 00:00 to 24:00"),
    _l("this row has %(n)s cells, the header %(m)s; check separators and quotes"),
    _l("stands in line %(line)s already; %(names)s must be unique in the file"),
    _l("stands in line %(line)s already; one identity is one person"),
    _l(
        "belongs to another customer already; one identity is one person. If both are one person, "
        "write yes in a column join of this row"
    ),
    _l("is missing; a location needs latitude, longitude and crs"),
    _l("(0, 0) is the place of a missing position; give the real one"),
    _l("(0, 0) is no usable location; the order is taken without one"),
    _l("latitude and longitude look swapped; exchange them if so"),
    _l("latitude and longitude look swapped: exchanged, the store lies among the others"),
    _l("has lost its sign, it seems: with the other one the store lies among the others"),
    _l("the point %(point)s lies more than 50 km from the centre of this region"),
    _l("lies before opened_on (%(day)s)"),
    _l("lies before hired_on (%(day)s)"),
    _l("lies before valid_from (%(day)s)"),
    _l("would have %(n)s promotions and ranges that are not over; at most %(most)s are kept"),
    _l("is the store itself"),
    _l("is the branch itself"),
    _l("has no effect while status is %(status)s"),
    _l(
        "lies %(n)s days after the pause begins; a pause lasts at most %(most)s days: name an "
        "earlier day, or close the store with a successor"
    ),
    _l("platform and channel fee make %(n)s basis points; together they are at most 10000"),
    _l("makes %(n)s basis points with the channel fee; together they are at most 10000"),
    _l("is missing; a new %(thing)s needs it"),
    _l("is unknown; %(advice)s"),
    _l("is no known dealer; import dealers first"),
    _l("is no known branch; import branches first"),
    _l("is no known store; import stores first"),
    _l("is no known customer; import customers first"),
    _l(
        "is not marked as an employee: own purchases earn commission until the file of customers "
        "says employee yes"
    ),
    _l("is no known guide; import guides first"),
    _l("is no known %(level)s"),
    _l("is no branch, neither stored nor in this file"),
    _l("makes a circle: a branch would stand above itself"),
    _l("belongs to guide %(code)s already"),
    _l("belongs to the territory %(code)s of another dealer"),
    _l("lies in no contract of this store"),
    _l("has no contract; name its dealer first"),
    _l('is no JSON; paste a GeoJSON geometry, such as {"type": "Polygon", "coordinates": [...]}'),
    _l("holds several features; paste one, or import the file"),
    _l('is no GeoJSON geometry; paste {"type": "Polygon", "coordinates": [...]}'),
    _l("lies before the first day at this store (%(day)s)"),
    _l("lies within an earlier employment (until %(day)s)"),
    _l("lies after the move to another store (%(day)s)"),
    _l("has no effect: no move to another store in the last 3 days"),
    _l("has no effect: the new store belongs to another dealer, customers stay with the old one"),
    _l("lies on or before the start of the contract before (%(day)s); it would leave no day of it"),
    _l(
        "%(start)s lies before the start of the present contract (%(day)s); a change of dealer "
        "begins on that day or later"
    ),
    _l(
        "is known with another content; an order is not changed: send a refund, or use a new number"
    ),
    _l("is a refund known with another content; use a new number for a new refund"),
    _l("is not the currency of this installation, %(currency)s"),
    _l("is no known order; record the order first, or put it in this file"),
    _l("differs from the order's, %(currency)s"),
    _l("is not the customer of the order %(order)s"),
    _l("is empty; a refund names the order it takes back"),
    _l("belongs to refunds; set kind to refund, or leave it empty"),
    _l("is the refund's own number"),
    _l("differs from line %(line)s of the same number, which says %(value)s"),
    _l("line %(n)s of order %(order)s stands in line %(line)s of the file already"),
    _l("was rounded half up to %(amount)s"),
    _l("is no known type; known are %(names)s"),
    _l("%(kind)s needs the acting guide"),
    _l("%(kind)s needs customer_id or external_userid"),
    _l("event_id is known with another content; an event is never changed"),
    _l("%(field)s is unknown; import the guide first"),
    _l("is too fine; %(metric)s takes a whole number"),
    _l("is too fine; %(metric)s takes %(unit)s"),
    _l("is above 100 percent"),
    _l("is the code of feature %(n)s already; area_code must be unique in the file"),
    _l("is missing; a territory belongs to a dealer (A12)"),
    _l("is missing; a service area belongs to a store"),
    _l("is missing; an isolated area names its dealer or its store"),
    _l("an area belongs to a dealer or to a store, not to both"),
    _l("is null, and there are neither region_codes nor postal_codes; the area would be empty"),
    _l("unknown property; do you mean %(name)s? --map %(pair)s; known are %(names)s"),
    _l("unknown property; known are %(names)s"),
    _l("is no Feature with properties"),
    _l("is no text; write it in quotes"),
    _l('is no list; write ["310000"]'),
    _l("names a code twice"),
    _l("is neither Polygon nor MultiPolygon"),
    _l("The polygon is not valid: %(why)s (longitude latitude)."),
    _l("unknown column; do you mean %(name)s? --map %(pair)s"),
    _l("stands in no column of this file; it has %(names)s"),
    _l("cannot become %(name)s: this import has no such column"),
    _l("stands for all other columns; they can only be left out"),
    _l("cannot be set: this import has no such column"),
    _l("would come from two columns: %(names)s"),
    _l("unknown column"),
    _l("this column is required and missing"),
    _l("this column stands in the header twice"),
    _l("this column has no name"),
    _l("%(name)s is empty; the first line must name the columns."),
    _l("%(name)s is no XLSX workbook; save it again as .xlsx, or as .csv in UTF-8."),
    _l(
        "The workbook is protected by a password or in the old .xls form; save it without "
        "password as .xlsx."
    ),
    _l("The workbook is protected by a password; save it without one."),
    _l("The workbook is damaged (%(why)s); open and save it again as .xlsx."),
    _l("The workbook is damaged; open and save it again as .xlsx."),
    _l("The workbook cannot be read (%(why)s); open and save it again as .xlsx."),
    _l("The workbook unpacks to %(n)s MB, which is too much; split it or save it as CSV."),
    _l("This zip file holds no XLSX workbook; save the table as .xlsx or as .csv in UTF-8."),
    _l("The workbook has no visible sheet."),
    _l(
        "Cells are merged: %(cells)s. Only the first of them holds the value, the others would "
        "count as empty; unmerge them and fill in every cell."
    ),
    _l(
        "Cell %(cell)s holds a formula that was never calculated; open the workbook in a "
        "spreadsheet, save it, and bring it again."
    ),
    _l("Cell %(cell)s holds an error value such as #N/A; mend its formula."),
    _l(
        "Row %(n)s holds a number of more than %(digits)s digits (%(number)s); a workbook loses "
        "those beyond. Format the column as text "
        "and enter the codes again."
    ),
    _l(
        "A sheet spans %(rows)s rows and %(columns)s columns; copy the used rows into a new "
        "workbook."
    ),
    _l(
        "The file is neither UTF-8 (see line %(line)s) nor plainly GB18030 or Windows-1252; its "
        "names would become others. "
        "Save it as CSV UTF-8."
    ),
    _l('The file is in UTF-16 ("Unicode text") and damaged; save it as CSV UTF-8.'),
    _l(
        "This is %(form)s under the name of a table; open it in a spreadsheet and save it as "
        ".xlsx, or as .csv in UTF-8."
    ),
    _l(
        "Line %(line)s holds a NUL byte; this is no CSV text. UTF-16 looks like this too: save it "
        "as CSV UTF-8."
    ),
    _l(
        "Line %(line)s holds bytes that are not UTF-8, though the rest of the file is; it was "
        "damaged or cut. Save it again as CSV UTF-8."
    ),
    _l(
        "Line %(line)s is no CSV: %(why)s. A quote inside a quoted cell is written twice; a cell "
        "holds at most %(n)s characters."
    ),
    _l("The file has more than %(n)s rows; split it (the limit is the setting IMPORT_MAX_ROWS)."),
    _l("The file is no JSON (%(why)s)."),
    _l(
        'The file is no GeoJSON FeatureCollection; it must be {"type": "FeatureCollection", '
        '"features": [...]}.'
    ),
    _l("The file is not UTF-8; GeoJSON is always UTF-8 (RFC 7946)."),
    _l("The file is no longer kept; upload it again."),
    _l("The kept file is not what was uploaded; upload it again."),
    _l("The file is not on the worker's machine; pages and worker must share INSTANCE_PATH."),
    _l("Who asked for this may no longer import files."),
    _l("The worker ended %(n)s times in the middle of this job."),
)
_PLACE = re.compile(r"%\\\((\w+)\\\)s")  # as re.escape writes %(name)s


def words(found: Any) -> str:
    """What is wrong, in the reader's language: a finding with `code` and `parameters` (of SAYINGS),
    else with the `reason` in English."""
    saying = SAYINGS.get(found.code or "")
    return (
        str(gettext(saying.words, **(found.parameters or {}))) if saying else reason(found.reason)
    )


LONGEST = 1_000  # characters of a reason; a longer one stays as it is


def reason(text: str) -> str:
    """The sentence in the reader's language."""
    if language() == "en" or len(text) > LONGEST:
        return text
    found = _known(text)
    return str(gettext(found[0], **dict(found[1]))) if found else text


@lru_cache(REMEMBERED)
def _known(text: str) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """The sentence of REASONS and what stands in its places."""
    for sentence, pattern in _patterns():
        if match := pattern.fullmatch(text):
            return sentence, tuple(match.groupdict().items())
    return None


@lru_cache(1)
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [
        (sentence, re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(sentence)), re.S))
        for sentence in REASONS
    ]
