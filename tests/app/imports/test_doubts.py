"""A file that is hardly meant waits on its page for somebody to say so; how it was read stands
there, in the reader's language."""

from __future__ import annotations

from tests.app.conftest import on_both_engines

TWICE = (
    "order_no,customer_id,paid_at,amount,store_code\n"
    + 2 * "P1,c1,2026-04-05 10:00,10.00,S1\n"
    + "P2,c1,2026-04-05 10:00,1.005,S1\n"
)


@on_both_engines
def test_what_is_doubtful_stands_first_and_is_imported_only_when_somebody_says_so(desk):
    path = desk.checked(TWICE, "orders", "orders.csv")
    page = desk.page(path)
    assert (
        "1 warning is doubtful" in page
        and "Import anyway" in page
        and "Save these rows" not in page
    )
    assert [(line, reason.split(",")[0]) for line, _, _, reason in desk.findings(path)] == [
        ("3", "doubtful stands in line 2 already"),
        ("4", "was rounded half up to 1.01 CNY"),
    ]
    assert desk.post(f"{path}/save").status_code == 409
    assert desk.row(path).status == "ready"
    assert desk.post(f"{path}/save", accept="yes").status_code == 303
    desk.work()
    assert (desk.row(path).status, desk.row(path).result["new"]) == ("saved", 2)


def test_who_checks_again_says_again_that_it_is_meant(desk):
    path = desk.checked(TWICE, "orders", "orders.csv")
    desk.post(f"{path}/save", accept="yes")
    desk.post(f"{path}/discard")
    other = desk.checked(TWICE, "orders", "orders.csv")
    desk.post(f"{other}/check")
    desk.work()
    assert (desk.row(other).status, desk.row(other).wishes) == ("ready", {"accept": False})
    assert desk.post(f"{other}/save").status_code == 409


def test_the_warnings_as_a_file_mark_the_doubtful(desk):
    path = desk.checked(TWICE, "orders", "orders.csv")
    rows = desk.client.get(f"{path}/warnings.csv").data.decode("utf-8-sig").splitlines()
    assert rows[0] == "line,column,value,reason,doubtful"
    assert [row.rpartition(",")[2] for row in rows[1:]] == ["yes", ""]


def test_findings_and_how_the_file_was_read_are_told_in_the_readers_language(desk):
    path = desk.checked(TWICE.replace(",", ";").encode("gb18030"), "orders", "orders.csv")
    assert "CSV in UTF-8, separated by semicolons · 3 rows, 5 columns" in desk.page(path)
    page = desk.page(path, "zh")
    assert "与第 2 行逐格相同" in page and "CSV，编码 UTF-8，以分号分隔 · 3 行，5 列" in page


def test_blank_order_fields_follow_the_line_above_when_asked_for_on_the_page(desk):
    text = "order_no,customer_id,paid_at,amount\n#1,anna,2026-04-05,6.00\n#1,,,14.00\n"
    path = desk.checked(text, "orders", "shop.csv")
    assert desk.row(
        path
    ).status == "faults" and "Blank order fields follow the line above: check again" in desk.page(
        path
    )
    assert desk.post(f"{path}/check", follow="yes").status_code == 303
    desk.work()
    assert (desk.row(path).status, desk.row(path).result["new"]) == ("ready", 1)
    assert "customer_id, 1 values: blank cells follow the line above" in desk.page(path)
    assert desk.post(f"{path}/save").status_code == 303
    desk.work()
    assert desk.row(path).status == "saved"
