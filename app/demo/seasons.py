"""When people come and what they want then: the weight of a day, of an hour, of a category.
Weekends, public holidays of China, promotion days, evenings; boxes of gifts in the weeks before the
two festivals at which tea is given, spring tea when it is picked."""

from __future__ import annotations

import datetime as dt

import numpy as np

WEEKDAY = (0.86, 0.84, 0.86, 0.90, 1.10, 1.42, 1.30)  # Monday first
PROMOTIONS = {(6, 18): 2.1, (11, 10): 1.5, (11, 11): 3.2, (11, 12): 1.3, (12, 12): 2.0}
YEARLY = {  # month, day: days
    (1, 1): 3,
    (5, 1): 5,
    (10, 1): 7,
}
# first day: days; spring festival, tomb sweeping, dragon boat, mid-autumn as announced or expected
MOVING = {
    dt.date(2025, 1, 28): 8,
    dt.date(2025, 4, 4): 3,
    dt.date(2025, 5, 31): 3,
    dt.date(2025, 10, 6): 2,
    dt.date(2026, 2, 16): 8,
    dt.date(2026, 4, 4): 3,
    dt.date(2026, 6, 19): 3,
    dt.date(2026, 9, 25): 3,
    dt.date(2027, 2, 5): 8,
    dt.date(2027, 4, 3): 3,
    dt.date(2027, 6, 9): 3,
    dt.date(2027, 9, 15): 3,
}
HOLIDAY = 1.55
GIVING = tuple(
    first for first, days in MOVING.items() if days == 8 or first.month in (9, 10)
)  # spring festival, mid-autumn
GIVING_DAYS = 24  # so long before the festival boxes are bought
GIFTS, SPRING_TEA = 5.0, 6.0
PICKED = ((3, 20), (5, 20))  # spring tea is new from here to there
HOURS = np.array(
    [
        0.4,
        0.2,
        0.1,
        0.1,
        0.1,
        0.3,
        1.2,
        3.0,
        5.2,
        4.8,
        4.6,
        5.6,
        7.4,
        5.6,
        4.8,
        5.4,
        5.2,
        5.8,
        7.2,
        8.8,
        9.4,
        7.8,
        4.4,
        1.6,
    ]
)


def holiday(day: dt.date) -> bool:
    yearly = [(dt.date(day.year, month, first), days) for (month, first), days in YEARLY.items()]
    return any(
        first <= day < first + dt.timedelta(days=days) for first, days in (*yearly, *MOVING.items())
    )


def day_weight(day: dt.date) -> float:
    """1.0 is an ordinary day; a promotion outdoes its weekday."""
    usual = HOLIDAY if holiday(day) else WEEKDAY[day.weekday()]
    return max(usual, PROMOTIONS.get((day.month, day.day), 0.0))


def giving(day: dt.date) -> bool:
    """Whether one of the two festivals of giving is near."""
    return any(first - dt.timedelta(days=GIVING_DAYS) <= day < first for first in GIVING)


def wanted(category: str, day: dt.date) -> float:
    """How many times as often as else goods of the category are bought on that day."""
    if category == "gift" and giving(day):
        return GIFTS
    if category == "spring_tea" and PICKED[0] <= (day.month, day.day) <= PICKED[1]:
        return SPRING_TEA
    return 1.0


def shares(total: int, weights: list[float]) -> list[int]:
    """`total` over the days by weight; whole numbers that sum to it."""
    cumulative = np.floor(np.cumsum(weights) / sum(weights) * total + 0.5).astype(int)
    return [int(each) for each in np.diff(cumulative, prepend=0)]


def minutes(rng: np.random.Generator, count: int) -> np.ndarray:
    """Seconds since midnight of `count` arrivals, ascending."""
    hours = rng.choice(24, size=count, p=HOURS / HOURS.sum())
    return np.sort(hours * 3600 + rng.random(count) * 3600)
