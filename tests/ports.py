"""Ports for the servers that tests start."""

import random
import socket


def free_port() -> int:
    """A port of the loopback address that nobody uses, below those that the system gives to outgoing connections: with
    four files tested at a time, a browser would now and then take it before the server does."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
