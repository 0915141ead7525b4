"""The customers of the demo chain: who lives where. Arrays, so that a million of them fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.demo.chain import Chain
from app.demo.shops import METRES_PER_DEGREE
from app.demo.sizes import Size


@dataclass(frozen=True, slots=True)
class Crowd:
    """Per customer, in the order in which they first come: position of the nearest store at home,
    WGS-84 degrees of the home."""

    home: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray


def make_crowd(size: Size, chain: Chain, rng: np.random.Generator) -> Crowd:
    weights = np.array([shop.weight for shop in chain.shops])
    home = rng.choice(len(chain.shops), size=size.customers, p=weights / weights.sum()).astype(
        np.int32
    )
    latitude = np.array([shop.latitude for shop in chain.shops])[home]
    longitude = np.array([shop.longitude for shop in chain.shops])[home]
    distance = np.minimum(rng.lognormal(np.log(1_100), 0.9, size.customers), 30_000)
    angle = rng.random(size.customers) * 2 * np.pi
    return Crowd(
        home,
        latitude + distance * np.cos(angle) / METRES_PER_DEGREE,
        longitude + distance * np.sin(angle) / (METRES_PER_DEGREE * np.cos(np.radians(latitude))),
    )


def customer_code(number: int) -> str:
    return f"c{number + 1:07}"


def unionid(number: int) -> str:
    return f"oDoorstep{number + 1:010}"


def external_userid(number: int) -> str:
    return f"wmDoorstep{number + 1:010}"
