"""The real web server of an installation in a process of its own, without worker and register:
``python -m tests.serving``. Settings come from the environment, as for ``python app.py``."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app import _listen, create_app
from idapp import processes
from idapp.settings import from_environment
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def served(data: Path, **more: str) -> Iterator[str]:
    """Its address; at the end the server is gone."""
    told = os.environ | {"IDAPP_DATA": str(data), "PORT": str(free_port())} | more
    command = [sys.executable, "-m", "tests.serving"]
    process = subprocess.Popen(command, cwd=ROOT, env=told, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def main() -> None:
    processes.share_arenas()
    settings = from_environment()
    server, _ = _listen(create_app(settings), settings)
    print(f"http://{settings.host}:{settings.port}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
