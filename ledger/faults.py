"""What can go wrong in the domain, as types. Only `app/web/errors.py` knows their HTTP status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One fault of one field: where (`lines.0.amount_minor`, or a column), and why in words."""

    field: str
    reason: str


class Fault(Exception):
    """Base of the faults a caller can mend. `code` is a stable snake_case word, `detail` says what,
    why and what to do."""

    code = "fault"

    def __init__(self, detail: str, *, code: str | None = None, errors: Sequence[FieldFault] = ()):
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.errors = tuple(errors)


class InvalidInput(Fault):
    """Well formed, but a rule refuses it (HTTP 422)."""

    code = "invalid_input"


class Malformed(Fault):
    """Cannot be read at all (HTTP 400)."""

    code = "malformed"


class NotFound(Fault):
    """Unknown, or outside what the actor may see: the two are not told apart (HTTP 404)."""

    code = "not_found"


class NotAllowed(Fault):
    """The actor lacks the permission (HTTP 403)."""

    code = "not_allowed"


class Conflict(Fault):
    """The same key with another content, or a state that moved on (HTTP 409); nothing was
    written."""

    code = "conflict"


class Busy(Fault):
    """Nothing is wrong with it, it only cannot be done now (HTTP 503 with Retry-After); nothing was
    written."""

    code = "busy"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FieldFault] = (),
        retry_after: int = 5,
    ):
        super().__init__(detail, code=code, errors=errors)
        self.retry_after = retry_after
