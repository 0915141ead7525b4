"""The rungs of the ladder: each a small function that answers with a Match, or says in one word why
it does not (A4)."""

from __future__ import annotations

from stores.facts.decision import Rung
from stores.routing.rungs.named import NAMED
from stores.routing.rungs.placed import PLACED

RUNGS: dict[str, Rung] = {**NAMED, **PLACED}
