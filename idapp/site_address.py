"""Where the site is for everybody but this machine: the address that papers bear, and who may come in by it.

Chosen in the browser and kept as rows; `HOST`, `IDAPP_HTTPS` and `IDAPP_PLAIN_HTTP` win over them.
"""

import ipaddress
import re
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from idapp import audit, network, stored_settings
from idapp.database import writing
from idapp.models import User
from idapp.rules.problem import Problem
from idapp.settings import LOOPBACK, Settings, SettingsError, current

_PREFIX = "site."
_ANY = ("0.0.0.0", "::")  # noqa: S104  (compared with, never listened on)
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_LONGEST_NAME = 253
_SHAPE = (
    "Địa chỉ chưa đúng dạng. Hãy ghi như http://192.168.1.20:8000 hoặc https://hoso.truong.edu.vn, "
    "không có gì phía sau tên máy và số cổng."
)
_ONLY_HERE = (
    "Địa chỉ này chỉ mở được trên chính máy này. Hãy chọn địa chỉ của máy trong mạng của trường."
)
_UNENCRYPTED = (
    "Địa chỉ bắt đầu bằng http:// thì dữ liệu đi trong mạng không được mã hóa. Hãy đọc phần giải "
    "thích rồi đánh dấu vào ô đồng ý, hoặc ghi một địa chỉ https://."
)

_FORBIDDEN = (
    "Người quản trị máy chủ không cho dùng địa chỉ http:// (IDAPP_PLAIN_HTTP=0). Hãy ghi một địa "
    "chỉ https:// và để trống ô cho máy khác mở, hoặc nhờ người quản trị đổi."
)
NOT_AGREED = (
    "Máy khác chưa vào được: đường truyền trong mạng không mã hóa, và hiệu trưởng chưa đồng ý. "
    "Đồng ý trên máy này ở Cài đặt, Địa chỉ cho giáo viên; hoặc đặt IDAPP_HTTPS=1 hay "
    "IDAPP_PLAIN_HTTP=1."
)

NO_NAMES = (
    "IDAPP_HTTPS=1 mà chưa khai báo tên máy thầy cô gõ trên trình duyệt. Hãy đặt TRUSTED_HOSTS, ví "
    "dụ TRUSTED_HOSTS=dinhdanh.truong.vn (nhiều tên thì cách nhau bằng dấu phẩy), rồi chạy lại."
)

# below which path the present request reached us; None outside of one (``web/proxies``)
served_below: ContextVar[str | None] = ContextVar("served_below", default=None)


@dataclass(frozen=True)
class SiteChoice:
    """What the principal has chosen.

    address     whole address without a slash at its end, or "" for none yet
    is_open     other machines of the network may come in (``python app.py`` listens there)
    plain_http  the principal has agreed that traffic in this network is not encrypted
    was_here    the address was one of this machine's own when it was chosen
    """

    address: str = ""
    is_open: bool = False
    plain_http: bool = False
    was_here: bool = False


def chosen() -> SiteChoice:
    """The stored choice; all of it empty where nobody has chosen."""
    stored = stored_settings.with_prefix(_PREFIX, current())
    return SiteChoice(
        address=stored.get("address", ""),
        is_open="open" in stored,
        plain_http="plain_http" in stored,
        was_here="was_here" in stored,
    )


def address_for_paper() -> str:
    """The whole address that a paper may bear, such as `http://192.168.1.20:8000`; "" when none is known.

    Never an address that only this machine can open.
    """
    address = chosen().address or _address_by_host(current())
    if not address:
        return ""
    return address + prefix()


def prefix() -> str:
    """Below which path a proxy serves the site, such as "/idapp"; "" usually."""
    below = served_below.get()
    return current().prefix if below is None else below


def possible_addresses(settings: Settings) -> list[str]:
    """Whole addresses under which other machines of the network might reach this one, likeliest first."""
    listens_on = settings.host
    if settings.host_is_set and listens_on not in _ANY and listens_on not in LOOPBACK:
        return [_address_by_host(settings)]
    addresses = network.addresses_here()
    if settings.host_is_set and listens_on == "0.0.0.0":  # noqa: S104
        addresses = [address for address in addresses if address.ip.version == 4]
    return [address_of(str(address.ip), settings) for address in addresses]


def address_of(host: str, settings: Settings) -> str:
    """
    >>> from pathlib import Path
    >>> address_of("::1", Settings(Path("x"))), address_of("10.0.0.7", Settings(Path("x"), port=80))
    ('http://[::1]:8000', 'http://10.0.0.7')
    """
    if ":" in host:
        host = f"[{host}]"
    if settings.port == 80:
        return f"http://{host}"
    return f"http://{host}:{settings.port}"


def listens_beyond_this_machine(settings: Settings) -> bool:
    """Has `HOST` opened the site for the network?"""
    return settings.host not in LOOPBACK


def is_plain_http_allowed(settings: Settings, choice: SiteChoice) -> bool:
    """May other machines come in without encryption? `IDAPP_PLAIN_HTTP` wins, also when it says no."""
    if settings.plain_http is not None:
        return settings.plain_http
    return choice.plain_http


def is_safe_to_serve(settings: Settings, choice: SiteChoice) -> bool:
    """False where `HOST` has opened the site for the network and nobody has agreed to plain http: then only this
    machine gets more than a refusal."""
    if not listens_beyond_this_machine(settings) or settings.https:
        return True
    return is_plain_http_allowed(settings, choice)


def host_names() -> Iterator[str]:
    """The names by which other machines may call the site: this machine's own addresses, then the chosen one, which
    is looked up only if nobody is content before."""
    for address in network.addresses_here():
        yield str(address.ip)
    yield urlsplit(chosen().address).hostname or ""


def check_names(settings: Settings) -> None:
    """Raises SettingsError where a proxy serves the site under a name that nobody has declared.

    Then no teacher gets in, and a page of another site that points its name here would be the first to be believed.
    """
    if settings.https and not (settings.trusted_hosts or chosen().address):
        raise SettingsError(NO_NAMES)


def has_moved(choice: SiteChoice) -> bool:
    """Was the chosen address this machine's own, and is it that no longer?

    A router that gives out addresses may give another one tomorrow; papers then lead nowhere.
    """
    if not choice.was_here:
        return False
    return not _is_of_this_machine(choice.address)


def choose(
    typed: str, *, is_open: bool, plain_http: bool, by: User, settings: Settings
) -> SiteChoice:
    """Keep where the site is, with an audit row. ``typed`` "" chooses none.

    Raises Problem for an address nobody else can open, and for an unencrypted one without the principal's word.
    """
    address = ""
    if typed.strip():
        address = checked_address(typed)
    choice = SiteChoice(address, is_open, plain_http, _is_of_this_machine(address))
    _check_agreed(choice, settings)
    with writing():
        before = chosen()
        _store(choice)
        for field in ("address", "is_open", "plain_http"):
            old = str(getattr(before, field))
            new = str(getattr(choice, field))
            if old != new:
                audit.record("site.changed", by=by, subject="site", field=field, old=old, new=new)
    return choice


def _check_agreed(choice: SiteChoice, settings: Settings) -> None:
    """Raises Problem where others would come in without encryption, and nobody has agreed to that."""
    is_plain = choice.is_open or choice.address.startswith("http://")
    if not is_plain or settings.https or is_plain_http_allowed(settings, choice):
        return
    if settings.plain_http is None:
        raise Problem("plain_http", "unencrypted", _UNENCRYPTED)
    raise Problem("plain_http", "forbidden", _FORBIDDEN)


def checked_address(typed: str) -> str:
    """The address as papers bear it. Raises Problem.

    >>> checked_address(" HTTP://192.168.1.20:8000/ "), checked_address("hoso.truong.edu.vn:80")
    ('http://192.168.1.20:8000', 'http://hoso.truong.edu.vn')
    """
    text = typed.strip()
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Problem("address", "shape", _SHAPE) from None
    host = parts.hostname or ""
    if parts.path.rstrip("/") == prefix():  # the papers add it by themselves
        parts = parts._replace(path="")
    if not _is_plain(parts) or not _is_host(host):
        raise Problem("address", "shape", _SHAPE)
    if _is_loopback(host):
        raise Problem("address", "only_here", _ONLY_HERE)
    if ":" in host:
        host = f"[{host}]"
    usual_port = {"http": 80, "https": 443}[parts.scheme]
    if port in (None, usual_port):
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def _store(choice: SiteChoice) -> None:
    stored_settings.store("site.address", choice.address)
    switches = {
        "site.open": choice.is_open,
        "site.plain_http": choice.plain_http,
        "site.was_here": choice.was_here,
    }
    for name, is_on in switches.items():
        stored_settings.store(name, "1" if is_on else "")


def _address_by_host(settings: Settings) -> str:
    """What `HOST` alone says; "" where it names every address, or only this machine."""
    if settings.https or settings.host in _ANY or _is_loopback(settings.host):
        return ""
    return address_of(settings.host, settings)


def _is_of_this_machine(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return host in [str(own.ip) for own in network.addresses_here()]


def _is_plain(parts: SplitResult) -> bool:
    """A scheme we speak, a host, and nothing else: no user, path, query."""
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        return False
    return parts.path in ("", "/") and not parts.query and not parts.fragment


def _is_host(host: str) -> bool:
    if _ip_or_none(host) is not None:
        return True
    # digits and points alone are an address somebody mistyped
    looks_like_ip = host.replace(".", "").isdigit()
    return len(host) <= _LONGEST_NAME and not looks_like_ip and bool(_NAME.fullmatch(host))


def _is_loopback(host: str) -> bool:
    ip = _ip_or_none(host)
    if ip is not None:
        return ip.is_loopback or ip.is_unspecified
    return host == "localhost" or host.endswith(".localhost")


def _ip_or_none(host: str) -> network.IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
