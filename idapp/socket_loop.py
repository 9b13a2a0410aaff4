"""The loop of the web server, at the price of what happens and not of who is connected.

Every browser keeps some connections open. Waitress asks each of them, before each wait, whether it wants to read or to
write: with 44 teachers a quarter of all that Python did while they saved, for answers that hardly ever change. They
change where something was read or written, which the loop sees itself, and where a thread has answered a request,
which it says by waking the loop. So these connections alone are asked again. Once a second all are: the server marks
connections that have been idle for long, and another thread may have opened a listener.
"""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, MultiSocketServer

_ALL_AFTER = 1.0  # seconds
_READ = select.POLLIN | select.POLLPRI if hasattr(select, "poll") else 0


def drive(server: BaseWSGIServer | MultiSocketServer, sockets: dict[int, Any]) -> SocketLoop | None:
    """Let this server run with a loop of ours; None where the system cannot poll, and waitress goes on with its own.

    sockets  {number: connection, listener or trigger}, which waitress keeps
    """
    if not hasattr(select, "poll"):
        return None
    loop = SocketLoop(sockets)
    server.asyncore = loop
    for listener in list(sockets.values()):
        if isinstance(listener, BaseWSGIServer):
            loop.tell_of_changes(listener)
    return loop


class ChangedChannels:
    """The connections of which a thread has said that they want something else now. Threads add, the loop takes."""

    def __init__(self) -> None:
        self._channels: deque[HTTPChannel] = deque()

    def add(self, channel: HTTPChannel) -> None:
        """By any thread, before it wakes the loop."""
        self._channels.append(channel)

    def forget(self) -> None:
        """Whoever asks all of them need not know."""
        self._channels.clear()

    def take(self) -> Iterable[HTTPChannel]:
        """All that were added until now."""
        while self._channels:
            yield self._channels.popleft()


class _WakingServer:
    """The server as one connection sees it: whoever wakes the loop for this connection says so."""

    def __init__(self, server: BaseWSGIServer, channel: HTTPChannel, changed: ChangedChannels):
        self._server = server
        self._channel = channel
        self._changed = changed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    def pull_trigger(self) -> None:
        """As waitress calls it."""
        self._changed.add(self._channel)
        self._server.pull_trigger()


class SocketLoop:
    """Stands where a server of waitress expects the module ``wasyncore``."""

    def __init__(self, sockets: dict[int, Any]) -> None:
        self._sockets = sockets
        self._changed = ChangedChannels()
        self._poll = select.poll()
        self._flags: dict[int, int] = {}  # of those that the poll knows, and 0 of the others
        self._all_at = 0.0

    def tell_of_changes(self, listener: BaseWSGIServer) -> None:
        """Connections that this listener accepts tell this loop when they have changed."""
        changed = self._changed

        class Channel(HTTPChannel):  # type: ignore[misc]
            """A connection that says for whom it wakes the loop."""

            def __init__(self, server: BaseWSGIServer, *rest: Any, **more: Any) -> None:
                super().__init__(_WakingServer(server, self, changed), *rest, **more)

        listener.channel_class = Channel

    def loop(self, timeout: float, **_: Any) -> None:
        """As waitress calls it: until no socket is left. ``timeout``: seconds of one wait at most."""
        while self._sockets:
            self._look(timeout)

    def _look(self, timeout: float) -> None:
        now = time.monotonic()
        if now >= self._all_at or self._flags.keys() != self._sockets.keys():
            self._all_at = now + _ALL_AFTER
            self._ask_all()
        else:
            for channel in self._changed.take():
                self._ask(channel._fileno)
        for number, flags in self._poll.poll(int(min(timeout, _ALL_AFTER) * 1000)):
            waiting = self._sockets.get(number)
            if waiting is None:
                continue
            wasyncore.readwrite(waiting, flags)
            if waiting.accepting:
                self._all_at = 0.0  # a new connection may have the number of an old one
            self._ask(number)

    def _ask_all(self) -> None:
        self._changed.forget()
        for number in [*self._flags]:
            if number not in self._sockets:
                self._set(number, 0)
                del self._flags[number]
        for number in [*self._sockets]:
            self._ask(number)

    def _ask(self, number: int | None) -> None:
        """What does it want now? One that is closed has no number, or is no longer there."""
        waiting = self._sockets.get(number) if number is not None else None
        if number is None or waiting is None:
            return
        flags = _READ if waiting.readable() else 0
        if waiting.writable() and not waiting.accepting:
            flags |= select.POLLOUT
        self._set(number, flags)

    def _set(self, number: int, flags: int) -> None:
        before = self._flags.get(number, 0)
        self._flags[number] = flags
        if flags == before:
            return
        if flags:
            self._poll.register(number, flags)
        else:
            self._poll.unregister(number)
