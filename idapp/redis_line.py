"""The line to a Redis elsewhere (`REDIS_URL`): over a network only with a password and TLS, unless the operator agrees.

No word about a person goes over it. But a job names the function that the worker is to call: whoever can write into
the queue makes the worker run what he likes.
"""

import ipaddress
from urllib.parse import SplitResult, parse_qs, urlsplit

from idapp.settings import LOOPBACK, Settings, SettingsError

_SHAPE = (
    "REDIS_URL chưa đúng dạng. Hãy viết như rediss://:MẬT-KHẨU@redis.truong.vn:6379/0 hoặc "
    "unix:///run/redis/redis.sock."
)
_AGREED = " Đã cho phép bằng IDAPP_PLAIN_REDIS=1."
_REFUSED = (
    " Ai cùng mạng cũng có thể ra lệnh cho máy chủ. Hãy sửa REDIS_URL; chỉ khi đường đến Redis là "
    "của riêng máy chủ (ví dụ mạng trong của Docker) mới đặt IDAPP_PLAIN_REDIS=1."
)


def check(settings: Settings) -> None:
    """Called by whoever starts web or worker. Raises SettingsError for a line that nobody has agreed to."""
    weakness = weakness_of(settings.redis_url)
    if weakness and not settings.plain_redis:
        raise SettingsError(weakness + _REFUSED)


def finding(settings: Settings) -> tuple[bool, str]:
    """For the doctor: may web and worker start with this line, and what is weak about it ("" nothing)."""
    try:
        weakness = weakness_of(settings.redis_url)
    except SettingsError as error:
        return False, str(error)
    if not weakness:
        return True, ""
    if settings.plain_redis:
        return True, weakness + _AGREED
    return False, weakness + _REFUSED


def weakness_of(url: str) -> str:
    """What is weak about the line, "" for none. Raises SettingsError for what is no address of a Redis.

    >>> weakness_of("unix:///run/redis.sock"), weakness_of("redis://127.0.0.1:6379/0"), weakness_of("")
    ('', '', '')
    >>> weakness_of("rediss://:long@redis.truong.vn/0")
    ''
    >>> weakness_of("redis://:long@10.0.0.7/0")
    'Đường đến Redis (10.0.0.7) qua mạng mà không mã hóa (TLS).'
    >>> weakness_of("redis://10.0.0.7")
    'Đường đến Redis (10.0.0.7) qua mạng mà không mã hóa (TLS) và không có mật khẩu.'
    """
    if not url or url.startswith("unix://"):
        return ""
    parts = _parts(url)
    host = parts.hostname or ""
    if _is_this_machine(host):
        return ""
    lacking = []
    if not _is_encrypted(parts):
        lacking.append("không mã hóa (TLS)")
    if not _has_password(parts):
        lacking.append("không có mật khẩu")
    if not lacking:
        return ""
    return f"Đường đến Redis ({host}) qua mạng mà {' và '.join(lacking)}."


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise SettingsError(_SHAPE) from None
    if parts.scheme not in ("redis", "rediss"):
        raise SettingsError(_SHAPE)
    return parts


def _is_this_machine(host: str) -> bool:
    if not host or host in LOOPBACK:  # redis-py takes no host for localhost
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_encrypted(parts: SplitResult) -> bool:
    """TLS whose certificate is looked at: redis-py's own default, which the address can switch off."""
    required = parse_qs(parts.query).get("ssl_cert_reqs", ["required"])
    return parts.scheme == "rediss" and required == ["required"]


def _has_password(parts: SplitResult) -> bool:
    return bool(parts.password or parse_qs(parts.query).get("password"))
