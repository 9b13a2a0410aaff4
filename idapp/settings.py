"""Settings of one installation: environment variables, also read from `.env`; names as in README.md.

Nothing here opens a file or a socket except ``secret_key``, which is generated once into the data folder.
"""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from dotenv.parser import parse_stream

# no daylight saving since 1975: a fixed offset needs no tz database
VIETNAM = timezone(timedelta(hours=7), "ICT")
RegistryMode = Literal["off", "soap", "file"]
# of every setting that is a switch
YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")
_SQLITE = "sqlite:///"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}  # names of this machine alone
# letters that need no escape in an address; never "//", which would be another host
PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_MOST_PROXIES = 9
_SHORTEST_TOKEN = 24
# each of them may come from a file: NAME_FILE
_SECRETS = (
    "SECRET_KEY",
    "DATABASE_URL",
    "REDIS_URL",
    "IDAPP_METRICS_TOKEN",
    "REGISTRY_SECRET",
    "REGISTRY_API_KEY",
)


class SettingsError(RuntimeError):
    """A setting that would be unsafe or makes no sense; the message says which and how to mend it."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between installations. Build it with :func:`from_environment`."""

    data: Path
    host: str = "127.0.0.1"
    host_is_set: bool = False  # `HOST` is given; else the choice made in the browser counts
    port: int = 8000
    database_url: str = ""
    redis_url: str = ""
    secret_key_text: str = ""
    metrics: bool = (
        False  # `/metrics` for a monitoring program, with its token or from this machine
    )
    metrics_token: str = ""
    own_worker: bool = True  # else `python worker.py` is started apart
    demo: bool = False
    demo_places: str = ""  # which demo school a new folder gets; "" the one of the letter
    fixed_today: date | None = None
    trusted_hosts: tuple[str, ...] = ()
    https: bool = False
    # how many proxies stand before us, or their addresses and networks (``web/proxies``)
    trusted_proxies: tuple[str, ...] = ()
    prefix: str = ""  # below which path the site is, such as "/idapp"
    plain_http: bool | None = None  # None: asked in the browser (``site_address``)
    hsts_subdomains: bool = True  # names below this one are https too, says the site with https
    plain_redis: bool = False  # a Redis over the network without TLS or password (``redis_line``)
    erase_scans: bool = True  # photos of papers go as soon as the record is verified
    registry: dict[str, str] = field(default_factory=dict)

    @property
    def sqlite_file(self) -> str:
        """The SQLite database: in the data folder unless `DATABASE_URL` says otherwise; "" for another server.

        What stands behind `sqlite:///` is a path and no address: a `#`, a `?` or a `%20` in it belongs to
        the name of a folder. Raises SettingsError for `sqlite` in any other form.
        """
        if not self.database_url:
            return str(self.data / "idapp.db")
        if not self.database_url.startswith("sqlite"):
            return ""
        path = self.database_url.removeprefix(_SQLITE)
        if path in ("", self.database_url):
            raise SettingsError(
                f"DATABASE_URL phải là {_SQLITE} rồi đường dẫn tệp, hoặc postgresql://..."
            )
        # a worker may have been started in another folder
        return str(Path(path).resolve())

    @cached_property
    def secret_key(self) -> str:
        """At least 50 characters, else raises SettingsError. Ours is made at the first start, for its owner's eyes."""
        if not self.secret_key_text:
            return kept_secret(self.data / "secret_key")
        if len(self.secret_key_text) < 50:
            raise SettingsError(
                "SECRET_KEY ngắn hơn 50 ký tự. Hãy bỏ thiết lập này, chương trình tự tạo một khóa."
            )
        return self.secret_key_text

    @property
    def registry_mode(self) -> RegistryMode:
        """How the school reaches the register: not, through its service, by files. Raises SettingsError for others."""
        mode = self.registry.get("REGISTRY", "off")
        if mode not in ("off", "soap", "file"):
            raise SettingsError(f"REGISTRY đang là “{mode}”; phải là off, soap hoặc file.")
        return mode  # type: ignore[return-value]

    def registry_number(self, name: str, default: float) -> float:
        """A numeric `REGISTRY_*` setting, such as `REGISTRY_RATE`. Raises SettingsError for what is no number >= 0."""
        text = self.registry.get(name, "") or str(default)
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0 <= number < 10**9:  # also not-a-number, which is neither
            raise SettingsError(f"{name} đang là “{text}”; phải là một số, từ 0 trở lên.")
        return number

    def today(self) -> date:
        """The day in Vietnam, or the fixed day of a rehearsal (`IDAPP_TODAY`)."""
        return self.fixed_today or datetime.now(VIETNAM).date()


_current: Settings | None = None


def use(settings: Settings) -> Settings:
    """Make these the settings of this process: called once by whoever starts it (web, worker, command, test)."""
    global _current
    _current = settings
    return settings


def current() -> Settings:
    """The settings of this process."""
    return _current or use(from_environment())


def kept_secret(path: Path, new: str = "") -> str:
    """The secret in this file, made at the first call: ``new``, or 256 random bits.

    Two processes starting at once agree on one.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        # of two processes one makes the file, the other is told that it is there
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(new or secrets.token_hex(32))
        file.flush()
        # what is encrypted with it will be on the disk: a power cut must not leave it without its key
        os.fsync(file.fileno())
    return path.read_text().strip()


def from_environment(extra: dict[str, str] | None = None) -> Settings:
    """Read `.env`, then the environment, then ``extra`` (tests); later ones win.

    Raises SettingsError for a value that the setting cannot have.
    """
    values = _of_file(Path(".env")) | os.environ
    values |= extra or {}
    values = _with_secrets_of_files(values)
    return Settings(
        data=_folder(values.get("IDAPP_DATA") or "var"),
        host=values.get("HOST") or "127.0.0.1",
        host_is_set=bool(values.get("HOST")),
        port=_port(values.get("PORT") or "8000"),
        database_url=values.get("DATABASE_URL", ""),
        redis_url=values.get("REDIS_URL", ""),
        secret_key_text=values.get("SECRET_KEY", ""),
        metrics=_switch(values, "IDAPP_METRICS", on=False),
        metrics_token=_token(values.get("IDAPP_METRICS_TOKEN", "")),
        own_worker=_switch(values, "IDAPP_WORKER", on=True),
        demo=_switch(values, "IDAPP_DEMO", on=False),
        demo_places=_demo_places(values.get("IDAPP_DEMO_PLACES", "")),
        fixed_today=_date_or_none(values.get("IDAPP_TODAY", "")),
        trusted_hosts=_hosts(values.get("TRUSTED_HOSTS", "")),
        https=_switch(values, "IDAPP_HTTPS", on=False),
        trusted_proxies=_proxies(values.get("TRUSTED_PROXIES", "")),
        prefix=_prefix(values.get("IDAPP_PREFIX", "")),
        plain_http=_switch_or_none(values, "IDAPP_PLAIN_HTTP"),
        hsts_subdomains=_switch(values, "IDAPP_HSTS_SUBDOMAINS", on=True),
        plain_redis=_switch(values, "IDAPP_PLAIN_REDIS", on=False),
        erase_scans=_switch(values, "IDAPP_ERASE_SCANS", on=True),
        registry=_registry_settings(values),
    )


def _of_file(path: Path) -> dict[str, str]:
    """The settings of a `.env` file, {} where there is none; as Notepad saves it too: UTF-8 with a mark, UTF-16.

    Raises SettingsError that names the line which is no setting, or the encoding that nobody can tell.
    """
    if not path.is_file():
        return {}
    content = path.read_bytes()
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        sentence = f"Không đọc được tệp {path}: hãy mở bằng Notepad, lưu lại với bảng mã UTF-8."
        raise SettingsError(sentence) from None
    for statement in parse_stream(StringIO(text)):
        if statement.error:
            raise SettingsError(
                f"Dòng {statement.original.line} của tệp {path} không phải một cài đặt. "
                "Hãy viết dạng TÊN=giá trị, hoặc đặt dấu # ở đầu dòng nếu là ghi chú."
            )
    values = dotenv_values(stream=StringIO(text))
    return {name: value for name, value in values.items() if value is not None}


def _with_secrets_of_files(values: Mapping[str, str]) -> dict[str, str]:
    """`SECRET_KEY_FILE` names a file that holds the `SECRET_KEY`, as containers and systemd hand secrets over.

    Raises SettingsError where both are given, and for a file that cannot be read.
    """
    complete = dict(values)
    for name in _SECRETS:
        path = values.get(f"{name}_FILE", "")
        if not path:
            continue
        if values.get(name):
            raise SettingsError(f"Hãy đặt {name} hoặc {name}_FILE, không đặt cả hai.")
        try:
            complete[name] = Path(path).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"Không đọc được tệp {path} ghi ở {name}_FILE.") from None
        del complete[f"{name}_FILE"]
    return complete


def _token(text: str) -> str:
    if text and len(text) < _SHORTEST_TOKEN:
        raise SettingsError(
            f"IDAPP_METRICS_TOKEN ngắn hơn {_SHORTEST_TOKEN} ký tự. Hãy tạo bằng: "
            "openssl rand -hex 32"
        )
    return text


def _hosts(text: str) -> tuple[str, ...]:
    names = [name.strip() for name in text.split(",")]
    return tuple(name for name in names if name)


def _proxies(text: str) -> tuple[str, ...]:
    """
    >>> _proxies("1"), _proxies(" 127.0.0.1, 10.0.0.0/8"), _proxies("0")
    (('1',), ('127.0.0.1/32', '10.0.0.0/8'), ())
    """
    entries = _hosts(text)
    if len(entries) == 1 and entries[0].isascii() and entries[0].isdigit():
        count = int(entries[0])
        if count > _MOST_PROXIES:
            raise SettingsError(f"TRUSTED_PROXIES đang là “{text}”; nhiều nhất là {_MOST_PROXIES}.")
        return (str(count),) if count else ()
    try:
        return tuple(str(ipaddress.ip_network(entry, strict=False)) for entry in entries)
    except ValueError:
        raise SettingsError(
            f"TRUSTED_PROXIES đang là “{text}”; phải là số proxy đứng trước, ví dụ 1, hoặc địa chỉ "
            "của chúng, ví dụ 127.0.0.1,10.0.0.0/8."
        ) from None


def _prefix(text: str) -> str:
    """
    >>> _prefix("/idapp/"), _prefix("idapp"), _prefix("/")
    ('/idapp', '/idapp', '')
    """
    prefix = "/" + text.strip().strip("/")
    if prefix == "/":
        return ""
    if not PREFIX.fullmatch(prefix):
        raise SettingsError(f"IDAPP_PREFIX đang là “{text}”; hãy viết như /idapp.")
    return prefix


def _registry_settings(values: Mapping[str, str]) -> dict[str, str]:
    """`REGISTRY` itself and all that begins with `REGISTRY_`, by their whole names."""
    return {name: text for name, text in values.items() if f"{name}_".startswith("REGISTRY_")}


def _folder(text: str) -> Path:
    """A leading `~/` is the home folder too where no shell has replaced it: in `.env`, in a service's file."""
    path = Path(text)
    if path.parts[:1] == ("~",):
        path = path.expanduser()
    return path.resolve()


def _switch(values: Mapping[str, str], name: str, *, on: bool) -> bool:
    """Refused if it is neither yes nor no: `IDAPP_HTTPS=an` must not mean cookies in the clear."""
    text = values.get(name, "").strip().lower()
    if text and text not in YES + NO:
        raise SettingsError(f"{name} đang là “{text}”; phải là 1 hoặc 0.")
    if not text:
        return on
    return text in YES


def _switch_or_none(values: Mapping[str, str], name: str) -> bool | None:
    """None where nobody has said yes or no."""
    if not values.get(name, "").strip():
        return None
    return _switch(values, name, on=False)


def _demo_places(text: str) -> str:
    if text not in ("", "3level", "2level"):
        raise SettingsError(f"IDAPP_DEMO_PLACES đang là “{text}”; phải là 3level hoặc 2level.")
    return text


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise SettingsError(f"PORT đang là “{text}”; phải là một số từ 1 đến 65535.")
    return int(text)


def _date_or_none(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"IDAPP_TODAY đang là “{text}”; hãy viết như 2022-10-16.") from None
