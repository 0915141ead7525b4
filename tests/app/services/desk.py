"""A customer who is known by every identifier, in every table and file, and a desk that erases."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlalchemy import select, update

import db
from app.accounts import api_keys
from app.imports import uploads
from app.jobs.job_runs import job_run
from app.ui import saved_views
from stores.base.actors import COMMAND_LINE
from stores.facts.customers import customer
from tests.app.conftest import House
from tests.network import NOON

SAM, TWIN, UNION, OPEN, EXTERNAL, PHONE = (
    "sam-of-the-mall-77",
    "sam-on-the-phone-88",
    "oUnionOfSam99",
    "oOpenOfSam66",
    "wmSamExternal55",
    "13912345678",
)
IDENTIFIERS = (SAM, TWIN, UNION, OPEN, EXTERNAL, PHONE)
OTHER = "sam-of-the-mall-7"
STORES = "store_code,name,dealer_code,latitude,longitude,crs\nS1,One,D1,31.2304,121.4737,wgs84\nS2,Two,D2,31.26,121.52,wgs84\n"
GUIDES = "guide_code,name,store_code\nG1,Mei,S1\n"


class Desk:
    """Every way into one installation."""

    def __init__(self, house: House, folder: Path):
        self.house, self.folder = house, folder
        self.key = api_keys.create_key("mall", "admin", by=COMMAND_LINE)
        self.user = house.user("petra", "hq_admin")
        self.imports("stores", STORES)
        self.imports("guides", GUIDES)

    def call(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        headers = {
            "Authorization": f"Bearer {self.key}",
            **({"Idempotency-Key": key} if key else {}),
        }
        return self.house.app.test_client().open(
            f"/api/v1{path}", method=method, json=body, headers=headers
        )

    def imports(self, kind: str, text: str) -> None:
        path = self.folder / f"{kind}.csv"
        path.write_text(text)
        done = self.house.app.test_cli_runner().invoke(args=["import", kind, str(path)])
        assert done.exit_code == 0, done.output
        path.unlink()

    def uploads(self, kind: str, name: str, content: bytes) -> int:
        return uploads.receive(
            kind, name, io.BytesIO(content), actor=COMMAND_LINE, user_id=self.user, now=NOON
        )

    def fills(self) -> None:
        """He comes by app, on the phone, by file and by a guide; the two turn out to be one; staff
        write about him."""
        place = {"latitude": 31.2304, "longitude": 121.4737, "crs": "wgs84"}
        for key, who in (
            ("e1", {"customer_id": SAM, "openid": OPEN}),
            ("e2", {"customer_id": TWIN, "unionid": UNION}),
            ("e3", {"customer_id": SAM, "unionid": UNION}),
        ):
            assert (
                self.call("POST", "/entries", {"customer": who, "location": place}, key).status_code
                == 201
            )
        order = {
            "order_no": "O1",
            "customer_id": SAM,
            "paid_at": "2025-05-01",
            "currency": "CNY",
            "location": place,
            "lines": [{"line_no": 1, "quantity": 1, "amount_minor": 100}],
        }
        assert self.call("POST", "/orders", order, "o1").status_code == 201
        events = [
            {
                "event_id": f"E{n}",
                "type": "contact.confirmed",
                "occurred_at": "2025-05-02",
                "guide_code": "G1",
                "customer_id": who,
                "external_userid": EXTERNAL,
            }
            for n, who in enumerate((SAM, TWIN))
        ]
        events.append(
            {
                "event_id": "E9",
                "type": "referral.invited",
                "occurred_at": "2025-05-03",
                "guide_code": "G1",
                "customer_id": OTHER,
                "payload": {"inviter_customer_id": SAM},
            }
        )
        assert self.call("POST", "/events", {"events": events}, "ev").json["accepted"] == 3
        for who in (SAM, TWIN):
            assert (
                self.call(
                    "POST",
                    f"/customers/{who}/deeds",
                    {"kind": "switched", "store_code": "S2", "note": f"{SAM} asked"},
                    f"d{who}",
                ).status_code
                == 201
            )
        assert (
            self.call(
                "POST",
                f"/customers/{OTHER}/deeds",
                {"kind": "no_switch", "note": f"friend of {TWIN}"},
                "dx",
            ).status_code
            == 201
        )
        self.imports("customers", f"customer_id,unionid,phone\n{SAM},,+86 139-1234-5678\n")
        self.imports(
            "orders",
            f"order_no,customer_id,paid_at,amount,store_code\nO2,{TWIN},2025-05-04,10.00,S1\n",
        )
        self.imports("guides", f"guide_code,name,store_code,own_customer_id\nG1,Mei,S1,{TWIN}\n")
        for kind, name, content in self.files():
            self.uploads(kind, name, content)
        saved_views.save(self.user, "/hq/entries", "his", f"customer={SAM}", NOON)
        saved_views.save(self.user, "/hq/entries", "all", "store=S1", NOON)
        with db.transaction() as connection:
            connection.execute(
                update(job_run)
                .where(job_run.c.id == 1)
                .values(
                    error=f"{EXTERNAL} broke it",
                    result={"notes": [f"line 2: {SAM}", {"who": TWIN}]},
                )
            )

    def files(self) -> list[tuple[str, str, bytes]]:
        book = io.BytesIO()
        with xlsxwriter.Workbook(book) as made:
            made.add_worksheet().write_row(0, 0, ["customer_id", "phone", SAM])
        numbers = io.BytesIO()
        with xlsxwriter.Workbook(numbers) as made:
            made.add_worksheet().write_row(0, 0, [int(PHONE)])
        return [
            ("customers", f"{SAM}.csv", f"customer_id\n{SAM}\n".encode()),
            ("orders", "a.csv", f"customer_id,名\n{TWIN},是\n".encode("gb18030")),
            ("events", "b.csv", f"customer_id\n{UNION}\n".encode("utf-16")),
            ("customers", "c.csv", b"phone\n+86 139 1234 5678\n"),
            ("customers", "d.xlsx", book.getvalue()),
            ("customers", "e.xlsx", numbers.getvalue()),
            ("customers", "f.xlsx", b"PK\x03\x04 broken"),
        ]

    def numbers(self) -> set[int]:
        with db.read() as connection:
            return set(connection.execute(select(customer.c.id)).scalars())
