"""The network of the demo chain as import rows: branches, dealers, stores, guides, areas."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np

from app.demo import words
from app.demo.chain import Chain, Shop, Texts
from app.demo.changes import cast_changes
from app.demo.shops import apart_m, make_shops, offset, short
from app.demo.sizes import Size
from stores.geo.coordinates import Coordinates, from_wgs84
from stores.geo.regions import regions

BRANCH_SHARES = (30, 22, 15, 12, 12, 9)


def make_chain(size: Size, first_day: dt.date, rng: np.random.Generator) -> Chain:
    chain = Chain(first_day)
    taken = words.BRANCHES[: size.branches]
    chain.branches = [{"branch_code": code, "name": name} for code, name, _ in taken]
    stores = _split(size.stores, BRANCH_SHARES[: size.branches])
    dealers = _split(size.dealers, BRANCH_SHARES[: size.branches])
    for (branch_code, _, provinces), store_count, dealer_count in zip(
        taken, stores, dealers, strict=True
    ):
        shops = make_shops(branch_code, provinces, store_count, rng)
        _give_dealers(chain, branch_code, shops, dealer_count, rng)
        chain.shops += shops
    chain.stores = [_store_row(chain, shop, number, rng) for number, shop in enumerate(chain.shops)]
    chain.offers = _offers(chain, size)
    _hire(chain, size, rng)
    _draw_areas(chain, size)
    cast_changes(chain, size)
    _policy(chain)
    return chain


def _split(total: int, weights: tuple[int, ...]) -> list[int]:
    """Whole parts, each at least 1, that sum to `total`."""
    parts = [max(1, total * weight // sum(weights)) for weight in weights]
    parts[0] += total - sum(parts)
    return parts


def _give_dealers(
    chain: Chain, branch_code: str, shops: list[Shop], count: int, rng: np.random.Generator
) -> None:
    """Dealers own neighbouring stores: the branch's list is cut at random places."""
    count = min(count, len(shops))
    cuts = (
        sorted(int(c) + 1 for c in rng.choice(len(shops) - 1, size=count - 1, replace=False))
        if count > 1
        else []
    )
    for start, end in zip([0, *cuts], [*cuts, len(shops)], strict=True):
        code = f"D{len(chain.dealers) + 1:04}"
        city = regions()[shops[start].city_code]
        word = words.DEALER_WORDS[len(chain.dealers) % len(words.DEALER_WORDS)]
        trade = ("商贸", "贸易", "食品", "茶业", "餐饮管理", "供应链")[
            len(chain.dealers) // len(words.DEALER_WORDS) % 6
        ]
        chain.dealers.append(
            {
                "dealer_code": code,
                "name": f"{short(city.name)}{word}{trade}有限公司",
                "branch_code": branch_code,
                "platform_fee_bp": str(int(rng.choice([500, 500, 500, 450, 600]))),
                "channel_fee_bp": "60",
                "collection_mode": "store_collects" if rng.random() < 0.8 else "hq_collects",
            }
        )
        for shop in shops[start:end]:
            shop.dealer_code = code


def _store_row(chain: Chain, shop: Shop, number: int, rng: np.random.Generator) -> Texts:
    crs = "gcj02" if rng.random() < 0.5 else "wgs84"
    latitude, longitude = from_wgs84(Coordinates(shop.latitude, shop.longitude), crs)
    opened = chain.first_day - dt.timedelta(days=int(rng.integers(60, 2_000)))
    if number % 97 == 41:  # a few open while the demo runs
        opened = shop.opens_on = chain.first_day + dt.timedelta(days=int(rng.integers(5, 20)))
    region = regions()[shop.region_code]
    return {
        "store_code": shop.code,
        "name": shop.name,
        "dealer_code": shop.dealer_code,
        "branch_code": shop.branch_code,
        "latitude": f"{latitude:.6f}",
        "longitude": f"{longitude:.6f}",
        "crs": crs,
        "country": "CN",
        "region_code": shop.region_code,
        "address": f"{regions()[shop.city_code].name}{region.name if region.code != shop.city_code else ''}{int(rng.integers(1, 999))}号",
        "opened_on": opened.isoformat(),
        "priority": str(int(rng.choice([0, 0, 0, 5, 10]))),
        "service_radius_m": str(int(rng.choice([3_000, 5_000]))) if number % 25 == 7 else "",
        "hours": words.HOURS[int(rng.integers(len(words.HOURS)))],
        "cloud_shop_url": f"pages/shop/index?id={shop.code}",
    }


def _offers(chain: Chain, size: Size) -> list[Texts]:
    """Some stores' own shops: promotions of the mall, over, running and to come, and ranges they do
    not or alone carry."""
    last = chain.first_day + dt.timedelta(days=size.days)

    def day(number: int) -> str:
        return (last + dt.timedelta(days=number)).isoformat()

    kinds = (  # every so manieth store, the first of them, what
        (5, 0, ("promotion", "NEW-FRIEND-9", "on", "", "")),
        (5, 0, ("promotion", "WINTER-TEA", "on", day(-20), day(25))),
        (9, 3, ("promotion", "STORE-BIRTHDAY", "on", day(10), day(16))),
        (9, 6, ("promotion", "AUTUMN-MOON", "on", day(-60), day(-40))),
        (7, 2, ("range", "FRESH-CAKES", "off", "", "")),
        (11, 5, ("range", "LOCAL-GIFTS", "on", "", "")),
        (13, 8, ("promotion", "WINTER-TEA", "off", "", "")),
    )
    names = ("kind", "reference", "switch", "valid_from", "valid_to")
    found: dict[tuple[str, str, str], Texts] = {}
    for every, first, said in kinds:
        for shop in chain.shops[first::every]:
            found.setdefault(
                (shop.code, said[0], said[1]),
                {"store_code": shop.code, **dict(zip(names, said, strict=True))},
            )
    return list(found.values())


def _hire(chain: Chain, size: Size, rng: np.random.Generator) -> None:
    """One manager a store, the others by the store's weight."""
    spare = size.guides - len(chain.shops)
    weights = np.array([shop.weight for shop in chain.shops])
    more = np.diff(
        np.floor(np.cumsum(weights) / weights.sum() * spare + 0.5).astype(int), prepend=0
    )
    for shop, extra in zip(chain.shops, more, strict=True):
        codes = []
        for nth in range(1 + int(extra)):
            code = f"G{len(chain.guides) + 1:05}"
            hired = chain.first_day - dt.timedelta(days=int(rng.integers(20, 1_500)))
            chain.guides.append(
                {
                    "guide_code": code,
                    "name": f"{words.SURNAMES[int(rng.integers(len(words.SURNAMES)))]}{words.GIVEN[int(rng.integers(len(words.GIVEN)))]}",
                    "store_code": shop.code,
                    "wecom_userid": f"wecom-{code.lower()}",
                    "hired_on": hired.isoformat(),
                    "role": "guide" if nth else "store_manager",
                }
            )
            codes.append(code)
        chain.staff.append(codes)


def _draw_areas(chain: Chain, size: Size) -> None:
    """Exclusive territories far enough apart, delivery areas of some stores, one isolated
    campus."""
    drawn: list[tuple[Shop, float]] = []
    for number, shop in enumerate(chain.shops):
        radius = 1_500 + number % 5 * 400
        if (
            len(drawn) < size.territories
            and number % 3 == 0
            and all(
                apart_m((shop.latitude, shop.longitude), (s.latitude, s.longitude))
                > radius + r + 500
                for s, r in drawn
            )
        ):
            drawn.append((shop, radius))
            chain.areas.append(
                _area(f"T-{shop.code}", "territory", shop, radius, 24, dealer_code=shop.dealer_code)
            )
    for shop in chain.shops[2::7][: size.service_areas]:
        chain.areas.append(
            _area(f"A-{shop.code}", "service_area", shop, 2_200, 10, store_code=shop.code)
        )
    campus = chain.shops[len(chain.shops) // 2]
    chain.areas.append(
        _area(f"I-{campus.code}", "isolated", campus, 600, 6, store_code=campus.code)
    )


def _area(
    code: str, kind: str, shop: Shop, radius: float, corners: int, **owner: str
) -> dict[str, Any]:
    ring = [
        offset((shop.latitude, shop.longitude), radius, -2 * math.pi * n / corners)
        for n in range(corners)
    ]
    outline = [[longitude, latitude] for latitude, longitude in [*ring, ring[0]]]
    return {
        "type": "Feature",
        "properties": {"area_code": code, "kind": kind, **owner},
        "geometry": {"type": "Polygon", "coordinates": [outline]},
    }


def _policy(chain: Chain) -> None:
    """Region defaults: the first store of every city; the brand's default: the first store of
    all."""
    defaults: dict[str, str] = {}
    for number, shop in enumerate(chain.shops):
        if number not in chain.shut and shop.opens_on is None:
            defaults.setdefault(shop.city_code, shop.code)
    chain.policy = {
        "preset": "franchise",
        "default_store": next(iter(defaults.values())),
        "region_defaults": defaults,
        "note": "每个城市设一家默认门店。",
    }
