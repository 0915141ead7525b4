"""From a business code to the surrogate id that limits rows (P6)."""
from __future__ import annotations

from sqlalchemy import Connection, column, select, table

from ledger.faults import NotFound

KINDS = ("branch", "dealer", "store", "guide")


def find_scope(connection: Connection, kind: str, code: str) -> int:
    """The id of a branch, dealer, store or guide. Raises NotFound for an unknown code, KeyError for another kind."""
    if kind not in KINDS:
        raise KeyError(kind)
    rows = table(kind, column("id"), column(f"{kind}_code"))
    found = connection.execute(select(rows.c.id).where(rows.c[f"{kind}_code"] == code)).scalar()
    if found is None:
        raise NotFound(f"There is no {kind} {code!r}; import it first or correct the code.")
    return int(found)


def scope_code(connection: Connection, kind: str, scope_id: int) -> str | None:
    """The business code of a scope, for people to read."""
    if kind not in KINDS:
        return None
    rows = table(kind, column("id"), column(f"{kind}_code"))
    return connection.execute(select(rows.c[f"{kind}_code"]).where(rows.c.id == scope_id)).scalar()
