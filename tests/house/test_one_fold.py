"""Every search by words folds both sides with the one fold (stores/network/found_by.py): no query
compares words by itself."""

from __future__ import annotations

import ast

from tests.house.test_arrows import files, tree

OWN = {"icontains", "istartswith", "iendswith", "ilike"}


def test_no_query_but_the_one_place_compares_words_by_itself():
    found = [
        f"{path.name}:{node.lineno}"
        for path in files("app", "stores", "incentives", "ledger")
        if path.name != "found_by.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in OWN
    ]
    assert found == []
