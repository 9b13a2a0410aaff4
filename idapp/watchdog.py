"""systemd hears when the site is up, and as long as it answers: a web server that hangs is started anew.

The protocol of `sd_notify`: one datagram to the socket that `NOTIFY_SOCKET` names. Without it nothing happens here.
"""

import http.client
import logging
import os
import socket
import threading

from idapp.settings import Settings

log = logging.getLogger(__name__)
_PATIENCE = 20.0
_FEWEST_SECONDS = 1.0


def start(settings: Settings, stopping: threading.Event) -> None:
    """Call it when the sockets listen. A thread goes on telling until ``stopping``, if systemd asked for it."""
    if not os.environ.get("NOTIFY_SOCKET"):
        return
    _tell("READY=1")
    pause = _pause()
    if pause:
        threading.Thread(target=_keep, args=(settings, stopping, pause), daemon=True).start()


def answers(settings: Settings) -> bool:
    """Does a thread of the web server come to answer? What it says of database and worker is not asked here: a new
    start would not mend them."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=_PATIENCE)
    try:
        connection.request("HEAD", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _keep(settings: Settings, stopping: threading.Event, pause: float) -> None:
    while not stopping.wait(pause):
        if answers(settings):
            _tell("WATCHDOG=1")
        else:
            log.warning("the web server does not answer itself")


def _pause() -> float:
    """Seconds between two words, a third of what systemd waits; 0 where it does not wait for any."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit():
        return 0.0
    return max(int(microseconds) / 3_000_000, _FEWEST_SECONDS)


def _tell(state: str) -> None:
    address = os.environ["NOTIFY_SOCKET"]
    if address.startswith("@"):  # a name in the kernel, not a file
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        try:
            line.connect(address)
            line.send(state.encode())
        except OSError as error:
            log.warning("systemd is not told %s: %s", state, error.strerror)
