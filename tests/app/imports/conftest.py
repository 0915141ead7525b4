"""Uploads on the small chain of the pages, worked off by a runner in this process or by a real
worker."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

import db
from app.imports import lists as upload_lists
from app.imports import runs as import_runs
from app.imports import uploads
from app.jobs.runner import Runner
from stores.network import network
from stores.network.stores import store
from tests.app.conftest import token_of
from tests.app.pages.conftest import Chain, bare_chain, chain  # noqa: F401 - fixtures
from tests.network import Network

HEADER = "store_code,name,dealer_code,latitude,longitude,crs\n"


def stores_file(number: int, prefix: str = "N", dealer: str = "D1") -> str:
    return HEADER + "".join(
        f"{prefix}{n:05},Shop {n},{dealer},{31 + n * 1e-5:.5f},121.5,wgs84\n" for n in range(number)
    )


@dataclass
class Desk:
    """Petra's browser, and the worker that is at hand."""

    chain: Any
    client: Any
    runner: Runner

    def post(self, path: str, **form: Any) -> Any:
        given = MultiDict(
            {
                name: FileStorage(value[0], value[1]) if isinstance(value, tuple) else value
                for name, value in form.items()
            }
        )
        given["csrf_token"] = token_of(self.client.get("/hq/imports"))
        boundary, body = encode_multipart(
            given
        )  # the test client would leave a temporary file open
        return self.client.post(
            path, data=body, content_type=f"multipart/form-data; boundary={boundary}"
        )

    def upload(self, text: str | bytes, kind: str = "stores", name: str = "stores.csv") -> str:
        """Upload a file; returns the address of its page. Nothing works it off yet."""
        content = text.encode() if isinstance(text, str) else text
        answer = self.post("/hq/imports", kind=kind, file=(io.BytesIO(content), name))
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def checked(self, text: str | bytes, kind: str = "stores", name: str = "stores.csv") -> str:
        path = self.upload(text, kind, name)
        self.work()
        return path

    def work(self) -> int:
        network.forget()
        return self.runner.drain()

    def row(self, path: str) -> Any:
        with db.read() as connection:
            return upload_lists.find(connection, int(path.rpartition("/")[2]))

    def page(self, path: str, tongue: str = "en") -> str:
        answer = self.client.get(f"{path}{'&' if '?' in path else '?'}lang={tongue}")
        assert answer.status_code == 200
        return answer.text

    def findings(self, path: str) -> list[tuple[str, ...]]:
        """(line, column, value, reason) of the table on the page."""
        rows = re.findall(
            r"<tr><td class=\"right\">(.*?)</td><td>(.*?)</td><td class=\"cell\">(.*?)</td><td "
            r"class=\"cell\">(.*?)</td></tr>",
            self.page(path),
            re.S,
        )
        return [tuple(re.sub(r"<[^>]+>", "", cell) for cell in row) for row in rows]

    def stores(self) -> int:
        return Network().count(store)


@pytest.fixture
def desk(bare_chain: Chain) -> Desk:  # noqa: F811
    client = bare_chain.client("petra")
    client.get("/account?lang=en")  # her language from here on
    return Desk(bare_chain, client, Runner("test", import_runs.HANDLERS))


def files() -> list[str]:
    """What lies in the folder of uploads."""
    return (
        sorted(path.name for path in uploads.folder().iterdir())
        if uploads.folder().is_dir()
        else []
    )
