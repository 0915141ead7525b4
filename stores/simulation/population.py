"""Made-up new visitors, living where people live: drawn by population, spread around each place,
the same for the same seed. Pure."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import numpy as np

from ledger.faults import FieldFault
from stores.facts.decision import NEW_CUSTOMER, Visit
from stores.geo.coordinates import Coordinates, moved_by
from stores.simulation.columns import Visits, microseconds, state_columns
from stores.simulation.places import settlements
from stores.simulation.scenario import Population, refused

CHUNK = 50_000
# of a place of 10,000 people, growing with the root of its people: some 10 km in a city of ten
# million
SPREAD_M = 300.0


def visitors(on: Population, at: dt.datetime, day: dt.date) -> Iterator[Visits]:
    """Each point stands for the same number of people. Raises InvalidInput for a country without a
    place."""
    places = [c for c in settlements() if on.country is None or c.country == on.country]
    if not places:
        raise refused(
            [
                FieldFault(
                    "on.population.country",
                    f"{on.country} has no place of more than 15,000 people in our list",
                )
            ]
        )
    people = np.array([c.population for c in places], dtype=np.float64)
    chance = np.random.default_rng(on.seed)
    chosen = chance.choice(len(places), size=on.points, p=people / people.sum())
    lats, lngs = (
        np.array([c.latitude for c in places])[chosen],
        np.array([c.longitude for c in places])[chosen],
    )
    far = (
        np.hypot(chance.normal(size=on.points), chance.normal(size=on.points))
        * SPREAD_M
        * np.sqrt(people[chosen] / 10_000)
    )
    lats, lngs = moved_by(lats, lngs, chance.uniform(0, 360, on.points), far)
    for start in range(0, on.points, CHUNK):
        yield _columns(lats[start : start + CHUNK], lngs[start : start + CHUNK], at, day)


def people_of_a_point(on: Population) -> int:
    """How many people each point stands for, roughly."""
    return math.ceil(
        sum(c.population for c in settlements() if on.country is None or c.country == on.country)
        / on.points
    )


def _columns(lats: np.ndarray, lngs: np.ndarray, at: dt.datetime, day: dt.date) -> Visits:
    n = len(lats)
    return Visits(
        at=np.full(n, microseconds(at)),
        day=np.full(n, day.toordinal()),
        latitude=lats,
        longitude=lngs,
        accuracy=np.full(n, np.nan),
        fuzzy=np.zeros(n, dtype=bool),
        regions=[None] * n,
        postal_codes=[None] * n,
        params=[None] * n,
        state=state_columns([{}] * n),
        odd=np.zeros(n, dtype=bool),
        one=lambda i: (Visit(at, day, Coordinates(float(lats[i]), float(lngs[i]))), NEW_CUSTOMER),
    )
