"""`flask reassign`: a dry run binds nobody, a run goes on after kill -9, each customer once."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time

from sqlalchemy import func, select

import db
from stores.facts.binding_history import binding
from stores.facts.customers import customer_state
from stores.facts.reassignments import reassigned_customer, reassignment
from stores.orders.inputs import LineIn, OrderIn
from stores.orders.writing import record_orders
from tests.app.cli.conftest import both
from tests.databases import ROOT

SLOWLY = """
import sys, time
import config
from app import create_app
from stores.customer_deeds import reassign
from stores.base.actors import COMMAND_LINE
create_app(config.load({"DATABASE_URL": sys.argv[1], "INSTANCE_PATH": sys.argv[2], "LOG_LEVEL": "ERROR"}))
def tell(done, total):
    print(done, flush=True)
    time.sleep(0.02)
reassign.proceed(int(sys.argv[3]), actor=COMMAND_LINE, tell=tell, chunk=7)
"""


def populated(number: int) -> None:
    """Customers who bought at S1 two months ago: at home there and not protected any more."""
    at = dt.datetime.now(dt.UTC) - dt.timedelta(days=60)
    record_orders(
        [
            OrderIn(f"K{n}", f"k{n}", at, "CNY", (LineIn(1, 1, 100),), store_code="S1")
            for n in range(number)
        ],
        actor="test",
        now=at,
    )


@both
def test_a_dry_run_reports_and_binds_nobody(chain):
    populated(5)
    result = chain.run(
        "reassign",
        "--from",
        "S1",
        "--to",
        "S3",
        "--reason",
        "lease over",
        "--dry-run",
        "--report",
        "-",
    )
    assert result.exit_code == 0, result.output
    assert (
        "5 customers of 1 stores would be moved to 1 stores; 0 protected are left out"
        in result.stdout
    )
    assert "S1,D1,S3,D2,chosen,5,0" in result.stdout.splitlines()
    with db.read() as connection:
        assert (
            connection.execute(select(func.count()).select_from(reassigned_customer)).scalar_one()
            == 0
        )
    result = chain.run("reassign", "--run", "1", "--progress")
    assert result.exit_code == 0 and "moved 5 customers" in result.stdout
    assert chain.run("reassign", "--undo", "1").exit_code == 0
    assert chain.run("reassign", "--undo", "1").exit_code == 1


@both
def test_a_plan_may_be_a_file(chain):
    populated(3)
    plan = chain.file(
        "plan.json", json.dumps({"from_store_codes": ["S1"], "reason": "as the file says"})
    )
    result = chain.run("reassign", plan, "--to", "S2")
    assert "moved 3 customers" in result.stdout, result.output


def test_what_is_wrong_is_said_in_words(chain):
    for options in (
        (),
        ("--from", "S1"),
        ("--from", "NOPE", "--reason", "x"),
        ("--run", "77"),
        ("--from", "S1", "--to", "NOPE", "--reason", "x"),
    ):
        result = chain.run("reassign", *options)
        assert result.exit_code in (1, 2) and "Traceback" not in result.output, options


@both
def test_after_kill_9_it_goes_on_where_it_stood_each_customer_once(chain):
    populated(300)
    assert (
        chain.run(
            "reassign", "--from", "S1", "--to", "S3", "--reason", "lease over", "--dry-run"
        ).exit_code
        == 0
    )
    with db.transaction() as connection:
        connection.execute(
            reassignment.update().values(state="running", started_at=dt.datetime.now(dt.UTC))
        )
    url = db.database().url
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, url, str(chain.folder), "1"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout:
        for _ in range(4):
            process.stdout.readline()
        time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with db.read() as connection:
        part = connection.execute(select(reassignment.c.moved)).scalar_one()
        facts = connection.execute(
            select(func.count()).select_from(reassigned_customer)
        ).scalar_one()
    assert 0 < part < 300 and facts == part, "a chunk is whole or not there"
    result = chain.run("reassign", "--run", "1")
    assert "moved 300 customers" in result.stdout, result.output
    with db.read() as connection:
        b = binding.c
        assert (
            connection.execute(
                select(func.count()).where(
                    b.kind == "home", b.superseded_at.is_(None), b.reason == "reassigned"
                )
            ).scalar_one()
            == 300
        )
        assert (
            connection.execute(
                select(func.count()).where(b.kind == "home", b.superseded_at.is_(None))
            ).scalar_one()
            == 600
        )
        assert (
            connection.execute(
                select(func.count(customer_state.c.home_store_id.distinct()))
            ).scalar_one()
            == 1
        )
