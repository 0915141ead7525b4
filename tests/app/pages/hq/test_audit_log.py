"""The audit log of headquarters: people and deeds in words, filtered, exported, checked (P7)."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import io
import re
from pathlib import Path

import pytest
from sqlalchemy import text, update

import app
import db
from app.accounts import api_keys
from app.ui import audit_words
from ledger import audit
from stores.base.actors import COMMAND_LINE
from tests.app.pages.hq.setting import ids, post


def test_the_log_names_people_and_deeds_in_words(bare_chain):
    petra = bare_chain.client("petra")
    (him,) = ids("omar")
    post(petra, f"/hq/users/{him}", f"/hq/users/{him}/role", role="branch_coordinator", scope="B2")
    page = petra.get("/hq/audit?lang=en&action=change_role").text
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page, re.S)
    assert [re.sub(r"<[^>]+>", "", cell).strip() for cell in cells[1:5]] == [
        "petra",
        "changed a role",
        "User omar",
        "limit: B2 · role: Branch coordinator · role before: Dealer",
    ]
    assert f'href="/hq/users/{him}"' in cells[3]
    assert (
        f'href="/hq/users/{him}"'
        not in bare_chain.client("finn").get("/hq/audit?action=change_role").text
    ), "finance has no page of users"


def test_the_log_is_filtered_by_person_deed_object_and_days(bare_chain):
    petra = bare_chain.client("petra")
    bare_chain.client("omar")
    key = api_keys.create_key("till", "write", by=COMMAND_LINE)
    with db.transaction() as connection:
        audit.record(connection, "key:1", "save_network", "stores", "version 4", {"new": 1})
        audit.record(
            connection,
            "system",
            "save_network",
            "stores",
            "version 3",
            at=dt.datetime.now(dt.UTC) - dt.timedelta(days=20),
        )

    def counted(query):
        return int(
            re.search(
                r"([\d,]+) deeds? on these days", petra.get(f"/hq/audit?lang=en&{query}").text
            )[1]
        )

    assert key
    assert (
        counted("actor=omar") == 1
        and counted(f"actor=user:{ids('omar')[0]}") == 1
        and counted("actor=till") == 1
        and counted("actor=nobody") == 0
    )
    assert (
        counted("action=sign_in&kind=user") == 2
        and counted("kind=stores&object=version+4") == 1
        and counted("kind=stores&object=version+3") == 0
    )
    assert counted(f"kind=stores&from={bare_chain.day(30)}&to={bare_chain.day(1)}") == 1
    assert "key till" in petra.get("/hq/audit?lang=en&actor=till").text


def test_the_file_of_the_log_equals_the_list(bare_chain):
    rows = list(
        csv.reader(
            io.StringIO(
                bare_chain.client("finn")
                .get("/hq/audit?export=csv&lang=en&action=create_user")
                .data.decode("utf-8-sig")
            )
        )
    )
    assert len(rows) == 1 + 8
    assert {row[1] for row in rows[1:]} == {"command line"}


def test_the_page_tells_how_far_the_chain_reaches_and_whether_it_holds(bare_chain):
    petra = bare_chain.client("petra")
    assert "nothing sealed yet" in petra.get("/hq/audit?lang=en").text
    sealed = audit.seal_audit()
    page = petra.get("/hq/audit?lang=en").text
    assert "the chain holds" in page and f"{sealed} lines are sealed" in page
    assert (
        f"All {sealed} sealed lines are exactly what was sealed."
        in petra.get(post(petra, "/hq/audit", "/hq/audit/check").headers["Location"]).text
    )
    with db.transaction() as connection:
        connection.execute(text("DROP TRIGGER ao_audit_log_update"))
        connection.execute(
            update(audit.audit_log).where(audit.audit_log.c.id == 2).values(action="nothing")
        )
    page = petra.get("/hq/audit?lang=en").text
    assert "the chain is broken" in page and "row 2 (seq 2) is not what was sealed" in page
    assert (
        "1 faults in the chain"
        in petra.get(post(petra, "/hq/audit", "/hq/audit/check").headers["Location"]).text
    )


@pytest.mark.parametrize("newest", [0, 1, 3, 5, 99])
def test_the_newest_part_of_the_chain_is_checked_alone(house, newest):
    with db.transaction() as connection:
        for number in range(5):
            audit.record(connection, "system", "save_network", "stores", number)
    audit.seal_audit()
    with db.transaction() as connection:
        connection.execute(text("DROP TRIGGER ao_audit_log_update"))
        connection.execute(
            update(audit.audit_log).where(audit.audit_log.c.id == 3).values(action="nothing")
        )
        assert len(audit.verify_audit(connection, newest)) == (1 if newest >= 3 else 0)


def test_every_deed_that_the_code_notes_has_words():
    noted = set()
    root = Path(app.__file__).parent.parent
    for path in (
        path
        for package in ("app", "stores", "incentives", "ledger")
        for path in (root / package).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) in ("audit.record", "record", "log.record")
                and len(node.args) >= 5
            ):
                noted |= {each.value for each in node.args[2:3] if isinstance(each, ast.Constant)}
    assert {"sign_in", "close_incentives"} <= noted
    assert sorted(noted - set(audit_words.ACTIONS)) == []


def test_the_audit_log_shows_the_beginning_of_a_digest_and_leads_to_what_was_done(bare_chain):
    """P7: 64 letters in one cell leave no room for words; the whole digest stays in the log."""
    client = bare_chain.client("petra")
    digest = "ab" * 32
    with db.transaction() as connection:
        audit.record(
            connection, "user:1", "ask_simulation", "simulation", 7, {"digest": digest, "deed": 9}
        )
    page = client.get("/hq/audit?lang=en").text
    assert f"digest: {digest[:12]}…" in page and digest not in page and "decision: 9" not in page
    assert 'href="/hq/simulations/7"' in page
