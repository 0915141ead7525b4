"""Re-assigning customers on pages: counted first, moved when confirmed, undone within a day;
headquarters' network staff alone (P6)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

import db
from app.jobs.runner import Runner
from app.services.schedule import HANDLERS
from stores.facts.customers import customer_state
from stores.facts.reassignments import reassignment
from stores.network import network
from stores.network.scope import find_scope
from tests.app.conftest import token_of
from tests.app.pages.conftest import Chain, statements
from tests.network import Network

pytestmark = pytest.mark.hour

FORM = {
    "from_store_codes": "S1",
    "to_store_code": "S2",
    "include_protected": "yes",
    "reason": "the lease of S1 ends",
}


def post(client: Any, path: str, **form: str) -> Any:
    """In English, which the session keeps."""
    return client.post(
        path, data={"csrf_token": token_of(client.get("/hq/reassign?lang=en")), **form}
    )


def work() -> None:
    network.forget()
    Runner("test", HANDLERS).drain()


def planned(client: Any, **form: str) -> str:
    answer = post(client, "/hq/reassign", **(form or FORM))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def at_home(code: str) -> int:
    with db.read() as connection:
        store_id = find_scope(connection, "store", code)
        s, now = customer_state.c, dt.datetime.now(dt.UTC)
        return len(
            connection.execute(
                select(s.customer_id).where(s.home_store_id == store_id, s.home_valid_until > now)
            ).all()
        )


def test_from_the_plan_to_the_count_to_the_run_to_the_way_back(chain: Chain):
    petra, before = chain.client("petra"), at_home("S1")
    path = planned(petra)
    assert 'id="moving"' in petra.get(path).text
    assert petra.get(f"{path}/progress").status_code == 200
    work()
    assert petra.get(f"{path}/progress").headers["HX-Refresh"] == "true"
    page = petra.get(f"{path}?lang=en").text
    assert f"{before} customers would have another home" in page and at_home("S1") == before
    assert "S1" in petra.get(f"{path}?export=csv").text
    assert post(petra, f"{path}/start").status_code == 303
    work()
    assert "are at home in another store now" in petra.get(path).text
    assert at_home("S1") == 0
    assert "Headquarters re-assigned" in chain.client("omar").get("/dealer?lang=en").text
    assert "Headquarters re-assigned" in chain.client("olga").get("/dealer?lang=en").text
    for number in chain.customers():
        assert petra.get(f"/hq/customers/{number}").status_code == 200
    post(petra, f"{path}/undo")
    work()
    assert at_home("S1") == before
    assert "the customers are back" in petra.get(path).text
    assert "the lease of S1 ends" in petra.get("/hq/reassign").text


def test_a_plan_that_is_wrong_is_told_field_by_field(chain: Chain):
    petra = chain.client("petra")
    answer = post(petra, "/hq/reassign", from_store_codes="S1 NOPE", to_store_code="S2", reason="x")
    assert answer.status_code == 422 and "no store with one of these codes" in answer.text
    answer = post(petra, "/hq/reassign", reason="")
    assert (
        answer.status_code == 422
        and "Say why customers are moved" in answer.text
        and "Choose whom" in answer.text
    )


def test_a_count_that_is_out_of_date_is_not_run(chain: Chain):
    petra, before = chain.client("petra"), at_home("S1")
    path = planned(petra)
    work()
    Network().open_store("S7", "D1")
    assert "changed since the check" in petra.get(path).text
    post(petra, f"{path}/start")
    work()
    assert at_home("S1") == before


def test_asked_twice_it_is_done_once(chain: Chain):
    petra = chain.client("petra")
    path = planned(petra)
    work()
    for _ in range(2):
        assert post(petra, f"{path}/start").status_code == 303
    work()
    with db.read() as connection:
        row = connection.execute(select(reassignment)).one()
    assert (row.state, row.moved) == ("done", row.customers)


@pytest.mark.parametrize("name", ["finn", "bea", "omar", "max", "mei"])
def test_nobody_else_may_p6(chain: Chain, name: str):
    client = chain.client(name)
    assert client.get("/hq/reassign").status_code == 403
    assert client.get("/hq/reassign/1").status_code == 403


def test_the_pages_take_a_bounded_number_of_statements(chain: Chain):
    petra = chain.client("petra")
    path = planned(petra)
    work()
    with statements() as found:
        petra.get(path)
    assert len(found) <= 16
