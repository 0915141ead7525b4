"""Settings of one installation. This file alone reads the environment; a wrong or missing setting
stops the start."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from limits import parse_many
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

MAKE_ONE = "Make one with: python -c 'import secrets; print(secrets.token_hex(32))'."
ROOT = Path(__file__).resolve().parent
_MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP "
    "BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD "
    "FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD "
    "KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD "
    "NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED "
    "VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
# ISO 4217, without metals and test codes.
CURRENCY_DECIMALS = {code: n for n, codes in _MINOR_UNITS.items() for code in codes.split()}


# Every name that is read here; .env.example and the README say what each means.
_NAMES = (
    "APP_ENV DATABASE_URL SECRET_KEY DATA_KEY ENTRY_PARAM_KEYS BRAND_TIMEZONE BRAND_CURRENCY "
    "PUBLIC_BASE_URL PORT LOG_LEVEL API_RATE_LIMIT METRICS_TOKEN TRUSTED_PROXIES IMPORT_MAX_ROWS "
    "RATE_LIMIT_STORAGE MAP_OUTLINE MAP_TILES MAP_CREDIT IP_DATABASE GEOCODER GEOCODER_KEY "
    "GEOCODER_URL GEOCODER_RATE REQUIRE_TWO_FACTOR INSTANCE_PATH"
)
SETTINGS = tuple(_NAMES.split())


class ConfigurationError(Exception):
    """A setting is missing or wrong; the text names it, says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, typed. `secret_key` and the keys derived from it never leave memory (not shown
    by repr)."""

    app_env: str
    database_url: str
    secret_key: str = field(repr=False)
    data_key: bytes = field(repr=False)
    entry_param_keys: tuple[bytes, ...] = field(repr=False)
    timezone: ZoneInfo
    currency: str
    public_base_url: str
    port: int
    log_level: str
    api_rate_limit: str | None
    metrics_token: str | None = field(repr=False)
    instance_path: Path
    trusted_proxies: int
    import_max_rows: int
    rate_limit_storage: str
    map_outline: Path | None
    map_tiles: str | None
    map_credit: str | None
    require_two_factor: bool
    ip_database: Path | None
    geocoder: str
    geocoder_key: str | None = field(repr=False)
    geocoder_url: str | None
    geocoder_rate: str

    @property
    def production(self) -> bool:
        return self.app_env == "production"

    @property
    def currency_decimals(self) -> int:
        return CURRENCY_DECIMALS[self.currency]

    @property
    def secure_cookies(self) -> bool:
        return self.production and self.public_base_url.startswith("https://")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check every setting. Raises ConfigurationError naming the first one that is
    wrong."""
    env = os.environ if environ is None else environ
    _require_text(env)
    app_env = _choice(env, "APP_ENV", "development", ("development", "production"))
    instance = _instance(env.get("INSTANCE_PATH") or str(ROOT / "instance"))
    secret = _secret(env, app_env, instance)
    port, embedded = _whole(env, "PORT", 8000, 1, 65535), f"sqlite:///{instance / 'doorstep.db'}"
    return Settings(
        app_env=app_env,
        database_url=_database_url(env.get("DATABASE_URL") or embedded),
        secret_key=secret,
        data_key=_key(env, "DATA_KEY") or _derive(secret, "data"),
        entry_param_keys=_keys(env, "ENTRY_PARAM_KEYS") or (_derive(secret, "entry-param"),),
        timezone=_zone(env.get("BRAND_TIMEZONE") or "Asia/Shanghai"),
        currency=_choice(env, "BRAND_CURRENCY", "CNY", tuple(CURRENCY_DECIMALS)),
        public_base_url=_base_url(env.get("PUBLIC_BASE_URL") or f"http://127.0.0.1:{port}"),
        port=port,
        log_level=_choice(env, "LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        api_rate_limit=_rates("API_RATE_LIMIT", env.get("API_RATE_LIMIT")),
        metrics_token=env.get("METRICS_TOKEN") or None,
        instance_path=instance,
        trusted_proxies=_whole(env, "TRUSTED_PROXIES", 0, 0, 5),
        import_max_rows=_whole(env, "IMPORT_MAX_ROWS", 100_000, 1, 10_000_000),
        rate_limit_storage=_rate_limit_storage(env.get("RATE_LIMIT_STORAGE") or "memory://"),
        map_outline=_outline(env.get("MAP_OUTLINE")),
        map_tiles=_tiles(env.get("MAP_TILES")),
        map_credit=env.get("MAP_CREDIT") or None,
        require_two_factor=_choice(env, "REQUIRE_TWO_FACTOR", "no", ("no", "yes")) == "yes",
        ip_database=_ip_database(env.get("IP_DATABASE")),
        geocoder=_geocoder(env),
        geocoder_key=env.get("GEOCODER_KEY") or None,
        geocoder_url=_web_address("GEOCODER_URL", env.get("GEOCODER_URL")),
        geocoder_rate=_rate("GEOCODER_RATE", env.get("GEOCODER_RATE") or "1/second"),
    )


def _ip_database(text: str | None) -> Path | None:
    """An MMDB file (`.mmdb`, or `.mmdb.gz` read into memory), `none`, or the shipped database of
    countries."""
    if text == "none":
        return None
    path = Path(text).resolve() if text else ROOT / "stores" / "data" / "ip_country.mmdb.gz"
    if not path.is_file():
        raise ConfigurationError(
            f"IP_DATABASE is {text!r}, where no file is; name an MMDB file, or none to look up no "
            "addresses."
        )
    return path


def _geocoder(env: Mapping[str, str]) -> str:
    name = _choice(env, "GEOCODER", "off", ("off", "nominatim", "baidu", "amap"))
    if name in ("baidu", "amap") and not env.get("GEOCODER_KEY"):
        raise ConfigurationError(
            f"GEOCODER is {name}, which asks for a key; set GEOCODER_KEY, or GEOCODER=off."
        )
    return name


def _web_address(name: str, text: str | None) -> str | None:
    if text and not (re.fullmatch(r"https?://[^\s?#]+", text) and _has_host(text)):
        raise ConfigurationError(
            f"{name} is {text!r}; give scheme, host and perhaps a path, such as "
            "https://nominatim.example.com."
        )
    return text.rstrip("/") if text else None


def _has_host(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # half a bracket, a port that is no number
        return False


def _rate(name: str, text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,6}\s*/\s*(second|minute|hour|day)", text):
        raise ConfigurationError(f"{name} is {text!r}; give a number and a span, such as 1/second.")
    return text


def _rates(name: str, text: str | None) -> str | None:
    """Rates as the library `limits` reads them: 200/second, or several with a semicolon between."""
    if not text:
        return None
    try:
        good = all(each.amount > 0 and each.multiples > 0 for each in parse_many(text))
    except ValueError:
        good = False
    if not good:
        raise ConfigurationError(
            f"{name} is {text!r}; give a number and a span, such as 200/second, or several as "
            "200/second;5000/hour."
        )
    return text


def _rate_limit_storage(text: str) -> str:
    if text != "memory://" and not re.fullmatch(r"(rediss?|redis\+unix)://\S+", text):
        raise ConfigurationError(
            "RATE_LIMIT_STORAGE is no address of a storage; give redis://HOST:PORT/NUMBER "
            "(rediss:// with TLS), or memory://."
        )
    return text


def _require_text(env: Mapping[str, str]) -> None:
    """A variable that is no UTF-8 cannot be shown, hashed or sent on."""
    for name in SETTINGS:
        try:
            env.get(name, "").encode()
        except UnicodeEncodeError:
            raise ConfigurationError(f"{name} is no UTF-8 text; set it again.") from None


def _instance(text: str) -> Path:
    """The folder that holds secrets of development, the embedded database and uploads; it is made
    here."""
    try:
        path = Path(text).resolve()
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # a loop of links is no OSError
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            f"INSTANCE_PATH is {text!r}, where no folder can be made ({reason}); name a folder "
            "that this user may write to."
        ) from None
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"INSTANCE_PATH is {text!r}, where this user may not write; change its owner, or name "
            "another folder."
        )
    return path


def _choice(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = env.get(name) or default
    if value not in allowed:
        raise ConfigurationError(f"{name} is {value!r}; set it to one of {', '.join(allowed)}.")
    return value


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        raise ConfigurationError(
            f"{name} is {text!r}; set it to a whole number from {low} to {high}."
        )
    return int(text)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(
            f"BRAND_TIMEZONE is {name!r}, no known zone; use an IANA name such as Asia/Shanghai "
            "or America/Chicago."
        ) from None


def _base_url(text: str) -> str:
    if not (re.fullmatch(r"https?://[^\s/?#]+", text.rstrip("/")) and _has_host(text)):
        raise ConfigurationError(
            f"PUBLIC_BASE_URL is {text!r}; give scheme and host only, such as "
            "https://shop.example.com."
        )
    return text.rstrip("/")


_DRAWN = {"Feature", "FeatureCollection", "GeometryCollection"}
_SHAPES = {"Polygon", "MultiPolygon", "LineString", "MultiLineString"}


def _outline(text: str | None) -> Path | None:
    """A GeoJSON file that maps draw as land; which borders it may show is the operator's matter."""
    if not text:
        return None
    path = Path(text).resolve()
    try:
        kind = json.loads(path.read_text(encoding="utf-8"))["type"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigurationError(
            f"MAP_OUTLINE is {text!r}, which cannot be read as GeoJSON ({type(error).__name__}); "
            "name a GeoJSON file in WGS-84."
        ) from None
    if kind not in _DRAWN | _SHAPES:
        raise ConfigurationError(
            f"MAP_OUTLINE holds {kind!r}; name a GeoJSON file of polygons or lines in WGS-84."
        )
    return path


def _tiles(text: str | None) -> str | None:
    if text and not (
        re.fullmatch(r"https://[A-Za-z0-9.{}-]+(:[0-9]+)?/[^\s;,'\"]+", text)
        and all(part in text for part in ("{z}", "{x}", "{y}"))
    ):
        raise ConfigurationError(
            f"MAP_TILES is {text!r}; give an address such as "
            f"https://tiles.example.com/{{z}}/{{x}}/{{y}}.png."
        )
    return text or None


def _database_url(text: str) -> str:
    """Never repeated in a message: it may hold a password."""
    if text.startswith(("postgresql://", "postgres://")):
        text = "postgresql+psycopg://" + text.split("://", 1)[1]
    if not text.startswith(("postgresql+psycopg://", "sqlite:///")):
        raise ConfigurationError(
            "DATABASE_URL must begin with sqlite:/// or postgresql://; no other database is "
            "supported."
        )
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "DATABASE_URL cannot be read; write postgresql://USER:PASSWORD@HOST:PORT/NAME, with "
            "%-escapes for signs in the password "
            "(@ is %40, / is %2F), or sqlite:///FILE."
        ) from None
    if url.drivername == "sqlite" and url.query:
        raise ConfigurationError(
            "DATABASE_URL carries options behind a question mark, which SQLite does not have "
            "here; write sqlite:///FILE alone."
        )
    if url.database in (None, "", ":memory:"):
        raise ConfigurationError(
            "DATABASE_URL names no database; write postgresql://USER:PASSWORD@HOST:PORT/NAME or "
            "sqlite:///FILE. "
            "A database in memory would be another one for each connection."
        )
    return text


def _secret(env: Mapping[str, str], app_env: str, instance: Path) -> str:
    given = env.get("SECRET_KEY")
    if given:
        if len(given) < 32:
            raise ConfigurationError(f"SECRET_KEY is shorter than 32 characters. {MAKE_ONE}")
        return given
    if app_env == "production":
        raise ConfigurationError(
            f"SECRET_KEY is missing; production does not start without one. {MAKE_ONE}"
        )
    return _own_secret(instance / "secret_key")


def _own_secret(path: Path) -> str:
    """The secret of a development, made once. It appears under its name complete: server and worker
    may start at the same time."""
    try:
        if not path.exists():
            unfinished = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(secrets.token_hex(32))
            with contextlib.suppress(FileExistsError):
                os.link(unfinished, path)
            unfinished.unlink()
        secret = path.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{path} cannot be read or made ({getattr(error, 'strerror', None) or 'no text'}); "
            f"mend or remove it, or set SECRET_KEY. {MAKE_ONE}"
        ) from None
    if len(secret) < 32:
        raise ConfigurationError(
            f"{path} holds no secret of 32 characters; remove it, or set SECRET_KEY. {MAKE_ONE}"
        )
    return secret


def _derive(secret: str, purpose: str) -> bytes:
    """HKDF-SHA256 (RFC 5869), 32 bytes, one key per purpose."""
    return HKDF(
        algorithm=hashes.SHA256(), length=32, salt=b"doorstep", info=purpose.encode()
    ).derive(secret.encode())


def _key(env: Mapping[str, str], name: str) -> bytes | None:
    return next(iter(_keys(env, name)), None)


def _keys(env: Mapping[str, str], name: str) -> tuple[bytes, ...]:
    """Comma-separated base64 keys of at least 16 bytes, newest first."""
    keys = []
    for part in filter(None, (env.get(name) or "").split(",")):
        try:
            key = base64.b64decode(part, validate=True)
        except ValueError:
            key = b""
        if len(key) < 16:
            raise ConfigurationError(
                f"{name} must be base64 of at least 16 bytes each, comma-separated, newest first."
            )
        keys.append(key)
    return tuple(keys)
