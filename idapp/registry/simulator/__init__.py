"""A population database to rehearse with: the same contract over real HTTP, invented people, faults on demand.

    python -m idapp.registry.simulator --people people.json --port 8100 --rules rules.json --log calls.jsonl

``people.json`` is a list of ``{"number", "full_name", "born": "2014-03-17" or "2014", "sex": 0|1|2}`` with, if wanted,
``province``, ``district``, ``commune``, ``address``, ``ethnic_group``, ``father``, ``mother``. ``rules.json`` holds the
settings of ``rules.Rules``. Both are read again when they change.

POST any other path   operation 037 or 003 as SOAP, or as a gateway's JSON
POST /token           token of the provincial exchange
GET  /                status page      GET /log    counts as JSON (``?calls=1``: each call; ``?last=20``: the newest)
GET  /rules           the rules in force, without secrets
POST /rules           changes some settings at once, JSON, from this machine only; ``{"reset": true}`` puts them back
"""

import json
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from idapp.registry.simulator.server import Server

__all__ = ["Server", "running_simulator"]


@contextmanager
def running_simulator(people: Sequence[Mapping[str, Any]], rules: Mapping[str, Any] | None = None) -> Iterator[str]:
    """A simulator in this process, on a free port, for tests; yields its address."""
    with tempfile.TemporaryDirectory() as folder:
        people_file = Path(folder) / "people.json"
        people_file.write_text(json.dumps(list(people)), encoding="utf-8")
        server = Server(people_file, rules=rules)
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        try:
            yield server.address
        finally:
            server.stop()
            thread.join(timeout=5)
