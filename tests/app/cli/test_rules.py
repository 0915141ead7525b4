"""`flask policy` and `flask entry-param`, and the same by API (CONTRACT 2-4, A4, A18)."""

from __future__ import annotations

import json

import pytest

import db
from stores.base import versions
from stores.network import policies
from tests.app.cli.conftest import both


@both
def test_what_show_prints_can_be_published_again_and_changes_nothing(chain):
    shown = chain.run("policy", "show").stdout
    assert json.loads(shown)["preset"] == "franchise"
    assert chain.run("policy", "publish", chain.file("p.json", shown)).stdout == "nothing changed\n"


@both
def test_a_new_policy_is_a_new_version_and_an_absent_key_has_its_default(chain):
    assert (
        chain.run(
            "policy",
            "publish",
            chain.file("p.json", '{"preset": "nearest_first", "ambiguity_m": 0}'),
        ).stdout
        == "policy version 2\n"
    )
    assert (
        chain.run(
            "policy",
            "publish",
            chain.file("p.json", '{"default_store": "S1", "region_defaults": {"310000": "S2"}}'),
        ).stdout
        == "policy version 3\n"
    )
    with db.read() as connection:
        body, at = policies.show(connection), versions.current(connection)
    assert (
        body["preset"],
        body["ambiguity_m"],
        body["default_store"],
        body["note"],
        at.policy,
    ) == ("franchise", 200, "S1", "command line", 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"zz": 1}', "zz: is no key"),
        ('{"ambiguity_m": "200"}', "ambiguity_m"),
        ('{"ambiguity_m": -1}', "ambiguity_m"),
        ('{"rungs": ["UP"]}', "UP"),
        ('{"default_store": "NOPE"}', "default_store: names the unknown store"),
        ('{"region_defaults": {"31": "NOPE"}}', "region_defaults.31"),
        ('{"preset": "x"}', "preset"),
        ("[]", "JSON object"),
        ("{", "no JSON: line 1"),
        ('{"rungs": []}', "leave the key out"),
        ('{"note": 1, "note": 2}', "'note' stands twice"),
        ('{"ambiguity_m": NaN}', "NaN"),
        ("", "no JSON"),
        ('{"note": "\\ud800", "ambiguity_m": 1}', "note"),
        ('{"default_store": "\\ud800"}', "default_store"),
        ('{"region_defaults": {"31\\u0000": "S1"}}', "region_defaults"),
    ],
)
def test_a_wrong_policy_is_refused_by_its_key(chain, text, words):
    result = chain.run("policy", "publish", chain.file("p.json", text))
    assert result.exit_code == 1
    assert words in result.stderr
    assert chain.run("policy", "publish", chain.folder / "missing.json").exit_code == 1


@both
def test_a_parameter_leads_to_its_store_until_its_channel_is_revoked(chain):
    param = chain.run(
        "entry-param", "sign", "--store", "S3", "--channel", "poster"
    ).stdout.splitlines()[-1]
    assert len(param) == 32
    assert routed(chain, param) == ("S3", "ENTRY_PARAM")
    assert (
        chain.run("entry-param", "revoke", "--channel", "poster").stdout
        == "channel poster revoked\n"
    )
    assert routed(chain, param)[1] == "PICKER"
    assert chain.run("entry-param", "sign", "--store", "S3", "--channel", "poster").exit_code == 1
    assert chain.run("entry-param", "revoke", "--channel", "poster").stdout == "nothing changed\n"


@both
def test_a_guides_link_lives_thirty_days(chain):
    young = chain.run("entry-param", "sign", "--guide", "G2").stdout.splitlines()[-1]
    old = chain.run(
        "entry-param", "sign", "--guide", "G2", "--issued-at", "2026-01-01"
    ).stdout.splitlines()[-1]
    assert (routed(chain, young), routed(chain, old)[1]) == (("S2", "ENTRY_PARAM"), "PICKER")


def routed(chain, param: str) -> tuple[str, str]:
    from stores.network import network

    network.forget()  # as a process that asks again after its second
    out = chain.folder / "out.csv"
    assert (
        chain.run(
            "assign",
            chain.file("in.csv", f"visitor_id,latitude,longitude,crs,entry_param\nv,,,,{param}\n"),
            out,
        ).exit_code
        == 0
    )
    cells = out.read_text().splitlines()[1].split(",")
    return cells[1], cells[4]


@pytest.mark.parametrize("options", [(), ("--store", "S1", "--guide", "G1")])
def test_exactly_one_of_store_and_guide_is_named(chain, options):
    assert chain.run("entry-param", "sign", *options).exit_code == 2


@pytest.mark.parametrize(
    "options",
    [
        ("--store", "NOPE"),
        ("--guide", "NOPE"),
        ("--store", "S1", "--channel", " "),
        ("--store", "S1", "--issued-at", "soon"),
    ],
)
def test_what_cannot_be_signed_is_told_in_words(chain, options):
    result = chain.run("entry-param", "sign", *options)
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def key(chain, *options: str) -> dict[str, str]:
    return {
        "Authorization": "Bearer "
        + chain.run("api-key", "create", "k", *options).stdout.splitlines()[-1]
    }


def test_the_api_publishes_and_signs_by_permission_and_rows(chain):
    client, admin, write = (
        chain.house.stranger(),
        key(chain, "--scope", "admin"),
        key(chain, "--scope", "write", "--dealer", "D1"),
    )
    assert (
        client.put("/api/v1/policy", json={"nearest_limit_m": None}, headers=write).status_code
        == 403
    )
    answer = client.put(
        "/api/v1/policy", json={"nearest_limit_m": None, "preset": "link_first"}, headers=admin
    )
    assert (
        answer.status_code,
        answer.json["version"],
        answer.json["policy"]["nearest_limit_m"],
    ) == (200, 2, None)
    assert (
        client.put("/api/v1/policy", json=answer.json["policy"], headers=admin).json["version"] == 2
    )
    assert (
        client.put("/api/v1/policy", json={"default_store": "NOPE"}, headers=admin).status_code
        == 422
    )
    assert client.get("/api/v1/policy", headers=admin).json["policy"]["preset"] == "link_first"
    assert (
        len(
            client.post("/api/v1/entry-params", json={"store_code": "S1"}, headers=write).json[
                "entry_param"
            ]
        )
        == 32
    )
    assert (
        client.post("/api/v1/entry-params", json={"store_code": "S3"}, headers=write).status_code
        == 404
    )  # another dealer's store
    assert (
        client.post(
            "/api/v1/entry-params", json={"guide_code": "G1", "channel": "card"}, headers=admin
        ).status_code
        == 201
    )
    assert client.post("/api/v1/entry-params", json={}, headers=admin).status_code == 422
    assert (
        client.post(
            "/api/v1/entry-params", json={"store_code": "S1", "guide_code": "G1"}, headers=admin
        ).status_code
        == 422
    )
