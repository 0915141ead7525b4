"""M13: an entry is two round trips on PostgreSQL, counted by a proxy between us and the server."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url

import db
from ledger import driver
from stores.base import keys
from stores.facts.entry_params import SignedParam, sign
from tests.network import Network
from tests.stores.routing.entrances import NOW, arrival, beside, enter, open_chain


class CountingProxy:
    """Passes everything on and counts how often the server says ReadyForQuery: once for each round
    trip of a session."""

    def __init__(self, host: str, port: int):
        self.server = (host, port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.round_trips = self.sessions = 0
        self.open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for each in (self.listener, *self.open):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.server)
            self.open += [client, server]
            self.sessions += 1
            threading.Thread(
                target=self._pass_on, args=(client, server, False), daemon=True
            ).start()
            threading.Thread(target=self._pass_on, args=(server, client, True), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, counting: bool) -> None:
        rest = b""
        try:
            while data := source.recv(65536):
                if counting:
                    rest = self._count(rest + data)
                target.sendall(data)
        except OSError:
            pass
        target.close()

    def _count(self, data: bytes) -> bytes:
        """Whole messages are a letter and a length that counts itself; what is left is not whole
        yet."""
        while len(data) >= 5 and len(data) > (size := int.from_bytes(data[1:5], "big")):
            self.round_trips += data[:1] == b"Z"
            data = data[size + 1 :]
        return data


@contextmanager
def counted(url: str) -> Iterator[CountingProxy]:
    """This process bound to the same database through a proxy."""
    there = make_url(url)
    proxy = CountingProxy(there.host or "127.0.0.1", there.port or 5432)
    through = there.set(port=proxy.port, query={"sslmode": "disable", "gssencmode": "disable"})
    db.configure(through.render_as_string(hide_password=False))
    yield proxy
    db.database().dispose()
    db.configure(url)
    proxy.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_every_kind_of_entry_is_two_round_trips(network: Network):
    open_chain(network)
    param = sign(SignedParam(1, 0, 0, NOW), keys.entry_param_keys()[0])
    with counted(db.database().url) as proxy:
        enter(arrival("warm", beside(1)))  # opens the connection and builds the snapshot
        sessions = proxy.sessions
        visits = [
            arrival("c1", beside(2)),
            arrival("c1", beside(2)),
            arrival({"openid": "o1"}),
            arrival({"openid": "o1", "unionid": "u1"}, beside(4)),
            arrival("c2", beside(3), entry_param=param, touchpoint="qr", region_code="310115"),
        ]
        for n, each in enumerate(visits):
            before = proxy.round_trips
            enter(each, NOW + dt.timedelta(minutes=n), key=None if n % 2 else f"k{n}")
            assert proxy.round_trips - before == 2
        for _ in range(
            6
        ):  # the driver prepares a statement on its sixth use, which costs one round trip once
            enter(visits[0], NOW, key="k0")
        before = proxy.round_trips
        assert enter(visits[0], NOW, key="k0").repeated
        assert (proxy.round_trips - before, proxy.sessions) == (1, sessions)


def test_the_entry_path_commits_statement_by_statement(database: db.Database):
    """PostgreSQL: autocommit; SQLite: the driver begins nothing by itself."""
    with db.statement() as connection:
        raw = connection.connection.dbapi_connection
        assert raw.isolation_level is None if database.sqlite else raw.autocommit is True
        driver.run(connection, "SELECT 1")
        assert not raw.in_transaction if database.sqlite else raw.info.transaction_status == 0
