"""Every component once on one page, for those who build pages and for the tests."""
from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

from flask import render_template

from app.doors import Doors
from app.guide.code import drawn
from app.hq.home import blueprint
from app.job_words import STEPS, Progress, duration
from app.permissions import needs
from stores.customer_chronicle import Moment as HqMoment
from stores.customer_story import Moment
from stores.ladders import MATCHED, NOT_ASKED, PASSED, Ladder, Rung, Weighed
from stores.store_codes import StoreCode

SAMPLE_NAME, SAMPLE_LINK = "上海黄浦云店", "https://example.org/s/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@blueprint.get("/samples", strict_slashes=False)
@needs("hq:read")
def samples() -> str:
    moment = dt.datetime(2026, 11, 21, 6, 5, tzinfo=dt.UTC)
    rows = [{"day": moment.date(), "orders": 12_345_678, "sales": 123_450}, {"day": moment.date(), "orders": 0, "sales": -14_000}]
    return render_template("hq/samples.html", moment_shown=moment, table=rows, told=_told(), card=StoreCode("S1", SAMPLE_NAME, "door", "S1:door", "", False),
                           card_qr=drawn(SAMPLE_LINK), story=_story(moment), ladder=_ladder(),
                           chronicle=_chronicle(moment), doors=Doors(None, None, frozenset(["O-1"])))


def _told() -> dict[str, Progress]:
    """A long run at its start, in the middle and at its end."""
    def steps(at: int) -> tuple[tuple[str, str], ...]:
        return tuple((name, "done" if n < at else "now" if n == at else "later") for n, name in enumerate(STEPS["import.save"]))

    return {"begun": Progress(0, 0, None, None, steps(0), duration(3)), "half": Progress(48_000, 100_000, 48, duration(75), steps(1), duration(70)),
            "end": Progress(100_000, 100_000, 100, None, steps(2), duration(200))}


def _story(now: dt.datetime) -> list[Moment]:
    """One moment of each kind, one of them still to come."""
    day, shop, mei = dt.timedelta(days=1), {"store_code": "S1", "store_name": SAMPLE_NAME}, {"guide_code": "G1", "guide_name": "Mei"}
    return [Moment(now + 20 * day, "home_ended", "validity_over", **shop), Moment(now, "order", order_no="O-1", minor=29_900, **shop),
            Moment(now - day, "refund", order_no="O-1", minor=-4_000), Moment(now - 2 * day, "elsewhere", "visit", minor=8_800),
            Moment(now - 3 * day, "home_began", "friend_add", until=now + 30 * day, **shop), Moment(now - 3 * day, "owner_began", "friend_add", **mei),
            Moment(now - 3 * day, "add", **mei), Moment(now - 4 * day, "visit", "NEAREST", **shop)]


def _ladder() -> Ladder:
    """A tie, told with its facts; rungs passed, not asked and switched off."""
    won = Weighed("S4", SAMPLE_NAME, 31.23, 121.47, "winner", None, (("open", 0), ("priority", 9)))
    lost = Weighed("S1", "上海静安云店", 31.24, 121.46, "ambiguous", None, (("last_visit", 0), ("shut", 0)))
    rungs = (Rung("HQ_PIN", PASSED, "not_pinned"), Rung("HOME_PROTECTED", PASSED, "protection_over"), Rung("NEAREST", MATCHED, "matched", (won, lost)),
             Rung("DEFAULT", NOT_ASKED, ""), Rung("PICKER", NOT_ASKED, ""))
    return Ladder(rungs, ("MANUAL",), (lost,))


def _chronicle(now: dt.datetime) -> list[HqMoment]:
    day, shop, mei = dt.timedelta(days=1), ("S1", SAMPLE_NAME), ("G1", "Mei")
    bound = SimpleNamespace(protected_until=now + 30 * day)
    return [HqMoment(now, "refund", store=shop, reference="O-1", minor=-4_000), HqMoment(now - day, "order", "visit", shop, mei, reference="O-1", minor=29_900),
            HqMoment(now - day, "entry", "HOME_PROTECTED", shop, reference="0", detail=SimpleNamespace(distance_class_km=2)),
            HqMoment(now - 2 * day, "owner", "snatch_after_protection", guide=mei, before=("G2", "Gus"), reference="O-0", detail=bound),
            HqMoment(now - 3 * day, "event", "contact.confirmed", guide=mei, detail=SimpleNamespace(source="qr", transfer_state=None)),
            HqMoment(now - 9 * day, "home_ended", "validity_over", shop)]
