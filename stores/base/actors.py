"""Who acts, what he may do and which rows he may see (P6)."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.faults import NotAllowed

SCOPES = ("all", "branch", "dealer", "store", "guide")


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` goes into the audit log (`user:7`, `key:3`, `command line`); `scope_id` is the
    surrogate id of the branch, dealer, store or guide that limits the rows, None for `all`."""

    name: str
    permissions: frozenset[str]
    scope_kind: str = "all"
    scope_id: int | None = None
    role: str = ""

    def may(self, permission: str) -> bool:
        return permission in self.permissions or "*" in self.permissions

    def require(self, permission: str) -> None:
        """Go on if the actor holds `permission`. Raises NotAllowed, which names it."""
        if not self.may(permission):
            raise NotAllowed(
                f"This needs the permission {permission!r}; ask an administrator of headquarters "
                "for it."
            )


COMMAND_LINE = Actor("command line", frozenset({"*"}), role="hq_admin")
SYSTEM = Actor("system", frozenset({"*"}), role="system")
