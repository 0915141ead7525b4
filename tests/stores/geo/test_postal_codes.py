"""Postal codes in one normal form on both sides, and what lists of them hold (A12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.geo.postal_codes import UnknownPostalCode, listed, normal
from stores.geo.postal_forms import fits
from stores.geo.postal_index import PostalIndex


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("SW1A 1AA", "SW1A1AA"),
        ("sw1a1aa", "SW1A1AA"),
        ("SW1A-1AA", "SW1A1AA"),
        ("100-0001", "1000001"),
        ("１００－０００１", "1000001"),
        ("100—0001", "1000001"),
        ("75001-1234", "75001"),
        ("750011234", "75001"),
        ("75001", "75001"),
        ("75001.0", "75001"),
        (" 200000 ", "200000"),
        ("'01067", "01067"),
        ("01310-100", "01310100"),
        ("00-950", "00950"),
        ("D-80331", "80331"),
        ("CH-8001", "8001"),
        ("SE-111 22", "11122"),
        ("k1a 0b1", "K1A0B1"),
        ("1012 ab", "1012AB"),
        ("D02 X285", "D02X285"),
        ("", ""),
        ("-", ""),
    ],
)
def test_one_code_has_one_form(written, form):
    assert normal(written) == form


@pytest.mark.parametrize(
    ("entry", "stored", "held", "not_held"),
    [
        ("sw1a 1aa", "SW1A1AA", ["SW1A1AA", "SW1A 1AA"], ["SW1A 1AB", "SW1A"]),
        ("SW1A", "SW1A", ["SW1A 1AA", "sw1a2bb", "SW1A"], ["SW1 1AA", "SW1AA 1AA"]),
        ("NG1", "NG1", ["NG1 5FS"], ["NG10 4AB", "NG2 5FS"]),
        ("NG1*", "NG1*", ["NG1 5FS", "NG10 4AB", "NG1"], ["NG2 5FS", "N1 5FS"]),
        ("K1A", "K1A", ["K1A 0B1"], ["K1B 0B1", "K1A 0B12"]),
        ("1012", "1012", ["1012 AB", "1012"], ["101212", "1013 AB"]),
        (
            "75001-75020",
            "75001-75020",
            ["75001", "75020", "75005-1234"],
            ["75021", "7500", "750051"],
        ),
        ("75001 – 75020", "75001-75020", ["75010"], []),
        ("78600...78799", "78600-78799", ["78650"], ["78800"]),
        ("200000至200999", "200000-200999", ["200120"], ["201000"]),
        ("100-0001", "1000001", ["1000001"], ["100"]),
        ("75001-1234", "75001", ["75001", "75001-9999"], []),
        ("750*", "750*", ["75001", "75099"], ["75100"]),
        ("D-80331", "80331", ["80331"], []),
    ],
)
def test_what_a_list_says_is_what_it_holds(entry, stored, held, not_held):
    read, index = listed(entry), PostalIndex([(listed(entry), "T1")])
    assert str(read) == stored and listed(stored) == read
    assert [
        code for code in held if index.holding(code) != ["T1"] or not read.holds(normal(code))
    ] == []
    assert [code for code in not_held if index.holding(code) or read.holds(normal(code))] == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("75020-75001", "ends before it begins"),
        ("NG1-NG9", "equally many digits"),
        ("75001...7502", "equally many digits"),
        ("*", "no beginning"),
        ("750??", "no postal code"),
        ("shanghai", "no postal code"),
        ("750_", "no postal code"),
        ("1", "no postal code"),
        ("75001;75002", "no postal code"),
        ("12345678901234", "no postal code"),
        ("#*", "no beginning"),
    ],
)
def test_what_is_no_code_range_or_beginning_is_refused_in_words(entry, said):
    with pytest.raises(UnknownPostalCode, match=said):
        listed(entry)


ENTRIES = st.one_of(
    st.from_regex(r"[0-2]{3,5}", fullmatch=True),
    st.from_regex(r"[0-2]{1,3}\*", fullmatch=True),
    st.from_regex(r"[AB]1[0-2]? ?1AA", fullmatch=True),
    st.from_regex(r"[AB]{1,2}1[0-2]?", fullmatch=True),
    st.from_regex(r"[AB]1?\*", fullmatch=True),
    st.tuples(st.integers(100, 222), st.integers(0, 50)).map(
        lambda pair: f"{pair[0]}-{pair[0] + pair[1]}"
    ),
)
CODES = st.one_of(
    st.from_regex(r"[0-2]{3,5}", fullmatch=True),
    st.from_regex(r"[AB]{1,2}1[0-2]? ?[01]A[AB]", fullmatch=True),
)


@given(st.lists(ENTRIES, max_size=8), CODES)
def test_the_index_finds_what_each_entry_says_of_itself(entries, code):
    read = [listed(entry) for entry in entries]
    index = PostalIndex((entry, n) for n, entry in enumerate(read))
    assert sorted(index.holding(code)) == [
        n for n, entry in enumerate(read) if entry.holds(normal(code))
    ]


@given(st.lists(ENTRIES, max_size=8), ENTRIES)
def test_the_index_finds_every_entry_that_meets_another(entries, one):
    read, asked = [listed(entry) for entry in entries], listed(one)
    index = PostalIndex((entry, n) for n, entry in enumerate(read))
    assert sorted(index.meeting(asked)) == [n for n, entry in enumerate(read) if entry.meets(asked)]


@given(ENTRIES, ENTRIES, CODES)
def test_entries_that_hold_one_code_meet(one, other, code):
    a, b = listed(one), listed(other)
    assert a.meets(b) == b.meets(a)
    assert a.meets(b) or not (a.holds(normal(code)) and b.holds(normal(code)))


@pytest.mark.parametrize(
    ("entry", "country", "may"),
    [
        ("SW1A 1AA", "GB", True),
        ("SW1A", "GB", True),
        ("NG1*", "GB", True),
        ("75001", "GB", False),
        ("75001", "FR", True),
        ("SW1A", "CN", False),
        ("200000", "CN", True),
        ("75001", "CN", False),
        ("2000*", "CN", True),
        ("NG1*", "CN", False),
        ("1000001", "JP", True),
        ("1012 AB", "NL", True),
        ("1012", "NL", True),
        ("999", "KP", True),
    ],
)
def test_a_code_may_be_one_of_a_country_or_not(entry, country, may):
    assert fits(listed(entry), country) is may
