"""What the forms of users and keys ask for: a name, a role or scope, and the code that limits
it."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _


@dataclass(frozen=True, slots=True)
class Asked:
    """As typed. `role` is a user's role or a key's scope, `kind` what a key is limited to."""

    name: str
    role: str
    scope: str
    kind: str = "all"


def scope_faults(kind: str | None, code: str) -> dict[str, str]:
    """A limit needs its code, and no limit has none."""
    if kind is None:
        return {"scope": _("This role sees the whole chain; leave the code empty.")} if code else {}
    return (
        {}
        if code
        else {
            "scope": {
                "branch": _("This role needs the code of its branch."),
                "dealer": _("This role needs the code of its dealer."),
                "store": _("This role needs the code of its store."),
                "guide": _("This role needs the code of its guide."),
            }[kind]
        }
    )
