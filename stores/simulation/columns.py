"""Visits as columns: what the ladder by arrays reads of many arrivals at once. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stores.facts.decision import EntryParam, State, Visit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
NEVER = np.iinfo(np.int64).min  # a moment that is not known
IDS = (
    "home_store_id",
    "last_store_id",
    "param_store_id",
    "param_guide_id",
    "param_channel_id",
    "manual_store_id",
    "pinned_store_id",
)
MOMENTS = ("home_protected_until", "home_valid_until", "last_visit_at", "param_at", "manual_at")
FLAGS = ("no_switch",)
READ = frozenset((*IDS, *MOMENTS, *FLAGS))
WITHOUT_EFFECT = frozenset(
    {
        "rv",
        "owner_guide_id",
        "owner_protected_until",
        "owner_valid_until",
        "refused_store_id",
        "refused_at",
    }
)  # on which store it is
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def microseconds(moment: dt.datetime | None) -> int:
    """Exact, so that limits hold to the microsecond as they do in `decide`."""
    return NEVER if moment is None else (moment - EPOCH) // _MICROSECOND


@dataclass(slots=True)
class Visits:
    """One row a visit. Ids 0 and moments NEVER are unknown; `latitude`, `longitude` NaN without a
    place, `accuracy` NaN when it was not told.

    `odd`: rows that must be decided one by one whatever they are. `one(n)` is row n as `decide`
    takes it, with the place of these columns."""

    at: Ints
    day: Ints
    latitude: Floats
    longitude: Floats
    accuracy: Floats
    fuzzy: Bools
    regions: list[str | None]
    postal_codes: list[str | None]
    params: list[EntryParam | None]
    state: dict[str, Ints]
    odd: Bools
    one: Callable[[int], tuple[Visit, State]]

    def __len__(self) -> int:
        return len(self.at)

    @property
    def located(self) -> Bools:
        return ~np.isnan(self.latitude)


def columns(pairs: Sequence[tuple[Visit, State]]) -> Visits:
    """Columns of visits that are values already."""
    visits, states = [v for v, _ in pairs], [s for _, s in pairs]
    return Visits(
        at=np.array([microseconds(v.at) for v in visits], dtype=np.int64),
        day=np.array([v.day.toordinal() for v in visits], dtype=np.int64),
        latitude=np.array(
            [v.point.latitude if v.point else np.nan for v in visits], dtype=np.float64
        ),
        longitude=np.array(
            [v.point.longitude if v.point else np.nan for v in visits], dtype=np.float64
        ),
        accuracy=np.array(
            [np.nan if v.accuracy_m is None else v.accuracy_m for v in visits], dtype=np.float64
        ),
        fuzzy=np.array([v.fuzzy for v in visits], dtype=bool),
        regions=[v.region_code for v in visits],
        postal_codes=[v.postal_code for v in visits],
        params=[v.param for v in visits],
        state=state_columns([_known(s) for s in states]),
        odd=np.array([is_odd(_known(s)) for s in states], dtype=bool),
        one=lambda n: pairs[n],
    )


def _known(state: State) -> dict[str, Any]:
    return {
        name: value
        for name in state.__dataclass_fields__
        if (value := getattr(state, name)) is not None and value is not False
    }


def state_columns(states: Sequence[dict[str, Any]]) -> dict[str, Ints]:
    """Of states as records: names to values, nothing that is None; moments may be ISO text."""
    found = {name: np.zeros(len(states), dtype=np.int64) for name in (*IDS, *FLAGS)}
    found |= {name: np.full(len(states), NEVER, dtype=np.int64) for name in MOMENTS}
    for n, state in enumerate(states):
        for name, value in state.items():
            if name in READ:
                found[name][n] = microseconds(_moment(value)) if name in MOMENTS else int(value)
    return found


def _moment(value: dt.datetime | str) -> dt.datetime:
    return dt.datetime.fromisoformat(value) if isinstance(value, str) else value


def is_odd(state: dict[str, Any]) -> bool:
    """Whether a state remembers something that the ladder by arrays does not read (a home that
    waits, and whatever is added one day)."""
    return not (state.keys() <= _HARMLESS) and any(
        value for name, value in state.items() if name not in _HARMLESS
    )


_HARMLESS = READ | WITHOUT_EFFECT


def taken(visits: Visits, rows: Ints) -> Visits:
    """Some of the rows, in that order."""
    numbers = rows.tolist()
    return Visits(
        at=visits.at[rows],
        day=visits.day[rows],
        latitude=visits.latitude[rows],
        longitude=visits.longitude[rows],
        accuracy=visits.accuracy[rows],
        fuzzy=visits.fuzzy[rows],
        regions=[visits.regions[n] for n in numbers],
        postal_codes=[visits.postal_codes[n] for n in numbers],
        params=[visits.params[n] for n in numbers],
        state={name: column[rows] for name, column in visits.state.items()},
        odd=visits.odd[rows],
        one=lambda n: visits.one(numbers[n]),
    )
