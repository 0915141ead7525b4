"""The network of the demo chain as import rows: branches, dealers, stores at real district centres,
guides, areas, and what changes later.

Everything follows from the seed, the size and the first day; nothing is read but the divisions that
ship with the product."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.demo import words
from app.demo.sizes import Size
from stores.geo.coordinates import Coordinates, from_wgs84
from stores.geo.regions import Region, regions

BRANCH_SHARES = (30, 22, 15, 12, 12, 9)
STORES_PER_CITY = 14
NEIGHBOURS = 0.08  # of the stores stand 60 to 170 m from another: ambiguous ties (A6)
METRES_PER_DEGREE = 111_320.0
Texts = dict[str, str]


@dataclass(slots=True)
class Shop:
    """One store; the point is WGS-84. `weight` says how many people live nearer to it than to
    others."""

    code: str
    name: str
    branch_code: str
    city_code: str
    region_code: str
    latitude: float
    longitude: float
    weight: float
    dealer_code: str = ""
    opens_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Rows for one register, brought in on the morning of that day of the demo."""

    day: int
    kind: str
    rows: tuple[Texts, ...]


@dataclass(slots=True)
class Chain:
    """`staff`: guide codes by position of their store at the start; `moves`: (day, guide, store
    position or None for leaving)."""

    first_day: dt.date
    branches: list[Texts] = field(default_factory=list)
    dealers: list[Texts] = field(default_factory=list)
    shops: list[Shop] = field(default_factory=list)
    stores: list[Texts] = field(default_factory=list)
    guides: list[Texts] = field(default_factory=list)
    areas: list[dict[str, Any]] = field(default_factory=list)
    offers: list[Texts] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    staff: list[list[str]] = field(default_factory=list)
    moves: list[tuple[int, str, int | None]] = field(default_factory=list)
    shut: dict[int, int] = field(
        default_factory=dict
    )  # store position: first day on which it takes nobody
    policy: dict[str, Any] = field(default_factory=dict)
    fraudster: str = ""
    leaver: str = ""
    fraud_day: int = 0


def make_chain(size: Size, first_day: dt.date, rng: np.random.Generator) -> Chain:
    chain = Chain(first_day)
    taken = words.BRANCHES[: size.branches]
    chain.branches = [{"branch_code": code, "name": name} for code, name, _ in taken]
    stores = _split(size.stores, BRANCH_SHARES[: size.branches])
    dealers = _split(size.dealers, BRANCH_SHARES[: size.branches])
    for (branch_code, _, provinces), store_count, dealer_count in zip(
        taken, stores, dealers, strict=True
    ):
        shops = _shops(branch_code, provinces, store_count, rng)
        _give_dealers(chain, branch_code, shops, dealer_count, rng)
        chain.shops += shops
    chain.stores = [_store_row(chain, shop, number, rng) for number, shop in enumerate(chain.shops)]
    chain.offers = _offers(chain, size)
    _hire(chain, size, rng)
    _draw_areas(chain, size)
    _cast(chain, size)
    _policy(chain)
    return chain


def _split(total: int, weights: tuple[int, ...]) -> list[int]:
    """Whole parts, each at least 1, that sum to `total`."""
    parts = [max(1, total * weight // sum(weights)) for weight in weights]
    parts[0] += total - sum(parts)
    return parts


# -- stores ----------------------------------------------------------------------------------------


def _shops(
    branch_code: str, provinces: tuple[str, ...], count: int, rng: np.random.Generator
) -> list[Shop]:
    cities = sorted(
        (
            r
            for r in regions().values()
            if r.level == "city" and r.code[:2] in provinces and r.centre and r.population
        ),
        key=lambda r: (-r.population, r.code),
    )[: max(2, round(count / STORES_PER_CITY))]
    weights = [math.sqrt(city.population) for city in cities]
    parts = np.diff(
        np.floor(np.cumsum(weights) / sum(weights) * count + 0.5).astype(int), prepend=0
    )
    found: list[Shop] = []
    for city, part in zip(cities, parts, strict=True):
        found += _city_shops(branch_code, city, int(part), rng)
    return found


def _city_shops(branch_code: str, city: Region, count: int, rng: np.random.Generator) -> list[Shop]:
    """Stores around the district centres nearest to the middle of the city."""
    assert city.centre is not None
    own = [
        r
        for r in regions().values()
        if r.parent_code == city.code and r.centre and r.centre != city.centre
    ] or [city]
    districts = sorted(own, key=lambda r: (_apart_m(r.centre, city.centre), r.code))[
        : max(1, (count + 2) // 3)
    ]
    found: list[Shop] = []
    for number in range(count):
        district, nth = districts[number % len(districts)], number // len(districts)
        word = words.STORE_WORDS[nth % len(words.STORE_WORDS)] + (
            "" if nth < len(words.STORE_WORDS) else str(nth // len(words.STORE_WORDS) + 1)
        )
        if nth and rng.random() < NEIGHBOURS:
            near, distance = (
                (found[number - len(districts)].latitude, found[number - len(districts)].longitude),
                60 + 110 * rng.random(),
            )
        else:
            near, distance = district.centre, 250 + 1_900 * abs(rng.normal())
        latitude, longitude = _offset(near, distance, rng.random() * 2 * math.pi)
        name = (
            f"{_short(city.name)}{_short(district.name) if district is not city else ''}{word}云店"
        )
        found.append(
            Shop(
                f"S{district.code}{nth + 1:02}",
                name,
                branch_code,
                city.code,
                district.code,
                latitude,
                longitude,
                float(rng.lognormal(0, 0.5)) * math.log10(max(city.population, 10_000)),
            )
        )
    return found


def _short(name: str) -> str:
    for ending in ("土家族苗族自治州", "自治州", "新区", "市", "区", "县"):
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name[: -len(ending)]
    return name


def _apart_m(a: tuple[float, float] | None, b: tuple[float, float]) -> float:
    assert a is not None
    return math.hypot(a[0] - b[0], (a[1] - b[1]) * math.cos(math.radians(b[0]))) * METRES_PER_DEGREE


def _offset(
    centre: tuple[float, float] | None, distance: float, angle: float
) -> tuple[float, float]:
    assert centre is not None
    north, east = distance * math.cos(angle), distance * math.sin(angle)
    return (
        round(centre[0] + north / METRES_PER_DEGREE, 6),
        round(centre[1] + east / (METRES_PER_DEGREE * math.cos(math.radians(centre[0]))), 6),
    )


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
                "name": f"{_short(city.name)}{word}{trade}有限公司",
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


# -- people ----------------------------------------------------------------------------------------


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


# -- areas -----------------------------------------------------------------------------------------


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
                _apart_m((shop.latitude, shop.longitude), (s.latitude, s.longitude))
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
        _offset((shop.latitude, shop.longitude), radius, -2 * math.pi * n / corners)
        for n in range(corners)
    ]
    outline = [[longitude, latitude] for latitude, longitude in [*ring, ring[0]]]
    return {
        "type": "Feature",
        "properties": {"area_code": code, "kind": kind, **owner},
        "geometry": {"type": "Polygon", "coordinates": [outline]},
    }


# -- who is special --------------------------------------------------------------------------------


def _cast(chain: Chain, size: Size) -> None:
    """A mover, a leaver, a fraudster; a store sold, one paused, one closed."""
    first, days = chain.first_day, size.days

    def day(share: float) -> tuple[int, str]:
        number = int(days * share)
        return number, (first + dt.timedelta(days=number)).isoformat()

    several = [n for n, codes in enumerate(chain.staff) if len(codes) >= 3]
    home = several[len(several) // 5]
    other = next(
        n
        for n in range(len(chain.shops))
        if n != home
        and chain.shops[n].dealer_code == chain.shops[home].dealer_code
        or n == len(chain.shops) - 1
    )
    number, _ = day(0.4)
    mover = chain.staff[home][1]
    chain.changes.append(
        Change(number, "guides", ({"guide_code": mover, "store_code": chain.shops[other].code},))
    )
    chain.moves.append((number, mover, other))
    number, when = day(0.6)
    chain.leaver = chain.staff[several[len(several) // 2]][1]
    chain.changes.append(Change(number, "guides", ({"guide_code": chain.leaver, "left_on": when},)))
    chain.moves.append((number + 1, chain.leaver, None))
    chain.fraudster, chain.fraud_day = chain.staff[several[-1]][2], day(0.75)[0]
    sold, paused, closed = (len(chain.shops) * share // 100 for share in (23, 47, 68))
    number, when = day(0.55)
    buyer = next(
        d["dealer_code"]
        for d in chain.dealers
        if d["dealer_code"] != chain.shops[sold].dealer_code
        and d["branch_code"] == chain.shops[sold].branch_code
    )
    chain.changes.append(
        Change(
            number,
            "stores",
            ({"store_code": chain.shops[sold].code, "dealer_code": buyer, "contract_from": when},),
        )
    )
    number = max(days - 9, 1)  # a pause that still lasts when the demo is looked at
    until = (first + dt.timedelta(days=number + 29)).isoformat()
    chain.changes.append(
        Change(
            number,
            "stores",
            (
                {
                    "store_code": chain.shops[paused].code,
                    "status": "paused",
                    "paused_until": until,
                    "successor_store_code": _successor(chain, paused, closed),
                },
            ),
        )
    )
    chain.shut[paused] = number
    number, when = day(0.5)
    chain.changes.append(
        Change(
            number,
            "stores",
            (
                {
                    "store_code": chain.shops[closed].code,
                    "status": "closed",
                    "closed_on": when,
                    "successor_store_code": _successor(chain, closed, paused),
                },
            ),
        )
    )
    chain.shut[closed] = number
    chain.changes.sort(key=lambda change: change.day)
    chain.moves.sort()


def _successor(chain: Chain, position: int, other: int) -> str:
    """The nearest store that neither opens nor shuts while the demo runs."""
    here = (chain.shops[position].latitude, chain.shops[position].longitude)
    near = [
        shop
        for number, shop in enumerate(chain.shops)
        if number not in (position, other) and shop.opens_on is None
    ]
    return min(
        near, key=lambda shop: (_apart_m((shop.latitude, shop.longitude), here), shop.code)
    ).code


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
