"""Behind a proxy: from where a request really comes, and below which path the site is.

What `X-Forwarded-...` says is believed of declared proxies only (`TRUSTED_PROXIES`), else any caller could write into
the history where he sits. werkzeug's ProxyFix counts proxies and knows no addresses, and fails to take the outermost
caller when one of them was passed by; so the walk is ours. The host stays what the proxy passes on as `Host`.
"""

import ipaddress
import logging
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from idapp.settings import PREFIX, current

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BehindProxies:
    """WSGI: puts the caller's address, the scheme and the path below which we are where Flask looks for them."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """What the server calls."""
        settings = current()
        peer = environ.get("REMOTE_ADDR", "")
        prefix = settings.prefix
        if _is_proxy(peer, 0, settings.trusted_proxies):
            environ["REMOTE_ADDR"] = caller(
                peer, environ.get("HTTP_X_FORWARDED_FOR", ""), settings.trusted_proxies
            )
            prefix = prefix or _prefix_of(environ.get("HTTP_X_FORWARDED_PREFIX", ""))
            scheme = _nearest(environ.get("HTTP_X_FORWARDED_PROTO", ""))
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        elif "HTTP_X_FORWARDED_FOR" in environ:
            _say_once()
        if prefix:
            _go_below(environ, prefix)
        return self._application(environ, start_response)


def caller(peer: str, forwarded: str, proxies: tuple[str, ...]) -> str:
    """The first address, counted from us, that is none of our proxies'; ``forwarded`` as `X-Forwarded-For`.

    >>> caller("127.0.0.1", "6.6.6.6, 203.0.113.9", ("1",))
    '203.0.113.9'
    >>> caller("127.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", ("127.0.0.1/32", "10.0.0.0/8"))
    '203.0.113.9'
    >>> caller("203.0.113.9", "6.6.6.6", ("127.0.0.1/32",)), caller("127.0.0.1", "unknown", ("1",))
    ('203.0.113.9', '127.0.0.1')
    """
    address = peer
    texts = reversed([text for text in forwarded.split(",") if text.strip()])
    for passed, text in enumerate(texts):
        if not _is_proxy(address, passed, proxies):
            break
        earlier = _address_or_none(text)
        if earlier is None:  # what stands further left cannot be trusted either
            break
        address = str(earlier)
    return address


def _is_proxy(address: str, passed: int, proxies: tuple[str, ...]) -> bool:
    """Is this a declared proxy? ``passed`` so many of them stand between it and us."""
    if not proxies:
        return False
    if len(proxies) == 1 and proxies[0].isdigit():
        return passed < int(proxies[0])
    ip = _address_or_none(address)
    return ip is not None and any(ip in network for network in _networks(proxies))


@cache
def _networks(proxies: tuple[str, ...]) -> list[_Network]:
    return [ipaddress.ip_network(text) for text in proxies]


def _address_or_none(text: str) -> _Address | None:
    """Also with a port, as some proxies write it.

    >>> _address_or_none("10.0.0.7:5123"), _address_or_none("[::1]:80"), _address_or_none("::ffff:10.0.0.7")
    (IPv4Address('10.0.0.7'), IPv6Address('::1'), IPv4Address('10.0.0.7'))
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        return ip.ipv4_mapped
    return ip


def _nearest(header: str) -> str:
    """The value that the proxy beside us has written."""
    return header.rpartition(",")[2].strip()


def _prefix_of(header: str) -> str:
    prefix = _nearest(header).rstrip("/")
    return prefix if PREFIX.fullmatch(prefix) else ""


def _go_below(environ: "WSGIEnvironment", prefix: str) -> None:
    """Whether or not the proxy has taken the prefix off the path: both are usual."""
    path = environ.get("PATH_INFO", "")
    if path == prefix or path.startswith(f"{prefix}/"):
        environ["PATH_INFO"] = path[len(prefix) :] or "/"
    environ["SCRIPT_NAME"] = prefix


@cache
def _say_once() -> None:
    log.warning(
        "a proxy tells X-Forwarded-For and is not declared: every caller counts as one address. "
        "Set TRUSTED_PROXIES"
    )
