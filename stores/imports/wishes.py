"""What the person who brings a file says about it, beside its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Wishes:
    """`accept`: what is doubtful is meant. `follow_above`: blank order fields of further lines
    follow the line above."""

    accept: bool = False
    follow_above: bool = False

    def as_data(self) -> dict[str, Any]:
        """What is not as usual, to be kept with an upload."""
        return {name: True for name in ("accept", "follow_above") if getattr(self, name)}

    @classmethod
    def of_data(cls, data: Mapping[str, Any] | None) -> Wishes:
        return cls(**{name: bool((data or {}).get(name)) for name in ("accept", "follow_above")})


AS_USUAL = Wishes()
