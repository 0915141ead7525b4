"""The search of a portal: rows for the dialog (htmx), or a page of its own."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template, request, url_for

import db
from app.web.clock import now_and_today
from app.web.permissions import current_actor
from ledger.faults import NotFound
from stores.lists import customer_look_up, customer_story, search

MOST_CODES = 200
DOORS = {  # kind: (page of the portal, name of its key)
    "store": ("store", "code"),
    "dealer": ("dealer", "code"),
    "branch": ("branch", "code"),
    "guide": ("guide", "code"),
    "order": ("order", "order_no"),
    "refund": ("order", "order_no"),
    "entry": ("entry", "entry_id"),
    "customer": ("customer", "number"),
}
DEALER_DOORS = {**DOORS, "customer": ("customer", "customer_id")}


def search_page(portal: str) -> Any:
    """What the words of `q` find within the reader's rows. Customers are looked for in a POST
    alone: a telephone number does not belong in an address, and finding one is written to the audit
    log."""
    actor, (now, today) = current_actor(), now_and_today()
    words = (request.values.get("q") or "").strip()
    with db.read() as connection:
        found = search.find(connection, actor, words, now, today, people=request.method == "POST")
        if (
            portal == "dealer"
            and found.looked_up is not None
            and customer_story.of(connection, actor, found.looked_up[0], now, today) is None
        ):
            # bought there, but never at home with him: no page of the dealer's tells of such a one
            found = found.without_customer()
    if found.looked_up is not None:
        customer_look_up.note_look_up(actor, found.looked_up[0], found.looked_up[1], now)
    hits = [(hit, _door(portal, hit)) for hit in found.hits]
    template = "search/rows.html" if "HX-Request" in request.headers else "search/page.html"
    return render_template(
        template,
        words=words,
        short=len(words) < search.SHORTEST,
        hits=[pair for pair in hits if pair[1]],
        more=sorted(found.more),
        portal=portal,
    )


def suggestions(kind: str, kinds: tuple[str, ...]) -> str:
    """Options for an input that wants a code: what is typed there so far, in the parameter that
    `of` names, is looked for in codes and names.

    Raises NotFound for a kind that is none of `kinds`."""
    if kind not in kinds:
        raise NotFound(f"There are no codes of {kind!r}.")
    actor, (_now, today) = current_actor(), now_and_today()
    typed, before = request.args.get(request.args.get("of", "q")) or "", ""
    if request.args.get("many"):  # several codes in one field: the last of them is being typed
        before, _space, typed = typed.replace(",", " ").replace("，", " ").rpartition(" ")
        before = " ".join(before.split()[:MOST_CODES]) + " " if before.strip() else ""
    with db.read() as connection:
        found = search.suggest(connection, actor, kind, typed, today)
    return render_template(
        "search/options.html",
        found=[(f"{before}{code}", f"{before}{name}") for code, name in found],
    )


def _door(portal: str, hit: search.Hit) -> str | None:
    """None where this portal has no such page: what cannot be opened is not shown."""
    page, key = (DEALER_DOORS if portal == "dealer" else DOORS)[hit.kind]
    endpoint = f"{portal}.{page}"
    return url_for(endpoint, **{key: hit.key}) if endpoint in current_app.view_functions else None
