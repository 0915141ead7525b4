"""Facts of the samples page: decisions, a customer's days, the network, long work, a form."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _
from wtforms import Form, StringField

from app.ui.job_words import STEPS, Progress, duration
from stores.lists.customer_story import Moment
from stores.lists.moments import Moment as HqMoment
from stores.registers.store_history import Change
from stores.routing.ladders import MATCHED, NOT_ASKED, PASSED, Ladder, Rung, Weighed
from stores.routing.store_codes import StoreCode

AT = dt.datetime(2026, 11, 21, 6, 5, tzinfo=dt.UTC)
TODAY, DAY = AT.date(), dt.timedelta(days=1)
SAMPLE_NAME = "上海黄浦云店"
SHOP: dict[str, Any] = {"store_code": "S1", "store_name": SAMPLE_NAME}
MEI: dict[str, Any] = {"guide_code": "G1", "guide_name": "Mei"}


def everything() -> dict[str, Any]:
    return {
        "told": _told(),
        "story": _story(),
        "ladder": _ladder(),
        "chronicle": _chronicle(),
        "notices": _notices(),
        "form": _form(),
        "card": StoreCode("S1", SAMPLE_NAME, "door", "S1:door", "", False),
        **_network(),
    }


def _told() -> dict[str, Progress]:
    """A long run at its start, in the middle and at its end."""

    def steps(at: int) -> tuple[tuple[str, str], ...]:
        return tuple(
            (name, "done" if n < at else "now" if n == at else "later")
            for n, name in enumerate(STEPS["import.save"])
        )

    return {
        "begun": Progress(0, 0, None, None, steps(0), duration(3)),
        "half": Progress(48_000, 100_000, 48, duration(75), steps(1), duration(70)),
        "end": Progress(100_000, 100_000, 100, None, steps(2), duration(200)),
    }


def _story() -> list[Moment]:
    """One moment of each kind, one of them still to come."""
    return [
        Moment(AT + 20 * DAY, "home_ended", "validity_over", **SHOP),
        Moment(AT, "order", order_no="O-1", minor=29_900, **SHOP),
        Moment(AT - DAY, "refund", order_no="O-1", minor=-4_000),
        Moment(AT - 2 * DAY, "elsewhere", "visit", minor=8_800),
        Moment(AT - 3 * DAY, "home_began", "friend_add", until=AT + 30 * DAY, **SHOP),
        Moment(AT - 3 * DAY, "owner_began", "friend_add", **MEI),
        Moment(AT - 3 * DAY, "add", **MEI),
        Moment(AT - 4 * DAY, "visit", "NEAREST", **SHOP),
        Moment(AT - 5 * DAY, "owner_ended", "validity_over", **MEI),
        Moment(AT - 6 * DAY, "deleted", "contact.deleted_by_customer", **MEI),
    ]


def _ladder() -> Ladder:
    """A tie, told with its facts; rungs passed, not asked and switched off."""
    won = Weighed("S4", SAMPLE_NAME, 31.23, 121.47, "winner", 812.4, (("open", 0), ("priority", 9)))
    lost = Weighed(
        "S1", "上海静安云店", 31.24, 121.46, "ambiguous", 1_204.0, (("last_visit", 0), ("shut", 0))
    )
    rungs = (
        Rung("HQ_PIN", PASSED, "not_pinned"),
        Rung("HOME_PROTECTED", PASSED, "protection_over"),
        Rung("NEAREST", MATCHED, "matched", (won, lost)),
        Rung("DEFAULT", NOT_ASKED, ""),
        Rung("PICKER", NOT_ASKED, ""),
    )
    return Ladder(rungs, ("MANUAL",), (lost,))


def _chronicle() -> list[HqMoment]:
    shop, mei, bound = (
        ("S1", SAMPLE_NAME),
        ("G1", "Mei"),
        SimpleNamespace(protected_until=AT + 30 * DAY),
    )
    return [
        HqMoment(AT, "refund", store=shop, reference="O-1", minor=-4_000),
        HqMoment(AT - DAY, "order", "visit", shop, mei, reference="O-1", minor=29_900),
        HqMoment(AT - DAY, "order", "unattributed", reference="O-9", minor=700),
        HqMoment(
            AT - DAY,
            "entry",
            "HOME_PROTECTED",
            shop,
            reference="0",
            detail=SimpleNamespace(distance_class_km=2),
        ),
        HqMoment(AT - 2 * DAY, "home", "friend_add", shop, detail=bound),
        HqMoment(
            AT - 2 * DAY,
            "owner",
            "snatch_after_protection",
            guide=mei,
            before=("G2", "Gus"),
            reference="O-0",
            detail=bound,
        ),
        HqMoment(
            AT - 3 * DAY,
            "event",
            "contact.confirmed",
            guide=mei,
            detail=SimpleNamespace(source="qr", transfer_state=None),
        ),
        HqMoment(
            AT - 4 * DAY,
            "event",
            "contact.transferred",
            guide=mei,
            before=("G2", "Gus"),
            detail=SimpleNamespace(source=None, transfer_state="done"),
        ),
        HqMoment(AT - 9 * DAY, "owner_ended", "validity_over", guide=mei),
        HqMoment(AT - 9 * DAY, "home_ended", "validity_over", shop),
    ]


def _notices() -> list[Any]:
    def notice(kind: str, **about: Any) -> Any:
        return SimpleNamespace(
            id=0, kind=kind, from_day=TODAY, store_name=SAMPLE_NAME, about=SimpleNamespace(**about)
        )

    return [
        notice("store_closed", successor_code="S2", customers=1_204),
        notice("store_closed", successor_code=None, customers=3),
        notice("closing_undone"),
    ]


class _Sample(Form):  # type: ignore[misc]
    good = StringField()
    bad = StringField()


def _form() -> _Sample:
    """A field as it is and one that was refused."""
    form = _Sample(data={"good": "Omar", "bad": "Omar"})
    form.good.label.text = form.bad.label.text = _("User name")
    form.bad.errors = [_("This user name is taken; choose another.")]
    return form


def _network() -> dict[str, Any]:
    def contract(first: dt.date | None, last: dt.date | None, dealer: str, mode: str) -> Any:
        return SimpleNamespace(
            valid_from=first,
            valid_to=last,
            dealer_code=dealer,
            dealer_name="Omar",
            platform_fee_bp=500,
            channel_fee_bp=20,
            collection_mode=mode,
            **SHOP,
        )

    fields = (
        ("status", "active", "closed"),
        ("position", (31.2304, 121.4737), (31.2311, 121.4741)),
        ("cloud_shop", True, False),
        ("address", None, SAMPLE_NAME),
    )
    return {
        "contracts": [
            contract(TODAY + 40 * DAY, None, "D3", "hq_collects"),
            contract(TODAY - 40 * DAY, TODAY + 40 * DAY, "D2", "store_collects"),
            contract(None, TODAY - 40 * DAY, "D1", "store_collects"),
        ],
        "jobs": [
            SimpleNamespace(
                valid_from=TODAY - 40 * DAY, valid_to=None, role="store_manager", **SHOP
            ),
            SimpleNamespace(valid_from=None, valid_to=TODAY - 40 * DAY, role="guide", **SHOP),
        ],
        "guides": [
            SimpleNamespace(
                guide_code="G1", name="Mei", role="guide", store_name=SAMPLE_NAME, left_on=None
            ),
            SimpleNamespace(
                guide_code="G2",
                name="Alexandra Konstantinopoulou-Featherstonehaugh",
                role="store_manager",
                store_name=SAMPLE_NAME,
                left_on=TODAY,
            ),
        ],
        "deeds": [
            SimpleNamespace(
                at=AT, actor="command-line", action="close_store", detail={"version": 12}
            ),
            SimpleNamespace(at=AT - DAY, actor="key:1", action="register_store_codes", detail={}),
        ],
        "changes": [Change(12, AT, "command-line", fields), Change(1, None, "", (), made=True)],
        "areas": [
            SimpleNamespace(area_code="A1", kind="territory"),
            SimpleNamespace(area_code="A2", kind="isolated"),
        ],
        "places": [
            SimpleNamespace(by_guide=by_guide, channel_code=code)
            for by_guide, code in ((False, "S1:door"), (False, None), (True, None))
        ],
    }
