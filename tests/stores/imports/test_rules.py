"""The rules of rows and files that need no database (CONTRACT 2, A3)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.imports.check import check
from stores.imports.columns import COLUMNS
from stores.imports.faults import FaultList
from stores.imports.order_rows import group_orders
from stores.imports.sheets import Sheet
from tests.stores.imports.files import CHAIN, GOOD, as_csv, checked, found, only, read


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("branches", "branch_code"),
        ("dealers", "dealer_code"),
        ("stores", "store_code"),
        ("guides", "guide_code"),
        ("customers", "customer_id"),
        ("events", "event_id"),
        ("targets", "period"),
    ],
)
def test_a_key_that_stands_twice_names_its_first_line(tmp_path, kind, key):
    fault = only(checked(tmp_path, kind, {}, {}).faults)
    assert (fault.line, fault.column) == (3, key)
    assert "stands in line 2 already" in fault.reason


def test_codes_that_differ_in_case_are_two_codes(tmp_path):
    assert not checked(tmp_path, "stores", {"store_code": "s1"}, {"store_code": "S1"}).faults


def test_two_customers_cannot_share_an_identity(tmp_path):
    assert found(
        checked(
            tmp_path, "customers", {"unionid": "u"}, {"customer_id": "C2", "unionid": "u"}
        ).faults
    ) == [(3, "unionid")]


BAD_ROWS = [
    ("stores", {"latitude": "0", "longitude": "0.0"}, "latitude", "(0, 0)"),
    (
        "stores",
        {"opened_on": "2025-03-02", "closed_on": "2025-03-01"},
        "closed_on",
        "before opened_on",
    ),
    (
        "dealers",
        {"platform_fee_bp": "9000", "channel_fee_bp": "2000"},
        "platform_fee_bp",
        "11000 basis points",
    ),
    ("guides", {"hired_on": "2025-03-02", "left_on": "2025-03-01"}, "left_on", "before hired_on"),
    ("orders", {"latitude": "31.2", "longitude": "121.4", "crs": ""}, "crs", "is missing"),
    ("orders", {"latitude": "31.2", "longitude": "", "crs": "wgs84"}, "longitude", "is missing"),
    ("events", {"guide_code": ""}, "guide_code", "needs the acting guide"),
    ("events", {"customer_id": ""}, "customer_id", "needs customer_id or external_userid"),
    ("events", {"payload": '{"surprise": 1}'}, "payload", "unknown key 'surprise'"),
    ("events", {"type": "chat.day", "payload": ""}, "payload", "needs chats"),
    ("events", {"type": "chat.day", "payload": '{"chats": -1}'}, "payload", "needs chats"),
    ("events", {"type": "chat.day", "payload": '{"chats": true}'}, "payload", "needs chats"),
    (
        "events",
        {"type": "chat.day", "payload": '{"chats": 1, "avg_first_reply_min": "2"}'},
        "payload",
        "avg_first_reply_min",
    ),
    (
        "events",
        {"type": "contact.transferred", "payload": '{"from_guide_code": 7}'},
        "payload",
        "from_guide_code",
    ),
    (
        "events",
        {"type": "contact.transferred", "payload": '{"from_guide_code": "G1", "state": "done"}'},
        "payload",
        "the taker",
    ),
    (
        "events",
        {"type": "contact.transferred", "payload": '{"from_guide_code": "G2", "state": "lost"}'},
        "payload",
        "unknown state",
    ),
    (
        "events",
        {"type": "referral.invited", "payload": '{"inviter_customer_id": "C1"}'},
        "payload",
        "the invitee",
    ),
    (
        "events",
        {"type": "referral.invited", "payload": '{"inviter_customer_id": 7}'},
        "payload",
        "no text",
    ),
]


@pytest.mark.parametrize(("kind", "row", "column", "said"), BAD_ROWS)
def test_a_row_against_its_own_rules_is_a_fault(tmp_path, kind, row, column, said):
    fault = only(checked(tmp_path, kind, row).faults)
    assert fault.column == column
    assert said in fault.reason


GOOD_EVENTS = [
    {"type": "contact.added", "customer_id": "", "external_userid": "wm1"},
    {"type": "contact.transferred", "payload": '{"from_guide_code": "G2", "state": "requested"}'},
    {"type": "referral.invited", "guide_code": "", "payload": '{"inviter_customer_id": "C9"}'},
    {"type": "customer.registered", "guide_code": ""},
    {"type": "chat.day", "customer_id": "", "payload": '{"chats": 0}'},
    {
        "type": "chat.day",
        "customer_id": "",
        "payload": '{"chats": 3, "messages": 9, "replies": 4, "avg_first_reply_min": 2.5}',
    },
]


@pytest.mark.parametrize("event", GOOD_EVENTS)
def test_events_carry_what_their_type_asks_for(tmp_path, event):
    assert not checked(tmp_path, "events", event).faults


@settings(max_examples=200, deadline=None)
@given(kind=st.sampled_from(sorted(GOOD)), data=st.data())
def test_any_text_in_any_cell_is_a_value_or_a_fault(kind, data):
    names = tuple(column.name for column in COLUMNS[kind])
    likely = st.sampled_from(
        [
            "0",
            "-1",
            "31.2",
            "121.4",
            "wgs84",
            "2025-03-01",
            "{}",
            "refund",
            "active",
            "S1",
            "09:00-18:00",
            "",
            "=1",
        ]
    )
    texts = {name: data.draw(st.one_of(likely, st.text(max_size=20)), label=name) for name in names}
    answer = check(kind, Sheet(names, [(2, texts), (3, texts)], FaultList(), "utf-8"), CHAIN)
    assert answer.faults.total or len(answer.rows) == 2
    if kind == "orders":
        group_orders(answer.rows, CHAIN, answer.faults, answer.warnings)


# -- warnings of places (A3) -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            {"region_code": "310000", "country": "CN", "latitude": "39.9", "longitude": "116.4"},
            "more than 50 km from the centre",
        ),
        (
            {"region_code": "650100", "country": "CN", "latitude": "87.6", "longitude": "43.8"},
            "look swapped",
        ),
        ({"country": "CN", "latitude": "87.6", "longitude": "43.8"}, "look swapped"),
        ({"status": "active", "paused_until": "2025-03-01"}, "no effect while status is active"),
    ],
)
def test_a_doubtful_store_is_a_warning_and_still_taken(tmp_path, row, said):
    answer = checked(tmp_path, "stores", row)
    assert said in only(answer.warnings).reason
    assert (len(answer.rows), answer.faults.total) == (1, 0)


def test_a_store_whose_exchanged_place_lies_among_the_others_is_a_warning_in_every_country(
    tmp_path,
):
    rows = [
        {"store_code": f"US{n}", "latitude": str(35 + n), "longitude": str(-88 - n / 2)}
        for n in range(6)
    ]
    answer = checked(
        tmp_path, "stores", *rows, {"store_code": "X", "latitude": "-87.5", "longitude": "36.2"}
    )
    assert found(answer.warnings) == [(8, "latitude")]


def test_a_region_outside_china_is_not_looked_up_in_china(tmp_path):
    assert not checked(
        tmp_path,
        "stores",
        {"region_code": "310000", "country": "US", "latitude": "39.9", "longitude": "-88"},
    ).warnings


def test_an_order_at_zero_zero_is_taken_without_a_place(tmp_path):
    answer = checked(tmp_path, "orders", {"latitude": "0", "longitude": "0", "crs": "wgs84"})
    assert (answer.rows[0].point, answer.warnings.total, answer.faults.total) == (None, 1, 0)


def test_a_crs_without_a_place_is_no_fault(tmp_path):
    assert not checked(tmp_path, "orders", {"latitude": "", "longitude": "", "crs": "gcj02"}).faults


def test_progress_is_told_from_nothing_to_all(tmp_path):
    told: list[tuple[int, int]] = []
    rows = [{"branch_code": f"B{n}", "name": "x"} for n in range(2_500)]
    check(
        "branches",
        read(tmp_path, as_csv(rows), "branches"),
        CHAIN,
        lambda done, total: told.append((done, total)),
    )
    assert told == [(0, 2500), (1000, 2500), (2000, 2500), (2500, 2500)]


# -- orders put together ---------------------------------------------------------------------------


def grouped(folder, *rows):
    answer = checked(folder, "orders", *rows)
    assert not answer.faults
    faults, warnings = FaultList(), FaultList()
    return *group_orders(answer.rows, CHAIN, faults, warnings), faults, warnings


def test_rows_of_one_number_form_one_order_and_missing_line_numbers_count(tmp_path):
    orders, refunds, faults, _ = grouped(
        tmp_path, {"sku": "A"}, {"order_no": "O2"}, {"sku": "B", "amount": "3"}
    )
    assert not faults
    assert not refunds
    assert [
        (o.order_no, [(n.line_no, n.sku, n.amount_minor, n.line) for n in o.lines]) for o in orders
    ] == [("O1", [(1, "A", 1250, 2), (2, "B", 300, 4)]), ("O2", [(1, None, 1250, 3)])]


def test_orders_come_in_the_order_of_payment_and_number(tmp_path):
    times = {"O3": "2025-03-01", "O2": "2025-03-02", "O1": "2025-03-02"}
    orders = grouped(
        tmp_path, *({"order_no": number, "paid_at": at} for number, at in times.items())
    )[0]
    assert [order.order_no for order in orders] == ["O3", "O1", "O2"]


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("customer_id", "C1", "C2"),
        ("paid_at", "2025-03-01", "2025-03-02"),
        ("currency", "CNY", "JPY"),
        ("guide_code", "G1", ""),
        ("store_code", "S1", "S2"),
        ("channel", "a", "b"),
        ("kind", "order", "refund"),
    ],
)
def test_what_belongs_to_the_order_must_agree_on_all_its_rows(tmp_path, column, one, other):
    orders, refunds, faults, _ = grouped(tmp_path, {column: one}, {column: other})
    assert (orders, refunds, found(faults)) == ([], [], [(3, column)])


def test_one_moment_written_in_two_zones_agrees(tmp_path):
    assert not grouped(
        tmp_path, {"paid_at": "2025-03-01T02:00:00Z"}, {"paid_at": "2025-03-01 10:00"}
    )[2]


BAD_ORDERS = [
    ([{"line_no": "1"}, {"line_no": "1"}], (3, "line_no")),
    ([{"line_no": "2"}, {"line_no": ""}], (3, "line_no")),
    ([{"original_order_no": "O9"}], (2, "original_order_no")),
    ([{"kind": "refund"}], (2, "original_order_no")),
    ([{"kind": "refund", "original_order_no": "O1"}], (2, "original_order_no")),
    ([{"kind": "refund", "original_order_no": "O9", "amount": "0.00"}], (2, "amount")),
    ([{"kind": "refund", "original_order_no": "O9", "line_no": "1"}] * 2, (3, "line_no")),
    ([{"amount": "99999999999999.00"}], (2, "amount")),
]


@pytest.mark.parametrize(("rows", "fault"), BAD_ORDERS)
def test_an_order_against_the_rules_is_a_fault(tmp_path, rows, fault):
    orders, refunds, faults, _ = grouped(tmp_path, *rows)
    assert (orders, refunds, found(faults)) == ([], [], [fault])


def test_a_refund_names_lines_or_is_spread(tmp_path):
    back = {"kind": "refund", "original_order_no": "O1", "paid_at": "2025-03-05"}
    refunds = grouped(
        tmp_path,
        back | {"order_no": "R1", "line_no": "2", "amount": "1"},
        back | {"order_no": "R2", "amount": "5"},
        {},
    )[1]
    assert [(r.refund_no, r.order_no, r.lines, r.spread_minor) for r in refunds] == [
        ("R1", "O1", ((2, 100),), 0),
        ("R2", "O1", (), 500),
    ]


def test_rounded_amounts_are_reported_in_the_orders_own_currency(tmp_path):
    _, _, _, warnings = grouped(
        tmp_path, {"amount": "0.005"}, {"order_no": "O2", "amount": "12.5", "currency": "JPY"}
    )
    assert [warning.reason for warning in warnings.kept] == [
        "was rounded half up to 0.01 CNY",
        "was rounded half up to 13 JPY",
    ]


def test_the_hash_knows_the_content_and_not_how_it_is_written(tmp_path):
    one = grouped(
        tmp_path, {"line_no": "2", "sku": "B"}, {"line_no": "1", "sku": "A", "amount": "1"}
    )[0][0]
    same = grouped(
        tmp_path,
        {
            "line_no": "1",
            "sku": "A",
            "amount": "1.00",
            "paid_at": "2025-03-01T02:00:00Z",
            "currency": "CNY",
        },
        {
            "line_no": "2",
            "sku": "B",
            "quantity": "1",
            "paid_at": "2025-03-01 10:00",
            "currency": "CNY",
        },
    )[0][0]
    other = grouped(
        tmp_path, {"line_no": "2", "sku": "B"}, {"line_no": "1", "sku": "A", "amount": "1.01"}
    )[0][0]
    assert one.hash == same.hash != other.hash


def test_an_events_payload_is_kept_as_json(tmp_path):
    payload = {"chats": 3, "replies": 2}
    row = checked(
        tmp_path, "events", GOOD["events"] | {"type": "chat.day", "payload": json.dumps(payload)}
    ).rows[0]
    assert row.values["payload"] == payload
