"""Doors to the school's network beside the server's own: opened and shut as the principal chooses, without a restart.

`HOST` given in the environment says where to listen, and nothing is opened here. Otherwise the server listens on this
machine alone, and each address of this machine in its network gets a listener while the stored choice says so; an
address that the router has changed gets one a few seconds later.
"""

import logging
import threading
from typing import Any

import waitress
from waitress.server import BaseWSGIServer, MultiSocketServer

from idapp import faults, network, site_address, socket_loop
from idapp.database import connected
from idapp.settings import Settings

log = logging.getLogger(__name__)
_LOOK_AGAIN_SECONDS = 2.0


def wanted_hosts(settings: Settings) -> set[str]:
    """On which addresses, besides `HOST`, the site is to be reached now. Needs an open database."""
    if settings.host_is_set:
        return set()
    choice = site_address.chosen()
    is_agreed = settings.https or site_address.is_plain_http_allowed(settings, choice)
    if not choice.is_open or not is_agreed:
        return set()
    return {str(address.ip) for address in network.addresses_here()}


class LanListeners:
    """Listeners that share the threads and the loop of the main server, which runs with our own (``socket_loop``).

    sockets  the map of the main server's loop: what is put into it is served within a second
    options  as of ``waitress.create_server``, the same as the main server's
    """

    def __init__(
        self,
        app: Any,
        main: BaseWSGIServer | MultiSocketServer,
        sockets: dict[int, Any],
        options: dict[str, Any],
        settings: Settings,
    ) -> None:
        self._app = app
        self._main = main
        self._sockets = sockets
        self._options = options
        self._settings = settings
        self._loop = socket_loop.drive(main, sockets)
        self._open: dict[str, BaseWSGIServer] = {}
        self._refused: set[str] = set()

    def keep(self, stopping: threading.Event) -> None:
        """In a thread: follow the choice until ``stopping``."""
        while not stopping.wait(_LOOK_AGAIN_SECONDS):
            try:
                with connected():
                    wanted = wanted_hosts(self._settings)
                self.follow(wanted)
            except Exception as fault:
                log.error("looking for addresses failed: %s", faults.redacted_traceback(fault))

    def follow(self, wanted: set[str]) -> None:
        """Open what is wanted and not open yet, shut what is open and not wanted any more."""
        self._refused &= wanted
        for host in wanted - self._open.keys():
            self._open_door(host)
        for host in self._open.keys() - wanted:
            listener = self._open.pop(host)
            # by the thread of the loop: a socket closed under it would end the loop
            listener.trigger.pull_trigger(listener.close)
            log.info("no longer listening on %s", host)

    def _open_door(self, host: str) -> None:
        try:
            self._open[host] = waitress.create_server(
                self._app,
                map=self._sockets,
                _dispatcher=self._main.task_dispatcher,
                **self._options | {"host": host},
            )
        except OSError as error:  # another program's; said once, tried again
            if host not in self._refused:
                log.warning("cannot listen on %s: %s", host, error.strerror)
            self._refused.add(host)
        else:
            if self._loop is not None:
                self._loop.tell_of_changes(self._open[host])
            log.info("listening on %s too", host)
