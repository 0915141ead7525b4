"""Customers: one identity is one person, telephones are not readable at rest (P3, P5)."""

from __future__ import annotations

import threading
import zlib

import pytest
from sqlalchemy import insert, select

import db
from ledger import audit
from stores.base import accepted_files, accepted_tables, sealing
from stores.base.phones import keyed_hash, masked, normalised, reveal
from stores.customers import people
from stores.facts.customers import customer, customer_identity, customer_merge, customer_state
from stores.imports.outcomes import Outcome, Refused
from stores.registers import customer_pieces, customer_plan, customers


def identities(network):
    return {(row.kind, row.value) for row in network.rows(customer_identity, "kind", "value")}


def meet(network, code="C1", **more):
    return network.load("customers", {"customer_id": code, **more})


def test_a_new_customer_has_surrogate_state_and_identities(network):
    assert meet(network, unionid="u1", openid="o1") == Outcome(new=1)
    assert identities(network) == {("customer_id", "C1"), ("unionid", "u1"), ("openid", "o1")}
    assert network.rows(customer_state, "customer_id")[0].rv == 0


def test_the_telephone_is_stored_as_keyed_hash_and_cipher(network):
    meet(network, phone="+86 138 0013 8000")
    row = next(row for row in network.rows(customer_identity, "kind") if row.kind == "phone")
    assert row.value == keyed_hash("13800138000")
    assert b"13800138000" not in row.cipher
    assert reveal(row.cipher) == "+8613800138000"


def test_the_same_row_again_changes_nothing(network):
    row = {
        "unionid": "u1",
        "openid": "",
        "external_userid": "e1",
        "phone": "13800138000",
        "employee": "yes",
    }
    meet(network, **row)
    assert meet(network, **row) == Outcome(unchanged=1)


def test_another_telephone_replaces_and_an_empty_cell_clears(network):
    meet(network, phone="13800138000")
    assert meet(network, phone="13900139000") == Outcome(changed=1)
    assert ("phone", keyed_hash("13900139000")) in identities(network)
    assert meet(network, phone="") == Outcome(changed=1)
    assert identities(network) == {("customer_id", "C1")}


def test_links_are_added_and_an_empty_cell_takes_none_away(network):
    meet(network, openid="o1")
    assert meet(network, openid="o2") == Outcome(changed=1)
    assert meet(network, openid="") == Outcome(unchanged=1)
    assert {("openid", "o1"), ("openid", "o2")} <= identities(network)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("unionid", "u1"), ("openid", "o1"), ("external_userid", "e1"), ("phone", "13800138000")],
)
def test_an_identity_of_another_customer_is_refused_and_nothing_written(network, kind, value):
    meet(network, **{kind: value})
    with pytest.raises(Refused, match="another customer"):
        network.load(
            "customers", {"customer_id": "C3", kind: ""}, {"customer_id": "C2", kind: value}
        )
    assert network.count(customer) == 1


def test_a_refusal_does_not_repeat_the_telephone(network):
    meet(network, phone="13800138000")
    with pytest.raises(Refused) as refused:
        meet(network, "C2", phone="13800138000")
    assert refused.value.faults.kept[0].value == ""


def test_the_employee_flag_follows_the_file(network):
    meet(network, employee="yes")
    assert network.rows(customer)[0].employee is True
    assert meet(network) == Outcome(unchanged=1)
    assert meet(network, employee="no") == Outcome(changed=1)
    assert network.rows(customer)[0].employee is False


def test_many_customers_at_once(network):
    rows = [
        {"customer_id": f"C{n}", "unionid": f"u{n}", "phone": f"138{n:08}"} for n in range(6_000)
    ]
    assert network.load("customers", *rows) == Outcome(new=6_000)
    assert network.load("customers", *rows) == Outcome(unchanged=6_000)
    assert network.count(customer_identity) == 18_000


def rival_between_read_and_write(monkeypatch, deed):
    """Run `deed` when the plan is made and nothing is locked yet."""
    real = customer_plan.planned

    def planned(*args):
        plan = real(*args)
        monkeypatch.setattr(customers, "planned", real)
        deed()
        return plan

    monkeypatch.setattr(customers, "planned", planned)


def in_another_thread(deed):
    thread = threading.Thread(target=deed)
    thread.start()
    thread.join()


def test_a_customer_who_entered_meanwhile_keeps_his_row(network, monkeypatch):
    rival_between_read_and_write(
        monkeypatch, lambda: in_another_thread(lambda: meet(network, "C1", openid="o1"))
    )
    meet(network, "C1", unionid="u1", employee="yes")
    assert network.count(customer) == network.count(customer_state) == 1
    assert network.rows(customer)[0].employee is True
    assert {("openid", "o1"), ("unionid", "u1")} <= identities(network)


def test_an_identity_that_a_rival_took_meanwhile_refuses_the_file(network, monkeypatch):
    rival_between_read_and_write(
        monkeypatch, lambda: in_another_thread(lambda: meet(network, "C1", unionid="u1"))
    )
    with pytest.raises(Refused, match="another customer"):
        meet(network, "C2", unionid="u1")
    assert network.count(customer) == 1


def test_forms_of_a_number(network):
    assert {
        normalised(text)
        for text in (
            "13800138000",
            "0086 138-0013-8000",
            "8613800138000",
            "+86 (138) 0013 8000",
            "13800138000.0",
        )
    } == {"+8613800138000"}
    assert normalised("001 (312) 555 0100") == "+13125550100"
    assert masked("13800138001") == "138****8001"


@pytest.mark.parametrize("stored", ["13800138000", "8613800138000", "138001380000"])
def test_a_number_that_was_stored_in_a_former_form_is_still_that_number(network, stored):
    """As rows of before stand: under the hash of the text, which nobody rewrites."""
    meet(network)
    with db.transaction() as connection:
        owner = connection.execute(select(customer.c.id)).scalar_one()
        connection.execute(
            insert(customer_identity).values(
                kind="phone",
                value=sealing.keyed_hash(b"phone hash", stored),
                customer_id=owner,
                cipher=sealing.seal(b"phone cipher", stored),
            )
        )
    assert meet(network, phone="+86 138 0013 8000") == Outcome(unchanged=1)
    with pytest.raises(Refused, match="another customer"):
        meet(network, "C2", phone="13800138000.0")
    assert meet(network, phone="13900139000") == Outcome(changed=1)
    assert [value for kind, value in identities(network) if kind == "phone"] == [
        keyed_hash("13900139000")
    ]


def test_m19_a_row_that_says_join_makes_one_person_of_those_who_hold_its_identities(network):
    meet(network, "C1", unionid="u1")
    meet(network, "C2", external_userid="e2", phone="13800138000")
    with pytest.raises(Refused, match="write yes in a column join"):
        meet(network, "C3", unionid="u1", external_userid="e2")
    row = {"customer_id": "C3", "unionid": "u1", "external_userid": "e2", "join": "yes"}
    assert network.load("customers", row, dry_run=True) == Outcome(new=1)
    assert network.count(customer_merge) == 0
    assert meet(network, "C3", unionid="u1", external_userid="e2", join="yes") == Outcome(new=1)
    ids = {row.customer_id: row.id for row in network.rows(customer)}
    assert {(row.kept_id, row.merged_id) for row in network.rows(customer_merge)} == {
        (ids["C1"], ids["C2"]),
        (ids["C1"], ids["C3"]),
    }
    assert meet(network, "C3", unionid="u1", external_userid="e2", join="yes") == Outcome(
        unchanged=1
    )
    assert meet(network, "C1", phone="8613800138000", join="yes") == Outcome(unchanged=1)
    assert meet(network, "C1", unionid="u9", join="yes") == Outcome(changed=1)


# -- many, as an accepted file ---------------------------------------------------------------------


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(customers, "MANY", 3)
    monkeypatch.setattr(customer_pieces, "IN_PIECE", 2)
    monkeypatch.setattr(accepted_files, "REST_SECONDS", 0.0)


def seven(**more):
    return [
        {
            "customer_id": f"P{n}",
            "unionid": f"pu{n}",
            "phone": f"+86138{n:08}",
            "employee": "yes" if n == 3 else "no",
            **more,
        }
        for n in range(7)
    ]


def everything(network):
    owners = {row.id: row.customer_id for row in network.rows(customer)}
    flags = {(row.customer_id, row.employee) for row in network.rows(customer)}
    return flags, {
        (owners[row.customer_id], row.kind, row.value, reveal(row.cipher) if row.cipher else None)
        for row in network.rows(customer_identity, "value")
    }


def waits_until_the_end(monkeypatch, after):
    """The process ends after so many pieces."""
    real, written = accepted_files._write_piece, []

    def write(*given):
        if len(written) == after:
            raise KeyboardInterrupt
        written.append(1)
        real(*given)

    monkeypatch.setattr(accepted_files, "_write_piece", write)
    return lambda: monkeypatch.setattr(accepted_files, "_write_piece", real)


def test_pieces_say_the_same_as_one_transaction(network, monkeypatch, small_pieces):
    meet(network, "P1", phone="+8613900000000", openid="po1")
    meet(network, "P2", employee="yes")
    before = everything(network)
    assert network.load("customers", *seven(), dry_run=True) == Outcome(new=5, changed=2)
    assert everything(network) == before
    assert network.load("customers", *seven()) == Outcome(new=5, changed=2)
    in_pieces = everything(network)
    assert ("P1", "phone", keyed_hash("+8613800000001"), "+8613800000001") in in_pieces[1] and (
        "P2",
        False,
    ) in in_pieces[0]
    assert network.load("customers", *seven()) == Outcome(unchanged=7)
    for table in (customer_identity, customer_state, customer):
        with db.transaction() as connection:
            connection.execute(table.delete())
    monkeypatch.setattr(customers, "MANY", 1_000)
    meet(network, "P1", phone="+8613900000000", openid="po1")
    meet(network, "P2", employee="yes")
    network.load("customers", *seven())
    assert everything(network) == in_pieces


def test_a_telephone_that_waits_in_a_piece_is_sealed(network, monkeypatch, small_pieces):
    waits_until_the_end(monkeypatch, 0)
    with pytest.raises(KeyboardInterrupt):
        network.load("customers", *seven())
    kept = [
        zlib.decompress(row.content)
        for row in network.rows(accepted_tables.accepted_piece, "piece_no")
    ]
    assert len(kept) == 4 and b"pu3" in b"".join(kept) and b"00000003" not in b"".join(kept)


@pytest.mark.parametrize("pieces", [0, 1, 3])
def test_once_accepted_it_comes_to_its_end(network, monkeypatch, small_pieces, pieces):
    alive = waits_until_the_end(monkeypatch, pieces)
    with pytest.raises(KeyboardInterrupt):
        network.load("customers", *seven())
    assert network.count(customer) == 2 * pieces
    alive()
    assert accepted_files.finish_left(60.0) == 1
    assert network.load("customers", *seven()) == Outcome(unchanged=7)
    assert (
        len([row for row in network.rows(audit.audit_log) if row.action == "import_customers"]) == 1
    )


def test_a_fault_in_the_last_row_leaves_nothing_of_many(network, small_pieces):
    meet(network, "Q", unionid="mine")
    with pytest.raises(Refused, match="another customer"):
        network.load(
            "customers",
            *seven(),
            {"customer_id": "R", "unionid": "mine", "phone": "", "employee": "no"},
        )
    assert network.count(customer) == 1


def test_an_identity_that_is_taken_while_pieces_are_written_stays_with_who_took_it(
    network, monkeypatch, small_pieces
):
    """An accepted file is not refused any more; what was left is told."""
    alive = waits_until_the_end(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        network.load("customers", *seven())
    with db.transaction() as connection:
        people.create(connection, [[("customer_id", "walked-in"), ("unionid", "pu5")]], network.now)
        people.create(connection, [[("customer_id", "P4")]], network.now)
    alive()
    accepted_files.finish_left(60.0)
    owners = {row.id: row.customer_id for row in network.rows(customer)}
    assert {
        owners[row.customer_id]
        for row in network.rows(customer_identity, "value")
        if row.value == "pu5"
    } == {"walked-in"}
    assert sorted(owners.values()) == [*(f"P{n}" for n in range(7)), "walked-in"]
    assert [
        row.detail for row in network.rows(audit.audit_log) if row.object_id == "identities left"
    ] == [{"left_to_others": 1}]
    with pytest.raises(Refused, match="another customer"):
        network.load("customers", *seven())
