"""Days and months as spreadsheets and people write them: taken as meant, or refused."""

from __future__ import annotations

import pytest

from tests.stores.imports.files import checked, only


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025/3/1 10:00", "2025-03-01T02:00:00+00:00"),
        ("2025-3-1 9:05", "2025-03-01T01:05:00+00:00"),
        ("2025年3月1日 10:00", "2025-03-01T02:00:00+00:00"),
        ("25/3/2025 10:00:30", "2025-03-25T02:00:30+00:00"),
        ("3/25/2025 9:05 PM", "2025-03-25T13:05:00+00:00"),
        ("1.3.2025", "2025-02-28T16:00:00+00:00"),
        ("3/3/2025", "2025-03-02T16:00:00+00:00"),
        ("2026-04-05 21:06:21 +0800", "2026-04-05T13:06:21+00:00"),
        ("45717", "2025-02-28T16:00:00+00:00"),
        ("45717.4166666667", "2025-03-01T02:00:00+00:00"),
    ],
)
def test_dates_as_spreadsheets_write_them(tmp_path, text, moment):
    assert (
        checked(tmp_path, "orders", {"paid_at": text}).rows[0].values["paid_at"].isoformat()
        == moment
    )


@pytest.mark.parametrize("text", ["2025-03", "2025-03-01", "2025/3/1", "2025-03-01 00:00:00"])
def test_a_month_that_a_workbook_took_for_its_first_day_is_that_month(tmp_path, text):
    assert checked(tmp_path, "targets", {"period": text}).rows[0].values["period"] == "2025-03"


def test_a_day_in_the_middle_is_no_month(tmp_path):
    assert (
        "is no month" in only(checked(tmp_path, "targets", {"period": "2025-03-02"}).faults).reason
    )


def test_a_day_and_a_month_that_may_be_either_are_refused_unless_the_column_decides(tmp_path):
    alone = only(checked(tmp_path, "stores", {"opened_on": "1/3/2025"}).faults)
    assert (alone.code, alone.parameters) == (
        "unclear_day",
        {"first": "2025-03-01", "second": "2025-01-03"},
    )
    answer = checked(
        tmp_path,
        "stores",
        {"opened_on": "1/3/2025"},
        {"store_code": "S2", "opened_on": "25/3/2025"},
    )
    assert [row.values["opened_on"].isoformat() for row in answer.rows] == [
        "2025-03-01",
        "2025-03-25",
    ]
    assert answer.understood.dates == (("opened_on", "dmy"),)
    other = checked(
        tmp_path,
        "stores",
        {"opened_on": "1/3/2025"},
        {"store_code": "S2", "opened_on": "3/25/2025"},
    )
    assert [row.values["opened_on"].isoformat() for row in other.rows] == [
        "2025-01-03",
        "2025-03-25",
    ]


def test_a_column_with_both_orders_is_refused(tmp_path):
    faults = checked(
        tmp_path,
        "stores",
        {"opened_on": "25/3/2025"},
        {"store_code": "S2", "opened_on": "3/25/2025"},
        {"store_code": "S3", "opened_on": "1/2/2025"},
    ).faults
    assert {fault.code for fault in faults.kept} == {"days_in_both_orders"} and faults.total == 3


def test_a_number_of_a_day_is_said(tmp_path):
    warning = only(checked(tmp_path, "stores", {"opened_on": "45717"}).warnings)
    assert (warning.code, warning.parameters) == ("excel_day_number", {"day": "2025-03-01"})
