"""One POST and its answer, or the reason why there is none. Bounded in time and size whatever the other side does.

TLS is always verified, redirects are never followed, nothing is retried, and the clock runs from the first byte sent to
the last byte read: a server that drips one byte a second, in its headers too, ends at the read limit.
"""

import contextlib
import logging
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

from idapp import faults
from idapp.registry.vocabulary import RegistryConfig
from idapp.settings import LOOPBACK

_log = logging.getLogger("idapp.registry")
# its debug lines hold the address with its query, perhaps a key
logging.getLogger("urllib3").setLevel(logging.INFO)
_CHUNK = 65_536
_CLOCKS_AGREE_SECONDS = 120
_IDLE_SECONDS = 5.0  # without a call; then the thread that watches them ends


@dataclass(frozen=True)
class Reply:
    """``trouble`` is "" when a whole HTTP answer came back; otherwise the stable word for what happened instead.

    detail  what a person who must mend it wants to know besides: ``dns``, ``refused``, ``tls``, of a certificate
            ``expired``, ``not_yet``, ``host``, ``authority``; of a whole answer how many seconds the service's clock
            is ahead of ours, as ``clock +7200``, where it is two minutes or more
    """

    status: int = 0
    body: bytes = b""
    content_type: str = ""
    retry_after: str | None = None
    trouble: str = ""
    detail: str = ""


class Transport:
    """Keeps connections open between calls; may be used by several threads."""

    def __init__(self, config: RegistryConfig) -> None:
        self._config = config
        self._deadlines = _Deadlines(config.connect_timeout + config.read_timeout)
        context = None
        if config.ca_file or config.ca_pem:
            context = _lenient_in_form()
        self._pool = urllib3.PoolManager(
            num_pools=2,
            # one for each thread: urllib3 throws away what is more
            maxsize=max(1, config.concurrency),
            retries=False,
            cert_reqs="CERT_REQUIRED",
            ca_certs=config.ca_file or None,
            ca_cert_data=_pem(config),
            ssl_context=context,
        )
        self._pool.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        """One call, with its answer or the reason why there is none. Never raises."""
        trouble = wrong_address(url, self._config.allow_plain_http)
        if trouble:
            return Reply(trouble=trouble)
        with self._deadlines.begin() as deadline:
            try:
                reply = self._exchange(url, body, headers)
            # whatever happens to one question, the other questions of the batch go on
            except Exception as error:
                if deadline.expired:
                    return Reply(trouble="time_out")
                return Reply(trouble=_trouble(error), detail=_detail(error))
            if deadline.expired:  # cut by us, it may look whole
                return Reply(trouble="time_out")
            return reply

    def close(self) -> None:
        """Closes the connections that were kept open."""
        self._pool.clear()

    def _exchange(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        limits = urllib3.Timeout(
            connect=self._config.connect_timeout, read=self._config.read_timeout
        )
        headers = {"Accept-Encoding": "identity", **headers}
        response = self._pool.request(
            "POST",
            url,
            body=body,
            headers=headers,
            timeout=limits,
            redirect=False,
            retries=False,
            preload_content=False,
        )
        try:
            content = self._read(response)
        finally:
            if response.length_remaining:  # its rest would be read as the next answer
                response.close()
            else:
                response.release_conn()
        content_type = response.headers.get("Content-Type", "")
        return Reply(
            response.status,
            content,
            content_type,
            response.headers.get("Retry-After"),
            detail=_clock_detail(response.headers.get("Date", "")),
        )

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        content = bytearray()
        while chunk := response.read1(_CHUNK, decode_content=False):
            content += chunk
            if len(content) > self._config.answer_limit:
                response.close()
                raise _TooLarge
        if response.length_remaining:  # the connection ended before the announced length
            raise urllib3.exceptions.IncompleteRead(len(content), response.length_remaining)
        return bytes(content)


def wrong_address(url: str, allow_plain_http: bool) -> str:
    """The reason to send nothing there, or "".

    >>> wrong_address("http://127.0.0.1:9/", False), wrong_address("http://dan-cu.example/", False)
    ('', 'plain_http')
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # only now a port that is no number is noticed
    except ValueError:
        return "bad_address"
    if parts.scheme not in ("http", "https") or not host:
        return "bad_address"
    if parts.scheme == "https" or host in LOOPBACK or allow_plain_http:
        return ""
    return "plain_http"


def _pem(config: RegistryConfig) -> str | None:
    if config.ca_file:
        return None
    return config.ca_pem or None


def _lenient_in_form() -> ssl.SSLContext:
    """For an authority that the operator names: chain, host name and dates are checked as ever.

    From Python 3.13 on also the form of a certificate is judged by RFC 5280 (VERIFY_X509_STRICT). The
    authority of a security server or an office is often made by an older script, without key identifiers
    and key usage, and what worked with 3.12 would stop with the next version of the system.
    """
    return create_urllib3_context(verify_flags=ssl.VERIFY_X509_PARTIAL_CHAIN)


class _TooLarge(Exception):
    """The answer grew past the limit."""


def _trouble(error: Exception) -> str:
    """The stable word. No message of the error goes into the log: it could quote what was sent."""
    known = [
        (_TooLarge, "too_large"),
        (urllib3.exceptions.NewConnectionError, "no_connection"),  # before its parent, a time-out
        (urllib3.exceptions.TimeoutError, "time_out"),
        (urllib3.exceptions.LocationValueError, "bad_address"),
        (urllib3.exceptions.IncompleteRead, "cut"),
    ]
    if isinstance(error, urllib3.exceptions.SSLError):
        if isinstance(error.args[0], ssl.SSLCertVerificationError):
            return "certificate"
        return "no_connection"
    for kind, word in known:
        if isinstance(error, kind):
            return word
    if isinstance(error, urllib3.exceptions.HTTPError | OSError):
        # urllib3 wraps the IncompleteRead of Python's own library into a general error
        if "IncompleteRead" in type(error.__cause__).__name__:
            return "cut"
        return "dropped"
    _log.error("in the registry's transport: %s", faults.redacted_traceback(error))
    return "internal_error"


def _detail(error: Exception) -> str:
    """What `_trouble` leaves out, of a line that does not come about."""
    if isinstance(error, urllib3.exceptions.SSLError):
        reason = error.args[0]
        if isinstance(reason, ssl.SSLCertVerificationError):
            return _CERTIFICATE_DETAILS.get(reason.verify_code, "authority")
        return "tls"
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return "dns"
    if isinstance(error.__cause__, ConnectionRefusedError):
        return "refused"
    return ""


# by X509_V_ERR_... of OpenSSL: not yet valid, expired, wrong host name, wrong address
_CERTIFICATE_DETAILS = {9: "not_yet", 10: "expired", 62: "host", 64: "host"}


def _clock_detail(header: str) -> str:
    """
    >>> _clock_detail("no date"), _clock_detail("Thu, 01 Jan 1970 00:00:00 GMT").startswith("clock -")
    ('', True)
    """
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
    if moment.tzinfo is None:  # HTTP knows no other zone
        moment = moment.replace(tzinfo=UTC)
    seconds = round((moment - datetime.now(UTC)).total_seconds())
    if abs(seconds) < _CLOCKS_AGREE_SECONDS:
        return ""
    return f"clock {seconds:+d}"


class _Deadlines:
    """The calls under way, and the one thread that ends those whose time is over.

    All have the same time, so the oldest is the next to end. A thread for each call, as ``threading.Timer`` starts
    one, makes every call wait for the beginning of another thread.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._changed = threading.Condition()  # guards everything below
        self._running: dict[_Deadline, float] = {}  # and when it ends
        self._thread: threading.Thread | None = None

    def begin(self) -> "_Deadline":
        """One call more, to be left as a context manager."""
        deadline = _Deadline(self)
        with self._changed:
            self._running[deadline] = time.monotonic() + self._seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()
            elif len(self._running) == 1:
                self._changed.notify()
        return deadline

    def end(self, deadline: "_Deadline") -> None:
        """It came back in time, or was ended."""
        with self._changed:
            self._running.pop(deadline, None)

    def _watch(self) -> None:
        with self._changed:
            while self._has_work():
                self._wait_for_the_oldest()
            self._thread = None

    def _has_work(self) -> bool:
        if not self._running:
            self._changed.wait(_IDLE_SECONDS)
        return bool(self._running)

    def _wait_for_the_oldest(self) -> None:
        oldest = next(iter(self._running))
        left = self._running[oldest] - time.monotonic()
        if left > 0:
            self._changed.wait(left)
        else:
            del self._running[oldest]
            oldest.expire()


class _Deadline:
    """Ends this thread's exchange when its time is over, by shutting the socket under it.

    A read limit alone does not: it starts anew with every byte that arrives.
    """

    _of_thread = threading.local()

    def __init__(self, deadlines: _Deadlines) -> None:
        self.expired = False
        self.connection: HTTPConnection | None = None
        self._deadlines = deadlines

    def __enter__(self) -> "_Deadline":
        self._of_thread.deadline = self
        return self

    def __exit__(self, *_: object) -> None:
        self._deadlines.end(self)
        self._of_thread.deadline = None

    @classmethod
    def watch(cls, connection: HTTPConnection) -> None:
        """The connection the exchange of this thread runs over."""
        deadline = getattr(cls._of_thread, "deadline", None)
        if deadline:
            deadline.connection = connection

    def expire(self) -> None:
        """Called from the thread that watches."""
        self.expired = True
        sock = self.connection and self.connection.sock
        if not sock:  # it has not connected yet: the limit for connecting ends it
            return
        with contextlib.suppress(OSError):
            # the plain socket's: that of a TLS socket drops its state under the thread that reads
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _DeadlineConnection:
    """Shows itself to the deadline before it connects (TLS does that before the request) and before every request."""

    def connect(self) -> None:
        """Under the deadline of this thread."""
        _Deadline.watch(self)  # type: ignore[arg-type]
        super().connect()  # type: ignore[misc]

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Under the deadline of this thread; on a connection that was kept open, too."""
        _Deadline.watch(self)  # type: ignore[arg-type]
        super().request(*args, **kwargs)  # type: ignore[misc]


class _DeadlineHttp(_DeadlineConnection, HTTPConnection):
    pass


class _DeadlineHttps(_DeadlineConnection, HTTPSConnection):
    pass


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _DeadlineHttp


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _DeadlineHttps
