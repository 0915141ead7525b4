"""How the contracts of one store change when a row names its dealer (A2). Values in, values out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any


class UnsoundContract(ValueError):
    """The contract cannot begin that day; the message says why in words."""


@dataclass(frozen=True, slots=True)
class Contract:
    """[valid_from, valid_to), None is open. `dealer_id` and the terms as in the table."""

    dealer_id: int
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    platform_fee_bp: int | None = None
    channel_fee_bp: int | None = None
    collection_mode: str | None = None

    def holds(self, day: dt.date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )


def contracts_after(
    known: Sequence[Contract],
    dealer_id: int,
    start: dt.date | None,
    today: dt.date,
    *,
    cleared: bool = False,
) -> list[Contract]:
    """The contracts once the row is applied. `known` in the order of their days; `start` is
    contract_from as far as given, `cleared` an empty cell of it. Raises UnsoundContract."""
    if not known:
        return [Contract(dealer_id, start)]
    in_force = next((each for each in known if each.holds(today)), None)
    if (
        in_force is not None
        and len(known) > 1
        and in_force.dealer_id == dealer_id
        and start in (None, *_starts(known, in_force))
    ):
        return list(known)  # what is agreed for later stays
    if known[-1].dealer_id == dealer_id:
        return _same_dealer(known, start, cleared)
    return _other_dealer(known, dealer_id, start or today)


def _starts(known: Sequence[Contract], in_force: Contract) -> list[dt.date | None]:
    """When this dealer's contract began: its parts of other terms follow each other without a
    gap."""
    found: list[dt.date | None] = [in_force.valid_from]
    for before in reversed(known[: known.index(in_force)]):
        if before.dealer_id != in_force.dealer_id or before.valid_to != found[-1]:
            break
        found.append(before.valid_from)
    return found


def in_order(contract: Contract) -> dt.date:
    """Contracts of one store sort by their first day."""
    return contract.valid_from or dt.date.min


def with_terms(
    known: Sequence[Contract], terms: Mapping[str, Any], start: dt.date | None, today: dt.date
) -> list[Contract]:
    """The contracts with other terms: from `start` on as a new part of the contract that holds
    then, without it throughout the contract of today (or the next one). `known` in the order of
    their days. Raises UnsoundContract."""
    if start is None:
        held = next((each for each in known if each.holds(today)), known[-1])
    else:
        found = next((each for each in known if each.holds(start)), None)
        if found is None:
            raise UnsoundContract("lies in no contract of this store")
        held = found
    changed = replace(held, **terms)
    if changed == held:
        return list(known)
    parts = (
        [changed]
        if start in (None, held.valid_from)
        else [replace(held, valid_to=start), replace(changed, valid_from=start)]
    )
    place = known.index(held)
    return [*known[:place], *parts, *known[place + 1 :]]


def _same_dealer(known: Sequence[Contract], start: dt.date | None, cleared: bool) -> list[Contract]:
    """The start is corrected when one is given; an empty cell frees the first contract of its lower
    bound."""
    last = known[-1]
    if start == last.valid_from or (start is None and (not cleared or len(known) > 1)):
        return list(known)
    earlier = list(known[:-1])
    if earlier and start is not None:
        if earlier[-1].valid_from is not None and start <= earlier[-1].valid_from:
            raise UnsoundContract(
                f"lies on or before the start of the contract before ({earlier[-1].valid_from}); "
                "it would leave no day of it"
            )
        if earlier[-1].valid_to == last.valid_from:
            earlier[-1] = replace(earlier[-1], valid_to=start)
    return [*earlier, replace(last, valid_from=start)]


def _other_dealer(known: Sequence[Contract], dealer_id: int, start: dt.date) -> list[Contract]:
    last = known[-1]
    if last.valid_from is not None and start < last.valid_from:
        raise UnsoundContract(
            f"{start} lies before the start of the present contract ({last.valid_from}); a change "
            "of dealer begins on that day or later"
        )
    if start == last.valid_from:  # the dealer named for that day was wrong
        return [*known[:-1], Contract(dealer_id, start, last.valid_to)]
    return [*known[:-1], replace(last, valid_to=start), Contract(dealer_id, start)]
