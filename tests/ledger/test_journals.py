"""Journals: balanced by construction, once per key, never changed (D2, M18)."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

import db
from ledger.accounts import AccountKey, account, ids_of
from ledger.faults import Conflict
from ledger.journals import Journal, journal, journal_key, transfer
from tests.ledger.books import HQ, MEI, NOW, OMAR, balances, books, journal_of, moves, rows


def test_a_journal_is_booked_once(database: db.Database):
    sale = journal_of("order:1", moves(HQ, OMAR, 100), moves(OMAR, HQ, 5))
    assert (books(sale), books(sale)) == (1, 0)
    assert balances() == Counter({OMAR: 95, HQ: -95})


def test_the_same_key_with_another_body_is_refused_and_nothing_written(database: db.Database):
    books(journal_of("order:1", moves(HQ, OMAR, 100)))
    before = rows(journal), rows(transfer), rows(journal_key)
    with pytest.raises(Conflict) as refused:
        books(
            journal_of("order:2", moves(HQ, OMAR, 1)), journal_of("order:1", moves(HQ, OMAR, 101))
        )
    assert refused.value.code == "journal_reused"
    assert (rows(journal), rows(transfer), rows(journal_key)) == before


def test_a_journal_that_moves_nothing_is_not_booked(database: db.Database):
    assert books(journal_of("empty")) == 0 and rows(journal_key) == 0


def test_two_journals_of_one_call_with_one_key_are_a_mistake(database: db.Database):
    with pytest.raises(ValueError):
        books(journal_of("k", moves(HQ, OMAR, 1)), journal_of("k", moves(HQ, OMAR, 1)))


@pytest.mark.parametrize(
    "debit, credit, amount",
    [
        (HQ, OMAR, 0),
        (HQ, OMAR, -1),
        (HQ, HQ, 1),
        (HQ, AccountKey("dealer:D1", "earnings", "USD"), 1),
    ],
)
def test_a_transfer_moves_something_between_two_accounts_of_one_currency(debit, credit, amount):
    with pytest.raises(ValueError):
        moves(debit, credit, amount)


@pytest.mark.parametrize("table", [journal, journal_key, transfer, account], ids=lambda t: t.name)
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_refuses_to_change_the_books(database: db.Database, table, verb):
    books(journal_of("order:1", moves(HQ, OMAR, 100)))
    change = (
        delete(table)
        if verb == "delete"
        else update(table).values({next(c.name for c in table.columns if not c.primary_key): "x"})
    )
    if verb == "update" and table is transfer:
        change = update(table).values(amount_minor=1)
    elif verb == "update" and table is journal:
        change = update(table).values(kind="x")
    with pytest.raises(DBAPIError, match="append-only"), db.transaction() as connection:
        connection.execute(change)


def test_an_account_is_opened_once_however_often_it_is_named(database: db.Database):
    for n in range(3):
        books(journal_of(f"k{n}", moves(HQ, OMAR, 1)))
    assert rows(account) == 2


def test_an_account_opened_by_a_deed_that_failed_is_not_remembered(database: db.Database):
    def fails() -> None:
        with db.transaction() as connection:
            ids_of(connection, [MEI])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    with db.transaction() as connection:
        known = ids_of(connection, [MEI])
        assert (
            connection.execute(select(account.c.id).where(account.c.id == known[MEI])).scalar()
            is not None
        )


accounts = st.builds(
    AccountKey,
    st.sampled_from(["hq", "dealer:D1", "dealer:D2", "guide:G"]),
    st.sampled_from(["a", "b"]),
    st.just("CNY"),
    st.sampled_from(["", "dealer:D1"]),
)
pairs = st.tuples(accounts, accounts, st.integers(1, 10**15)).filter(lambda p: p[0] != p[1])


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(pairs, min_size=1, max_size=6), max_size=8), st.randoms(use_true_random=False)
)
def test_balances_are_the_fold_of_all_journals_in_any_order_and_sum_to_nothing(
    database: db.Database, plan, random
):
    before = balances()
    mark = rows(journal)
    made = [
        journal_of(f"{mark}-{n}", *(moves(*each) for each in each_journal))
        for n, each_journal in enumerate(plan)
    ]
    random.shuffle(made)
    half = len(made) // 2
    books(*made[:half])
    books(*made)
    folded = Counter(before)
    for debit, credit, amount in (p for each in plan for p in each):
        folded[debit] -= amount
        folded[credit] += amount
    found = balances()
    assert all(found[k] == folded[k] for k in found.keys() | folded.keys())
    assert sum(found.values()) == 0


def test_fifty_writers_on_one_account_lose_nothing_m18(database: db.Database):
    gate, failed = threading.Barrier(50), []

    def write(n: int) -> None:
        gate.wait()
        try:
            for k in range(4):
                books(
                    Journal(
                        f"w{n}-{k}",
                        "test",
                        NOW,
                        (moves(AccountKey(f"dealer:{n}", "earnings", "CNY"), HQ, n + k + 1),),
                    )
                )
        except Exception as error:  # noqa: BLE001 - shown below
            failed.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(50)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []
    assert balances()[HQ] == sum(n + k + 1 for n in range(50) for k in range(4))


def test_the_same_journal_from_many_writers_at_once_is_booked_once(database: db.Database):
    gate, new = threading.Barrier(20), []

    def write() -> None:
        gate.wait()
        try:
            new.append(books(journal_of("once", moves(HQ, OMAR, 100))))
        except (
            DBAPIError
        ):  # a rival's key was seen before his journal: the whole deed is rolled back
            new.append(0)

    threads = [threading.Thread(target=write) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(new) == 1 and balances()[OMAR] == 100
