"""Which codes and numbers can stand in an address, such as `/orders/2025%2F001/states`: every
intake asks here, so that what was taken can be reached. Pure.

A slash is common in numbers and is served. Browsers and proxies drop `.` and `..` and join empty
steps however they are written, so nothing is found under them; and a last step that is a word of
the addresses themselves would be taken for that word."""

from __future__ import annotations

BEHIND = frozenset(
    {
        "balance",
        "close",
        "deeds",
        "edit",
        "explanation",
        "kpis",
        "offers",
        "refunds",
        "replay",
        "revenue",
        "rewards",
        "states",
        "stores.json",
        "terms",
        "undo-closing",
    }
)  # what addresses put behind a code
INSTEAD = frozenset({"nearby"})  # what they put in its place


def why_not(code: str) -> str | None:
    """The reason in words why no address could lead to this code; None when one does."""
    steps = code.split("/")
    if any(step in (".", "..") for step in steps):
        return "is or holds a step of dots (. or ..), which no address can carry; write it without"
    if len(steps) > 1 and "" in steps:
        return (
            "begins or ends with a slash or holds two in a row, which no address can carry; write "
            "it "
            "without"
        )
    if len(steps) > 1 and steps[-1] in BEHIND or code in INSTEAD:
        return f"ends in the word {steps[-1]!r} of the product's own addresses; choose another"
    return None
