"""Every table of labels, and the filters that use them, for templates."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Flask

from app.accounts.language import language
from app.ui import customer_labels, labels, network_labels, work_labels
from app.ui.labels import SOURCES, label
from app.ui.paging import same_filter
from incentives import explanations as rewards
from stores.network.sight import masked
from stores.routing import explanations as routing

TABLES = (labels, customer_labels, network_labels, work_labels)


def init_app(app: Flask) -> None:
    env = app.jinja_env
    tables = {
        name: value for held in TABLES for name, value in vars(held).items() if name.isupper()
    }
    env.globals.update(labels=SimpleNamespace(**tables), label=label, same_filter=same_filter)
    env.filters.update(
        masked=masked,
        percent=rewards.percent,
        source_words=lambda code: label(SOURCES, code),
        rung=lambda code: routing.word(routing.RUNG_NAMES, code, language()),
        candidate=lambda code: routing.word(routing.CANDIDATES, code, language()),
        fact=lambda found: routing.word(routing.FACTS, found[0], language()).format(n=found[1]),
        distance=lambda km: routing.distance_words(km, language()),
    )
