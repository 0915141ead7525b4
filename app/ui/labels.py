"""What codes are called on pages: one table for each kind of code. An unknown code is shown as it
is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.accounts.language import language
from stores.routing import explanations as routing

Words = Mapping[str, LazyString] | Mapping[str, str]


ORDER_STATES: Words = {"shipped": _l("Shipped"), "received": _l("Received"), "closed": _l("Closed")}
SALES_CHANNELS: Words = {"mini_program": _l("Mini-program"), "till": _l("Till")}
TOUCHPOINTS: Words = {  # examples: a brand names its own, unknown ones are shown as they are
    "plain": _l("Opened by itself"),
    "store_qr": _l("Store QR code"),
    "guide_link": _l("Guide's link"),
    "chat_card": _l("Card in a chat"),
    "official_account": _l("Official account"),
    "advert": _l("Advert"),
}
REWARD_STATES: Words = {
    "pending": _l("pending"),
    "vested": _l("payable"),
    "voided": _l("no reward"),
    "clawed_back": _l("taken back"),
}
REWARD_MEANINGS = {"pending": "wait", "vested": "good", "voided": "", "clawed_back": "wrong"}
COMPONENTS: Words = {
    "add": _l("Friend add"),
    "referral": _l("Referral"),
    "sales": _l("Sales commission"),
}
TOPICS: Words = {
    "C1": _l("Friend adds"),
    "C2": _l("Invitations"),
    "C4": _l("Sales"),
    "C6": _l("Closed months"),
}


ON_OFF: Words = {"on": _l("on"), "off": _l("off")}


PLACES: Words = {
    "door": _l("Door"),
    "counter": _l("Counter"),
    "table": _l("Table"),
    "parcel": _l("Parcel card"),
    "flyer": _l("Flyer"),
    "bag": _l("Shopping bag"),
}
REWARD_FIGURES: Words = {
    "promised": _l("Newly promised"),
    "returned": _l("Taken back"),
    "payable": _l("Became payable"),
    "pending": _l("Still pending"),
}


ROLES: Words = {"guide": _l("Guide"), "store_manager": _l("Store manager")}
FIGURES: Words = {
    "gross_minor": _l("Sales"),
    "refunds_minor": _l("Refunds"),
    "fees_minor": _l("Fees"),
    "rewards_minor": _l("Rewards"),
    "net_minor": _l("Net"),
}
METRICS: Words = {
    "adds": _l("Friend adds"),
    "valid_adds": _l("Paid friend adds"),
    "adds_lost_rate": _l("Friends lost"),
    "referrals": _l("Invitations"),
    "converted_referrals": _l("Paid referrals"),
    "net_sales": _l("Net sales"),
    "orders": _l("Orders"),
    "chats": _l("Chats"),
    "reply_rate": _l("Reply rate"),
    "avg_first_reply_min": _l("Minutes to the first reply"),
}
LOCATED: Words = {"0": _l("none"), "1": _l("exact"), "2": _l("fuzzy")}
SOURCES: Words = {
    "qr": _l("QR code"),
    "link": _l("Link"),
    "card": _l("Card"),
    "admin_assigned": _l("Assigned by an administrator"),
}


class _Told(Mapping[str, str]):
    """Words of the domain, which knows both languages, in the reader's."""

    def __init__(self, words: Mapping[str, tuple[str, str]]):
        self._words = words

    def __getitem__(self, code: str) -> str:
        self._words[code]
        return routing.word(self._words, code, language())

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)


RUNGS: Words = _Told(routing.RUNG_NAMES)
OUTCOMES: Words = _Told(routing.OUTCOMES)
CANDIDATES: Words = _Told(routing.CANDIDATES)
TIES: Words = _Told(routing.TIES)


Chip = tuple[str | None, str | None]
OTHER_STORE, OTHER_GUIDE = _l("another store of the brand"), _l("a guide of another store")


def named(key: int | None, code: str | None, name: str | None, other: LazyString) -> Chip:
    """Code and name of what a key points at; where the query did not name it to this reader
    (`stores/network/sight.py`), only that there is one."""
    return (code, name) if code is not None or key is None else (None, str(other))


def label(words: Words, code: str) -> str:
    return str(words[code]) if code in words else code
