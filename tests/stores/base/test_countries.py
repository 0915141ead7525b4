"""Countries by what people call them."""

from __future__ import annotations

import pytest
from babel import Locale

from stores.base.countries import country_code, country_name, is_country


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("United States", "US"),
        ("usa", "US"),
        ("U.S.A.", "US"),
        ("us", "US"),
        ("美国", "US"),
        ("中国", "CN"),
        ("中國", "CN"),
        ("中华人民共和国", "CN"),
        ("P.R. China", "CN"),
        ("CHN", "CN"),
        ("Deutschland", "DE"),
        ("DEU", "DE"),
        ("Allemagne", "DE"),
        ("UK", "GB"),
        ("England", "GB"),
        ("United  Kingdom", "GB"),
        ("Österreich", "AT"),
        ("España", "ES"),
        ("espana", "ES"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("日本", "JP"),
        ("Россия", "RU"),
        ("대한민국", "KR"),
        ("South Korea", "KR"),
        ("台湾", "TW"),
        ("Hong Kong", "HK"),
        ("香港", "HK"),
        ("The Netherlands", "NL"),
        ("Côte d’Ivoire", "CI"),
        ("Bosnia and Herzegovina", "BA"),
        ("ＣＮ", "CN"),
    ],
)
def test_a_country_is_known_by_its_codes_and_by_its_names_in_many_languages(said, code):
    assert country_code(said) == code


@pytest.mark.parametrize(
    "said", ["", "Narnia", "EU", "ZZ", "999", "Europe", "Shanghai", "C", "x" * 70]
)
def test_what_names_no_country_is_none(said):
    assert country_code(said) is None


def test_every_name_of_every_country_in_english_and_chinese_leads_to_it():
    wrong = {
        (code, name)
        for language in ("en", "zh", "zh_Hant")
        for code, name in Locale.parse(language).territories.items()
        if is_country(str(code)) and country_code(str(name)) != code
    }
    assert wrong == set()


def test_a_country_is_named_in_both_languages():
    assert (country_name("DE"), country_name("DE", chinese=True), country_name("Q1")) == (
        "Germany",
        "德国",
        "Q1",
    )
