"""Who may knock at all: by which name the site was called, and whether the wire may be read by others."""

import ipaddress
import socket
from collections.abc import Iterator
from functools import cache, lru_cache
from urllib.parse import urlsplit

from flask import request
from werkzeug.wrappers import Response

from idapp import site_address
from idapp.settings import LOOPBACK, Settings, current
from idapp.web import errors

# the look of the refusal, and the question whether we live: nothing of the school is in them
_HARMLESS = ("static", "health")
_UNKNOWN_NAME = (
    "Chưa khai báo tên máy này nên trang không mở được. Hãy mở bằng địa chỉ ghi ở Cài đặt, Địa chỉ "
    "cho giáo viên; người quản trị máy chủ có thể khai thêm tên trong TRUSTED_HOSTS."
)
_UNENCRYPTED = (
    "Nhà trường chưa đồng ý cho máy khác vào bằng đường truyền không mã hóa. Hiệu trưởng mở trang "
    "này trên chính máy chủ, vào Cài đặt, Địa chỉ cho giáo viên để đồng ý; hoặc người quản trị máy "
    "chủ đặt IDAPP_HTTPS=1 hay IDAPP_PLAIN_HTTP=1."
)


def refuse_stranger() -> Response | None:
    """The refusal, or None: before anything of the school is looked up."""
    if request.endpoint in _HARMLESS:
        return None
    if not _is_known_name(_called_by(), current()):
        return errors.error_answer(400, _UNKNOWN_NAME)
    if not _is_private_line(current()):
        return errors.error_answer(403, _UNENCRYPTED)
    return None


def _called_by() -> str:
    """The name in the address that was opened, without its port."""
    return _name_in(request.host)


@lru_cache(maxsize=64)
def _name_in(host: str) -> str:
    """
    >>> _name_in("May-Chu.local:8000"), _name_in("[::1]:8000"), _name_in("[")
    ('may-chu.local', '::1', '')
    """
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_known_name(name: str, settings: Settings) -> bool:
    """A page of another site whose name is made to point here must not be able to ask."""
    if name in LOOPBACK:
        return True
    return any(known and _fits(name, known.lower()) for known in _known_names(settings))


def _known_names(settings: Settings) -> Iterator[str]:
    """Cheap ones first: the stored choice is looked up only for a name that is none of the others."""
    yield from settings.trusted_hosts
    yield settings.host
    yield from _names_of_machine()
    yield from site_address.host_names()


@cache
def _names_of_machine() -> tuple[str, str]:
    name = socket.gethostname()
    return name, f"{name}.local"


def _fits(name: str, known: str) -> bool:
    """A name in `TRUSTED_HOSTS` that begins with a point stands for all names below it."""
    if known.startswith("."):
        return name == known[1:] or name.endswith(known)
    return name == known.strip("[]")


def _is_private_line(settings: Settings) -> bool:
    if settings.https or _is_loopback(request.remote_addr or ""):
        return True
    return site_address.is_plain_http_allowed(settings, site_address.chosen())


@lru_cache(maxsize=256)
def _is_loopback(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        return ip.ipv4_mapped.is_loopback
    return ip.is_loopback
