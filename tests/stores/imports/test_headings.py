"""Headings as people write them: what each likely is, and files read by pairs of theirs and
ours."""

from __future__ import annotations

import tomllib

import pytest

from ledger.faults import InvalidInput
from stores.imports.columns import COLUMNS
from stores.imports.headings import WORDS, HeadingMap, digest, folded, likely_columns
from stores.imports.sheets import read_sheet, read_top
from tests.stores.imports.files import as_xlsx

FILES = {  # kind, headings as people write them, what they are
    "a list in Chinese": (
        "stores",
        "门店编码,门店名称,经销商编码,纬度,经度,坐标系,详细地址,营业时间",
        "store_code,name,dealer_code,latitude,longitude,crs,address,hours",
    ),
    "a list in English": (
        "stores",
        "Store ID,Store Name,Franchisee,Lat,Lng,Datum,Street address,Opening Hours",
        "store_code,name,dealer_code,latitude,longitude,crs,address,hours",
    ),
    "tags of OpenStreetMap": (
        "stores",
        "@id,name,@lat,@lon,addr:country,opening_hours,website",
        "store_code,name,latitude,longitude,country,hours,cloud_shop_url",
    ),
    "All the Places": (
        "stores",
        "ref,name,addr:full,lat,lon,opening_hours,website",
        "store_code,name,address,latitude,longitude,hours,cloud_shop_url",
    ),
    "Shopify": (
        "orders",
        "Name,Email,Paid at,Currency,Lineitem quantity,Lineitem sku,Location",
        "order_no,customer_id,paid_at,currency,quantity,sku,store_code",
    ),
    "WooCommerce": (
        "orders",
        "Order Number,Email (Billing),Paid Date,Order Currency,SKU,Quantity,Order Line Total",
        "order_no,customer_id,paid_at,currency,sku,quantity,amount",
    ),
    "Square": (
        "orders",
        "Date,Category,Qty,SKU,Net Sales,Transaction ID,Event Type,Location,Customer ID",
        "paid_at,category,quantity,sku,amount,order_no,kind,store_code,customer_id",
    ),
    "Youzan": (
        "orders",
        "订单号,买家付款时间,商品编码,商品数量,商品实际成交金额,归属店铺,买家手机号",
        "order_no,paid_at,sku,quantity,amount,store_code,customer_id",
    ),
    "orders in Chinese": (
        "orders",
        "订单号,会员编号,支付时间,金额,门店编码,导购工号",
        "order_no,customer_id,paid_at,amount,store_code,guide_code",
    ),
    "full width and capitals": (
        "branches",
        "ＢＲＡＮＣＨ－ＣＯＤＥ,Name,Parent",
        "branch_code,name,parent_code",
    ),
    "a misspelling": ("stores", "store_cod,nmae,lattitude", "store_code,name,latitude"),
    "staff": (
        "guides",
        "工号,姓名,所属门店,企业微信,入职日期",
        "guide_code,name,store_code,wecom_userid,hired_on",
    ),
    "people": (
        "customers",
        "会员号,手机号,微信unionid,是否员工",
        "customer_id,phone,unionid,employee",
    ),
}


@pytest.mark.parametrize(("kind", "theirs", "ours"), FILES.values(), ids=FILES)
def test_a_heading_as_people_write_it_is_known(kind, theirs, ours):
    names = theirs.split(",")
    found = likely_columns(kind, names, [column.name for column in COLUMNS[kind]])
    assert [found.get(name) for name in names] == ours.split(",")


def test_a_column_of_ours_is_offered_once_and_nonsense_not_at_all():
    found = likely_columns(
        "stores",
        ["lat", "latitude_deg", "纬度", "Lineitem price", "😀", ""],
        ["latitude", "longitude"],
    )
    assert list(found.values()) == ["latitude"]


def test_every_word_belongs_to_a_column_and_stands_once():
    """A word of two columns of one kind would be a guess by chance."""
    data = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    for kind, own in data.items():
        columns = (
            {column.name for each in COLUMNS.values() for column in each}
            if kind == "any"
            else {c.name for c in COLUMNS.get(kind, ())}
        )
        if kind != "areas":
            assert own.keys() <= columns | {"valid_from"}, kind
        words = [word for several in own.values() for word in {folded(word) for word in several}]
        assert sorted(words) == sorted(set(words)), [
            word for word in words if words.count(word) > 1
        ]


def test_an_unknown_column_asks_whether_another_one_is_meant(tmp_path):
    file = tmp_path / "stores.csv"
    file.write_text("store_code,name,dealer_code,lat,longitude,crs,Store hours\n")
    with pytest.raises(InvalidInput) as refusal:
        read_sheet(file, COLUMNS["stores"], kind="stores")
    reasons = {error.field: error.reason for error in refusal.value.errors}
    assert reasons["lat"] == "unknown column; do you mean latitude? --map lat=latitude"
    assert reasons["Store hours"] == "unknown column; do you mean hours? --map 'Store hours=hours'"
    assert reasons["latitude"] == "this column is required and missing"


def read(tmp_path, content, pairs, fixed=None, kind="branches"):
    file = tmp_path / "file.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_sheet(file, COLUMNS[kind], kind=kind, given=HeadingMap(pairs, fixed or {}))


def test_columns_are_renamed_left_out_joined_and_set(tmp_path):
    given = {"Kürzel": "branch_code", "Vor + Nach": "name", "Bemerkung": "", "column 4": ""}
    sheet = read(
        tmp_path,
        "Vor,Kürzel,Bemerkung,,Nach\nOst,B1,x,y,Mitte\n,B2,,,West\n",
        given,
        {"parent_code": "HQ"},
    )
    assert [cells for _, cells in sheet.rows] == [
        {"branch_code": "B1", "name": "Ost Mitte", "parent_code": "HQ"},
        {"branch_code": "B2", "name": "West", "parent_code": "HQ"},
    ]


def test_a_heading_may_hold_the_sign_that_joins(tmp_path):
    sheet = read(tmp_path, "branch_code,A + B\nB1,East\n", {"A + B": "name"})
    assert sheet.rows[0][1] == {"branch_code": "B1", "name": "East"}


def test_the_rest_is_left_out_and_numbers_are_multiplied_exactly(tmp_path):
    given = {
        "Name": "order_no",
        "Email": "customer_id",
        "Paid at": "paid_at",
        "Price * Qty": "amount",
        "Qty": "quantity",
        "*": "",
    }
    sheet = read(
        tmp_path,
        "Name,Email,Paid "
        "at,Price,Qty,Note,Tags\n#1,a@b.c,2026-04-05,0.1,3,x,y\n#2,a@b.c,2026-04-05,$5,3,x,y\n",
        given,
        kind="orders",
    )
    assert [cells["amount"] for _, cells in sheet.rows] == ["0.3", "$5 * 3"]
    assert sheet.columns == ("order_no", "customer_id", "paid_at", "amount", "quantity")


WRONG = {
    "the rest is ours": (
        "branch_code,name,a\n",
        {"*": "parent_code"},
        {},
        "they can only be left out",
    ),
    "two onto one": (
        "branch_code,a,b\n",
        {"a": "name", "b": "name"},
        {},
        "name: would come from two columns: a and b",
    ),
    "onto one that is there": (
        "branch_code,a,name\n",
        {"a": "name"},
        {},
        "name: would come from two columns",
    ),
    "none of theirs": (
        "branch_code,name\n",
        {"Name": "name"},
        {},
        "Name: stands in no column of this file; it has branch_code, name",
    ),
    "one of the joined": (
        "branch_code,a\n",
        {"a + b": "name"},
        {},
        "b: stands in no column of this file",
    ),
    "none of ours": (
        "branch_code,name,a\n",
        {"a": "colour"},
        {},
        "a: cannot become colour: this import has no such column",
    ),
    "repeated": (
        "branch_code,a,a\n",
        {"a": "name"},
        {},
        "a: this column stands in the header twice",
    ),
    "ours renamed away": (
        "branch_code,name,a\n",
        {"name": ""},
        {},
        "name: this column is required and missing",
    ),
    "set and there": (
        "branch_code,name\n",
        {},
        {"name": "x"},
        "name: would come from two columns: name and the value that is set",
    ),
    "set and unknown": ("branch_code,name\n", {}, {"colour": "x"}, "colour: cannot be set"),
}


@pytest.mark.parametrize(("text", "pairs", "fixed", "said"), WRONG.values(), ids=WRONG)
def test_pairs_that_cannot_be_are_refused_by_name(tmp_path, text, pairs, fixed, said):
    with pytest.raises(InvalidInput) as refusal:
        read(tmp_path, text, pairs, fixed)
    assert (refusal.value.code, said in refusal.value.detail) == ("header", True), (
        refusal.value.detail
    )


def test_a_repeated_heading_can_be_left_out(tmp_path):
    assert read(tmp_path, "branch_code,note,name,note\nB1,a,East,b\n", {"note": ""}).rows[0][1] == {
        "branch_code": "B1",
        "name": "East",
    }


@pytest.mark.parametrize("mark", [";", "\t", ","])
def test_the_separator_of_a_file_with_foreign_headings_is_found(tmp_path, mark):
    text = mark.join(("门店编码", "名称")) + "\n" + mark.join(("B1", "East")) + "\n"
    sheet = read(tmp_path, text, {"门店编码": "branch_code", "名称": "name"})
    assert sheet.rows[0][1] == {"branch_code": "B1", "name": "East"}


def test_the_top_of_a_file_shows_each_heading_with_values(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("Store,Lat,,Note\nS1,31.2,x,\nS1,31.3,x,\nS2,31.3,x,\n")
    assert read_top(file, COLUMNS["stores"], "stores") == [
        ("Store", ["S1", "S2"]),
        ("Lat", ["31.2", "31.3"]),
        ("column 3", ["x"]),
        ("Note", []),
    ]


def test_a_workbook_is_read_by_pairs_too(tmp_path):
    file = tmp_path / "a.xlsx"
    file.write_bytes(as_xlsx([["编码", "名称"], ["0017", "East"]]))
    sheet = read_sheet(
        file,
        COLUMNS["branches"],
        kind="branches",
        given=HeadingMap({"编码": "branch_code", "名称": "name"}),
    )
    assert sheet.rows == [(2, {"branch_code": "0017", "name": "East"})]


def test_the_same_headings_in_another_order_are_the_same():
    assert digest(["a", "b"]) == digest(["b", "a"]) != digest(["a", "b", "c"])
