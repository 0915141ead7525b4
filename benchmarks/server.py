"""The product and two plain Flask routes on one waitress server, one process: yardsticks that any
machine brings along.

python -m benchmarks.server PORT      serves DATABASE_URL; /bare/hello and /bare/insert are the
yardsticks"""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask, request
from sqlalchemy import Column, Float, Integer, MetaData, String, Table, create_engine, event, insert
from waitress import serve
from werkzeug.middleware.dispatcher import DispatcherMiddleware

import config
from app import create_app

THREADS = 4


def bare(database_url: str) -> Flask:
    """Two routes of a plain Flask application: a greeting, and one SQLAlchemy Core insert of what
    was sent, committed."""
    app = Flask("bare")
    sqlite = database_url.startswith("sqlite")
    engine = (
        create_engine(f"{database_url}.bare", connect_args={"timeout": 30})
        if sqlite
        else create_engine(database_url)
    )
    visits = Table(
        "bare_visit",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("customer_id", String(128)),
        Column("latitude", Float),
        Column("longitude", Float),
    )

    # as the product's entry path has them; the file beside it, so that the two do not wait for each
    # other
    if sqlite:

        @event.listens_for(engine, "connect")
        def _connect(connection: Any, record: Any) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")

    visits.metadata.create_all(engine)

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    @app.post("/insert")
    def insert_one() -> Any:
        sent = request.get_json()
        place = sent["location"]
        with engine.begin() as connection:
            key = connection.execute(
                insert(visits).values(
                    customer_id=sent["customer"]["customer_id"],
                    latitude=place["latitude"],
                    longitude=place["longitude"],
                )
            ).inserted_primary_key[0]
        return {"id": key}, 201

    return app


def main() -> None:
    settings = config.load()
    both = DispatcherMiddleware(create_app(settings), {"/bare": bare(settings.database_url)})
    serve(both, listen=f"127.0.0.1:{sys.argv[1]}", threads=THREADS)


if __name__ == "__main__":
    main()
