"""What an import may say about a cell or a file, as data: a code, its words, and how heavy it
weighs.

A finding carries a code and parameters; words are made where they are read, from this one list (the
pages translate it). Anything that checks a file adds its sayings here and says them with
`FaultList.say(line, column, value, code, **parameters)`, or lets a parser of `cells` return
`Mended`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Weight(Enum):
    """MENDED: taken in another form than it was written in; counted in the report. PLAIN: a warning
    that stops nothing. DOUBTFUL: a warning that stops the import until somebody says that it is
    meant. FAULT: the row cannot be taken."""

    MENDED = "mended"
    PLAIN = "plain"
    DOUBTFUL = "doubtful"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Saying:
    """`words` in English, a place %(name)s for each parameter; they follow the name of the
    column."""

    words: str
    weight: Weight


def _l(text: str) -> str:
    """Marks a text for the catalogue."""
    return text


def _mended(words: str) -> Saying:
    return Saying(words, Weight.MENDED)


def _plain(words: str) -> Saying:
    return Saying(words, Weight.PLAIN)


def _doubtful(words: str) -> Saying:
    return Saying(words, Weight.DOUBTFUL)


def _fault(words: str) -> Saying:
    return Saying(words, Weight.FAULT)


SAYINGS: dict[str, Saying] = {
    "required": _fault(_l("is empty; a value is required")),
    "required_or_above": _fault(
        _l(
            "is empty; a value is required. Where further lines of an order leave its fields "
            "blank, ask that they follow the line above (--follow-above)"
        )
    ),
    "follows_above": _mended(_l("blank cells follow the line above")),
    "three_decimals": _doubtful(
        _l(
            "has three decimals, as all amounts of the file: it would be read as %(read)s "
            "%(currency)s; if the point separates thousands, write %(thousands)s"
        )
    ),
    "third_decimal": _plain(_l("has three decimals; it was read as %(read)s %(currency)s")),
    "taken_as_discount": _plain(
        _l(
            "is negative: it was taken as a discount on the whole order and shared over its "
            "lines; a refund is a row of kind refund"
        )
    ),
    "negative_total": _fault(
        _l(
            "takes more off than the lines of the order are worth; a refund is a row of kind "
            "refund with a positive amount"
        )
    ),
    "negative_refund": _fault(_l("is negative; a refund row carries a positive amount")),
    "counted_as_one": _plain(
        _l(
            "is a weight or a length: the line counts as one piece, and the measure is kept "
            "beside it"
        )
    ),
    "stands_twice": _doubtful(
        _l(
            "stands in line %(line)s already, the same in every cell; if both are meant, give "
            "each its line_no"
        )
    ),
    "looks_like": _doubtful(
        _l("looks like %(code)s, which is known already; the two would be two codes")
    ),
    "looks_like_line": _doubtful(
        _l("looks like %(code)s in line %(line)s; the two would be two codes")
    ),
    "decimal_tail": _doubtful(
        _l("ends in .0, as numbers do that a program took for decimals; is %(code)s meant?")
    ),
    "unusual_form": _plain(
        _l(
            "is written with full-width letters or with accents set apart; %(code)s would be "
            "another code"
        )
    ),
    "c1_controls": _plain(
        _l(
            "holds the control character %(code)s; it was taken for %(letter)s, as Windows-1252 "
            "has it"
        )
    ),
    "excel_day_number": _plain(
        _l("is a number of a day as spreadsheets count them; it was taken for %(day)s")
    ),
    "unclear_day": _fault(
        _l(
            "may be %(first)s or %(second)s, and no other date of the column tells which; write "
            "it like 2025-03-01"
        )
    ),
    "days_in_both_orders": _fault(
        _l(
            "may be %(first)s or %(second)s: some dates of the column have the day first, others "
            "the month; write them like 2025-03-01"
        )
    ),
    "hidden_rows": _doubtful(
        _l(
            "%(count)s rows of the sheet are hidden, perhaps by a filter (%(rows)s); they would "
            "be imported as well"
        )
    ),
    "hidden_columns": _plain(
        _l("columns of the sheet are hidden (%(columns)s); they are read as well")
    ),
    "other_sheet": _doubtful(
        _l(
            "the sheet %(name)s holds %(count)s rows of the same kind and is not read; put them "
            "into the first sheet or a file of their own"
        )
    ),
    "other_sheet_of_notes": _plain(_l("the sheet %(name)s holds %(count)s rows and is not read")),
    "formula_is_zero": _doubtful(
        _l(
            "cell %(cell)s holds a formula, and no formula of the sheet has a result; open the "
            "workbook in a spreadsheet and save it, then bring it again"
        )
    ),
    "read_as_windows_1252": _plain(
        _l(
            "the file was read as Windows-1252: %(words)s; if these words are wrong, save it as "
            "CSV UTF-8"
        )
    ),
    "second_mark_of_utf_8": _mended(_l("the mark of UTF-8 (BOM) stands twice; it was taken off")),
    "lies_elsewhere": _plain(_l("lies in %(here)s, the file says %(country)s")),
    "lies_elsewhere_swapped": _plain(
        _l(
            "lies in %(here)s, the file says %(country)s; exchanged, latitude and longitude lie "
            "there"
        )
    ),
    "lies_elsewhere_latitude_sign": _plain(
        _l(
            "lies in %(here)s, the file says %(country)s; with the other sign of the latitude it "
            "lies there"
        )
    ),
    "lies_elsewhere_longitude_sign": _plain(
        _l(
            "lies in %(here)s, the file says %(country)s; with the other sign of the longitude it "
            "lies there"
        )
    ),
    "lies_elsewhere_both_signs": _plain(
        _l(
            "lies in %(here)s, the file says %(country)s; with the other signs of both it lies "
            "there"
        )
    ),
    "lies_elsewhere_swapped_signs": _plain(
        _l(
            "lies in %(here)s, the file says %(country)s; exchanged and with the other signs it "
            "lies there"
        )
    ),
    "lies_at_sea": _plain(_l("lies at sea, the file says %(country)s")),
    "lies_at_sea_swapped": _plain(
        _l("lies at sea, the file says %(country)s; exchanged, latitude and longitude lie there")
    ),
    "lies_at_sea_latitude_sign": _plain(
        _l(
            "lies at sea, the file says %(country)s; with the other sign of the latitude it lies "
            "there"
        )
    ),
    "lies_at_sea_longitude_sign": _plain(
        _l(
            "lies at sea, the file says %(country)s; with the other sign of the longitude it lies "
            "there"
        )
    ),
    "lies_at_sea_both_signs": _plain(
        _l("lies at sea, the file says %(country)s; with the other signs of both it lies there")
    ),
    "lies_at_sea_swapped_signs": _plain(
        _l(
            "lies at sea, the file says %(country)s; exchanged and with the other signs it lies "
            "there"
        )
    ),
    "longitude_is_latitude": _plain(_l("is the latitude once more; was it copied?")),
    "one_point": _plain(
        _l(
            "is exactly the point of %(code)s in line %(line)s; a map service gives one point to "
            "addresses it does not find"
        )
    ),
    "unknown_division": _plain(
        _l(
            "is no division we know; write six digits of GB/T 2260 such as 310000, or ISO 3166 "
            "such as US-TX"
        )
    ),
    "radius_small": _plain(_l("is a radius of %(metres)s metres; are %(kilometres)s meant?")),
    "radius_large": _plain(_l("is a radius of %(kilometres)s kilometres; the column is in metres")),
    "share_small": _plain(
        _l("is %(percent)s %% of a sale: the column is in basis points, %(whole)s %% is %(points)s")
    ),
    "share_large": _plain(_l("is %(percent)s %% of a sale")),
    "area_far": _plain(
        _l("lies in %(here)s, %(km)s km from the nearest store that serves it, %(store)s")
    ),
    "area_far_turned": _plain(
        _l(
            "lies in %(here)s, %(km)s km from the nearest store that serves it, %(store)s; with "
            "latitude and longitude exchanged it lies near"
        )
    ),
    "area_far_elsewhere": _plain(
        _l(
            "lies in %(here)s, %(km)s km from the nearest store that serves it, %(store)s; with "
            "latitude and longitude exchanged it lies in %(there)s"
        )
    ),
    "postal_useless": _plain(
        _l("is no postal code of %(countries)s, where the stores are that serve the area")
    ),
    "percentage": _fault(
        _l("is a percentage; the column is in basis points: %(percent)s %% is %(points)s")
    ),
    "named_country": _mended(_l("countries were named and taken by their two letters")),
    "spreadsheet_marks": _mended(_l("marks of a spreadsheet or a bill were taken off")),
}


def words(code: str, parameters: dict[str, Any]) -> str:
    """The English words. KeyError for a code that is not in the list, or a parameter that is
    missing."""
    return SAYINGS[code].words % parameters
