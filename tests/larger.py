"""A larger installation in real processes: web servers and workers on one PostgreSQL and one Redis.

For tests, and for whoever wants to load one (``make bench``)::

    with postgresql.cluster(durable=True) as server, larger.redis_server() as redis:
        settings = larger.settings_for(folder, postgresql.fresh(server=server), redis)
        ...  # fill the database
        with larger.installation(settings, webs=4, workers=2) as site:
            site.addresses
"""

import os
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from idapp import jobs, processes
from idapp.processes import ManagedProcess, Supervisor, wait_until
from idapp.settings import Settings, from_environment
from tests.ports import free_port
from tests.postgresql import NotInstalled, server

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Larger:
    """Where its web servers are, and its processes: end one by its ``process``."""

    addresses: list[str]
    webs: list[ManagedProcess]
    workers: list[ManagedProcess]


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis of its own; its address. Raises NotInstalled."""
    try:
        program = processes.redis_binary()
    except Exception as missing:
        raise NotInstalled(str(missing)) from None
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with server(command):
        yield f"redis://127.0.0.1:{port}/0"


def settings_for(data: Path, database: str, redis: str) -> Settings:
    """What all processes of the installation are told."""
    return from_environment({"IDAPP_DATA": str(data), "DATABASE_URL": database, "REDIS_URL": redis})


@contextmanager
def installation(
    settings: Settings, *, webs: int = 2, workers: int = 2, **more: str
) -> Iterator[Larger]:
    """``python web.py`` and ``python worker.py``, so many of each, until the block ends. All of them are healthy.

    more  further variables of their environment, such as REGISTRY
    """
    told = os.environ | {
        "IDAPP_DATA": str(settings.data),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
    }
    tree = Supervisor()
    try:
        working = [processes.start_worker(tree, told | more) for _ in range(workers)]
        ports = [free_port() for _ in range(webs)]
        command = [sys.executable, str(ROOT / "web.py")]
        serving = [tree.add("web", command, told | more | {"PORT": str(port)}) for port in ports]
        addresses = [f"http://127.0.0.1:{port}" for port in ports]
        for address in addresses:
            wait_until(lambda address=address: _answers(address), address, 60)  # type: ignore[misc]
        wait_until(lambda: jobs.health(settings)["worker"] == "ok" or not workers, "worker", 60)
        yield Larger(addresses, serving, working)
    finally:
        tree.stop()


def _answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
        return answer.status == 200
    return False
