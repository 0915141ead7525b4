"""Amounts of odd decimals, and the lines that shop systems export: discounts, weights, pieces."""

from __future__ import annotations

import pytest
from sqlalchemy import select

import config
import db
from app.ui import table_files
from stores.facts.orders import order_line
from stores.imports.cells import Context
from stores.imports.check import check
from stores.imports.order_rows import group_orders
from stores.network.sight import EVERYTHING
from stores.orders import reading
from tests.app.cli.person import FILES, last, totals
from tests.stores.imports.files import CHAIN, checked, only, read


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("amount_eu_thousand.csv", {"M20": 123, "M21": 250}),
        ("three_dec.csv", {"T1": 100, "T2": 1250, "T3": 235, "T4": 99999}),
    ],
)
def test_three_decimals_on_every_amount_wait_and_say_both_readings(person, name, kept):
    done = person.brings("orders", name)
    assert (done.exit_code, totals()) == (1, {})
    assert all(
        "if the point separates thousands, write" in w["reason"]
        for w in person.found(name, "warnings")
    )
    assert person.brings("orders", name, "--accept-warnings").exit_code == 0
    assert totals() == kept


def test_one_amount_of_three_decimals_among_others_is_told(person):
    name = person.writes(
        "mixed.csv",
        "order_no,customer_id,paid_at,amount\nA,c,2026-04-05,2.500\nB,c,2026-04-05,12.50\nC,c,2026-04-05,1.005\n",
    )
    assert last(person.brings("orders", name)) == "orders: 3 new"
    assert [w["reason"] for w in person.found(name, "warnings")] == [
        "has three decimals; it was read as 2.50 CNY",
        "was rounded half up to 1.01 CNY",
    ]


def test_jpy_has_no_stray_point_in_files_nor_in_exports(tmp_path):
    yen = Context(CHAIN.zone, "JPY", config.CURRENCY_DECIMALS)
    answer = check("orders", read(tmp_path, (FILES / "jpy.csv").read_bytes(), "orders"), yen)
    orders, _ = group_orders(answer.rows, yen, answer.faults, answer.warnings)
    assert ([order.lines[0].amount_minor for order in orders], only(answer.warnings).reason) == (
        [1234, 1235],
        "was rounded half up to 1235 JPY",
    )
    assert [table_files.number_format(decimals) for decimals in (0, 2, 3)] == [
        "#,##0",
        "#,##0.00",
        "#,##0.000",
    ]


def test_every_currency_of_iso_4217_is_known_with_its_minor_units():
    known = config.CURRENCY_DECIMALS
    assert (
        len(known),
        {known[code] for code in ("XAF", "ISK", "UGX", "PYG")},
        known["IQD"],
        known["CLF"],
        known["HUF"],
        known["XCG"],
    ) == (166, {0}, 3, 4, 2, 2)
    assert (
        config.load(
            {"BRAND_CURRENCY": "UGX", "INSTANCE_PATH": "/nonexistent", "SECRET_KEY": "x" * 40}
        ).currency_decimals
        == 0
    )


def test_shopify_renamed_says_the_way_out_and_is_read_when_asked(person):
    done = person.brings("orders", "shopify_renamed.csv")
    assert (
        done.exit_code,
        {(f["line"], f["column"]) for f in person.found("shopify_renamed.csv", "errors")},
    ) == (1, {("3", "customer_id"), ("3", "paid_at")})
    assert "--follow-above" in done.stderr
    asked = person.brings("orders", "shopify_renamed.csv", "--follow-above")
    assert (last(asked), totals()) == ("orders: 2 new", {"#1001": 200000, "#1002": 140000})
    assert (
        "customer_id, 1 values: blank cells follow the line above (first in line 3)" in asked.stderr
    )


def test_a_blank_order_number_follows_as_well_but_another_order_never(person):
    head = "order_no,customer_id,paid_at,amount,store_code,guide_code\n"
    name = person.writes(
        "a.csv", head + "A,c1,2026-04-05,1.00,S1,\n,,,2.00,,\nB,,2026-04-05,3.00,S1,\n"
    )
    done = person.brings("orders", name, "--follow-above")
    assert [(f["line"], f["column"]) for f in person.found(name, "errors")] == [
        ("4", "customer_id")
    ], done.output


@pytest.mark.parametrize("amount", ["-400.00", "400.00"])
def test_a_discount_is_a_line_of_its_own_kind_and_is_shared_over_the_others(person, amount):
    name = person.writes(
        "d.csv",
        "order_no,customer_id,paid_at,amount,kind,sku\nW1,c1,2026-04-05,600.00,order,P1\nW1,c1,2026-04-05,300.00,,P2\n"
        f"W1,c1,2026-04-05,{amount},discount,\n",
    )
    done = person.brings("orders", name)
    assert (last(done), person.found(name, "warnings"), totals()) == (
        "orders: 1 new",
        [],
        {"W1": 50000},
    )
    with db.read() as connection:
        assert list(
            connection.execute(
                select(order_line.c.amount_minor).order_by(order_line.c.line_no)
            ).scalars()
        ) == [33333, 16667]
    assert last(person.brings("orders", name)) == "nothing changed"


def test_woo_lines_take_the_negative_line_for_a_discount_and_say_so(person):
    assert last(person.brings("orders", "woo_lines.csv")) == "orders: 1 new"
    assert totals() == {"W1": 20000}
    assert "was taken as a discount" in person.found("woo_lines.csv", "warnings")[0]["reason"]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("A,c,2026-04-05,-5.00,", "takes more off"),
        ("A,c,2026-04-05,5.00,\nA,c,2026-04-05,-5.01,", "takes more off"),
        ("A,c,2026-04-05,5.00,discount", "takes more off"),
        ("A,c,2026-04-05,-5.00,refund", "a refund row carries a positive amount"),
    ],
)
def test_what_is_no_discount_is_refused_with_the_way_out(person, rows, reason):
    lines = [f"{row},{'O1' if 'refund' in row else ''}" for row in rows.split("\n")]
    name = person.writes(
        "n.csv", "\n".join(["order_no,customer_id,paid_at,amount,kind,original_order_no", *lines])
    )
    assert person.brings("orders", name).exit_code == 1
    assert reason in person.found(name, "errors")[0]["reason"]


def test_weighed_keeps_the_weight_beside_one_piece(person):
    assert last(person.brings("orders", "weighed.csv")) == "orders: 1 new"
    assert "counts as one piece" in person.found("weighed.csv", "warnings")[0]["reason"]
    with db.read() as connection:
        line = connection.execute(select(order_line)).one()
        order = reading.as_answer(
            connection, reading.find(connection, "W2", EVERYTHING), EVERYTHING
        )
    assert (line.quantity, line.measure, line.amount_minor, order["lines"][0]["measure"]) == (
        1,
        "0.412",
        1234,
        "0.412",
    )
    assert last(person.brings("orders", "weighed.csv")) == "nothing changed"


@pytest.mark.parametrize(("text", "pieces"), [("2", 2), ("2.0", 2), ("10.000", 10)])
def test_whole_pieces_are_counted_however_they_are_written(tmp_path, text, pieces):
    assert checked(tmp_path, "orders", {"quantity": text}).rows[0].values["quantity"] == pieces
