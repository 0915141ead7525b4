"""What changes in the demo chain later: openings, closings, hand-overs."""

from __future__ import annotations

import datetime as dt

from app.demo.chain import Chain, Change
from app.demo.shops import apart_m
from app.demo.sizes import Size


def cast_changes(chain: Chain, size: Size) -> None:
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
        near, key=lambda shop: (apart_m((shop.latitude, shop.longitude), here), shop.code)
    ).code
