"""Parts of a guide's pages, and the people and plans they show."""

from __future__ import annotations

import datetime as dt
import html
import re

import db
from incentives import plan_versions
from stores.base.actors import COMMAND_LINE
from stores.network.scope import find_scope
from tests.network import Network

SUM = re.compile(r'<span class="sum">(.*?)</span></(?:summary|div)>', re.S)


def words(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(markup))).strip()


def minor(text: str) -> int:
    """¥1,234.50 or −¥1.40 in minor units."""
    clean = words(text)
    return int(re.sub(r"[^0-9]", "", clean)) * (-1 if "\N{MINUS SIGN}" in clean else 1)


def guide_id(code: str) -> int:
    with db.read() as connection:
        return find_scope(connection, "guide", code)


def part(page: str, start: str, end: str) -> str:
    return page.split(start, 1)[1].split(end, 1)[0]


def colleague(code: str, name: str, **more: str) -> None:
    """As told to the register now: who is said to leave is a leaver from now on (B9)."""
    network = Network()
    network.now = dt.datetime.now(dt.UTC)
    network.load(
        "guides", {"guide_code": code, "name": name, "store_code": "S1", "role": "guide", **more}
    )


def tiered() -> None:
    bands = [
        {"up_to_minor": 50_000, "rate_bp": 300},
        {"up_to_minor": 200_000, "rate_bp": 400},
        {"up_to_minor": None, "rate_bp": 500},
    ]
    body = {
        "plan_code": "default",
        "name": {"zh": "阶梯", "en": "Tiers"},
        "valid_from": "2000-01-01",
        "valid_to": None,
        "assigned_to": {"all": True},
        "payer": {"dealer_bp": 10000, "hq_bp": 0},
        "components": [
            {
                "code": "sales",
                "kind": "rate",
                "basis": "net_sales",
                "per": "period",
                "tiers": {"mode": "marginal", "bound": "lower", "bands": bands},
            }
        ],
    }
    plan_versions.publish(body, actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC))
