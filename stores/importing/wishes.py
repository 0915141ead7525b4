"""What the person who brings a file says about it, beside its kind."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Wishes:
    """`accept`: what is doubtful is meant."""

    accept: bool = False

    def as_data(self) -> dict[str, Any]:
        """What is not as usual, to be kept with an upload."""
        return {"accept": True} if self.accept else {}

    @classmethod
    def of_data(cls, data: Mapping[str, Any] | None) -> Wishes:
        return cls(accept=bool((data or {}).get("accept")))


AS_USUAL = Wishes()
