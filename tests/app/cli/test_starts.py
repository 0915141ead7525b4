"""A start that cannot be ends in one line on stderr that says what to do, with status 1: the web
application and every command alike (M26)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

import config
import db
from app.cli import starting
from migrations import commands
from stores.base import brand
from stores.geo import geocoder
from tests.databases import ENGINES, Databases

ROOT = Path(__file__).resolve().parents[3]
BAD = [
    ("APP_ENV", "prod"),
    ("DATABASE_URL", "mysql://h/x"),
    ("DATABASE_URL", "nonsense"),
    ("DATABASE_URL", "postgresql://u:p@ss@h:port/x"),
    ("DATABASE_URL", "postgresql://h"),
    ("DATABASE_URL", "postgresql://[::1/x"),
    ("DATABASE_URL", "sqlite:///"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("DATABASE_URL", "sqlite:///x.db?timeout=soon"),
    ("SECRET_KEY", "short"),
    ("DATA_KEY", "???"),
    ("ENTRY_PARAM_KEYS", "c2hvcnQ="),
    ("BRAND_TIMEZONE", "Moon/Base"),
    ("BRAND_TIMEZONE", "../etc/passwd"),
    ("BRAND_TIMEZONE", "Asia"),
    ("BRAND_CURRENCY", "XXX"),
    ("PUBLIC_BASE_URL", "shop.example.com"),
    ("PUBLIC_BASE_URL", "http://["),
    ("PUBLIC_BASE_URL", "http://a:port"),
    ("PORT", "http"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("LOG_LEVEL", "LOUD"),
    ("API_RATE_LIMIT", "nonsense"),
    ("API_RATE_LIMIT", "0/second"),
    ("API_RATE_LIMIT", "5/fortnight"),
    ("API_RATE_LIMIT", ";"),
    ("TRUSTED_PROXIES", "-1"),
    ("IMPORT_MAX_ROWS", "many"),
    ("IMPORT_MAX_ROWS", "0"),
    ("RATE_LIMIT_STORAGE", "memcached://127.0.0.1"),
    ("RATE_LIMIT_STORAGE", "127.0.0.1:6379"),
    ("MAP_OUTLINE", "/nowhere.json"),
    ("MAP_OUTLINE", "/"),
    ("MAP_TILES", "https://tiles.example.com/"),
    ("IP_DATABASE", "/nowhere.mmdb"),
    ("GEOCODER", "google"),
    ("GEOCODER", "amap"),
    ("GEOCODER_URL", "http://["),
    ("GEOCODER_RATE", "often"),
    ("REQUIRE_TWO_FACTOR", "perhaps"),
    ("INSTANCE_PATH", "/proc/nowhere"),
    ("INSTANCE_PATH", "/etc/hostname"),
    ("INSTANCE_PATH", "/etc/hostname/x"),
    ("INSTANCE_PATH", "x" * 300),
    ("METRICS_TOKEN", "\udcff"),
    ("SECRET_KEY", "\udcff" * 40),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_setting_that_cannot_be_is_named_in_one_line(name, value, tmp_path):
    with pytest.raises(config.ConfigurationError) as told:
        config.load({"INSTANCE_PATH": str(tmp_path), name: value})
    assert name in str(told.value)
    assert "\n" not in str(told.value)


def test_every_setting_that_is_read_is_known_and_described():
    source = (ROOT / "config.py").read_text("utf-8")
    example, readme = (
        (ROOT / ".env.example").read_text("utf-8"),
        (ROOT / "README.md").read_text("utf-8"),
    )
    assert [
        name for name in config.SETTINGS if f'"{name}"' not in source.split("SETTINGS = ")[1]
    ] == []
    assert [
        name for name in config.SETTINGS if name not in example or f"`{name}`" not in readme
    ] == []


@pytest.mark.parametrize("content", ["", "short", "\xff\xfe"])
def test_a_damaged_secret_of_a_development_is_told(content, tmp_path):
    (tmp_path / "secret_key").write_bytes(content.encode("latin-1"))
    with pytest.raises(config.ConfigurationError, match="secret_key"):
        config.load({"INSTANCE_PATH": str(tmp_path)})


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path):
    first, second = (config.load({"INSTANCE_PATH": str(tmp_path)}).secret_key for _ in range(2))
    assert first == second and len(first) == 64
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


# -- a whole start ---------------------------------------------------------------------------------


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[object]:
    """Starts with these settings; returns the line that it ends with."""
    before = brand._brand

    def ends(**more: str) -> str:
        for name in config.SETTINGS:
            monkeypatch.delenv(name, raising=False)
        for name, value in {
            "INSTANCE_PATH": str(tmp_path / "instance"),
            "LOG_LEVEL": "ERROR",
            **more,
        }.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            starting.started()
        line = str(ended.value.code)
        assert "\n" not in line and line.startswith("Doorstep does not start: ")
        return line

    yield ends
    geocoder.configure(None)
    if db._database is not None:
        db._database.dispose()
    db._database, brand._brand = None, before


def test_a_database_that_does_not_answer_is_told_without_its_password(start):
    line = start(DATABASE_URL="postgresql://doorstep:open-sesame@127.0.0.1:1/none")
    assert "does not answer" in line and "refused" in line and "open-sesame" not in line


@pytest.mark.parametrize(
    "query", ["sslmode=bogus", "nonsense=1", "connect_timeout=soon", "prepare_threshold=x"]
)
def test_an_option_of_the_database_that_is_none_is_told(start, query):
    assert "DATABASE_URL" in start(DATABASE_URL=f"postgresql://nobody@127.0.0.1:1/none?{query}")


def test_a_database_that_is_not_there_or_a_wrong_password_is_told(start, databases: Databases):
    line = start(DATABASE_URL=databases.postgresql_url("not_there"))
    assert "does not exist" in line and "DATABASE_URL" in line


@pytest.mark.parametrize("what", ["a folder", "no database", "below a file"])
def test_a_file_that_is_no_database_is_told(start, tmp_path, what):
    path = tmp_path / "some.db"
    if what == "a folder":
        path.mkdir()
    else:
        path.write_text(
            "These are words and no database, and they are long enough to be looked at."
        )
    assert "DATABASE_URL" in start(
        DATABASE_URL=f"sqlite:///{path / 'x.db' if what == 'below a file' else path}"
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_database_that_a_newer_version_migrated_is_told(start, databases: Databases, engine):
    url = databases.create(engine)
    made = create_engine(url)
    with made.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'fffff1234567'"))
    made.dispose()
    line = start(DATABASE_URL=url)
    assert "fffff1234567" in line and "newer" in line
    databases.drop(url)


@pytest.mark.parametrize(
    "storage",
    ["redis://127.0.0.1:1/0", "redis://127.0.0.1:port/0", "redis://:open-sesame@127.0.0.1:1/0"],
)
def test_a_shared_storage_that_does_not_answer_is_told(start, databases: Databases, storage):
    url = databases.create("sqlite")
    line = start(DATABASE_URL=url, RATE_LIMIT_STORAGE=storage)
    assert "RATE_LIMIT_STORAGE" in line and "open-sesame" not in line
    assert "RATE_LIMIT_STORAGE" in start(
        DATABASE_URL=url, RATE_LIMIT_STORAGE=storage, GEOCODER="nominatim"
    )
    databases.drop(url)


def test_every_revision_of_the_code_is_known_without_running_it():
    assert commands.known() == {script.revision for script in commands.history().walk_revisions()}


FLASK = ("-m", "flask", "--app", "wsgi")


@pytest.mark.parametrize(
    "command",
    [(*FLASK, "serve"), (*FLASK, "verify"), (*FLASK, "db", "upgrade"), ("-c", "import wsgi")],
    ids=["serve", "verify", "db upgrade", "wsgi:app"],
)
def test_a_process_ends_with_that_line_and_status_one(tmp_path, command):
    settings = {
        "INSTANCE_PATH": str(tmp_path),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "LOG_LEVEL": "INFO",
    }
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1 and "does not answer" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("db", "upgrade", "nonsense"), "nonsense"), (("db", "downgrade", "nonsense"), "nonsense")],
)
def test_a_revision_that_is_none_is_told(house, arguments, says):
    ended = house.app.test_cli_runner().invoke(
        args=list(arguments), env={"DATABASE_URL": db.database().url}
    )
    assert ended.exit_code == 1
    assert (
        says in ended.output
        and "Traceback" not in ended.output
        and len(ended.output.splitlines()) == 1
    )
