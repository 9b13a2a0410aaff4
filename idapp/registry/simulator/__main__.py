"""``python -m idapp.registry.simulator``: serves until SIGTERM or Ctrl-C; the first line printed is its address."""

import argparse
import logging
import signal
import socket
from pathlib import Path

from idapp.registry.simulator.server import Server


def main() -> None:
    """Reads the command line, then serves; a file that is no JSON of people or rules stops it at the start."""
    parser = argparse.ArgumentParser(
        prog="idapp.registry.simulator", description="Rehearsal population database."
    )
    parser.add_argument("--people", type=Path, required=True, help="JSON list of invented people")
    parser.add_argument("--rules", type=Path, help="JSON settings: latency, faults, way in")
    parser.add_argument(
        "--corrected", type=Path, help="keeps the numbers of whom the police have corrected"
    )
    parser.add_argument("--log", type=Path, help="append one JSON line for every call")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument(
        "--socket", type=int, help="number of a listening socket that the parent process hands down"
    )
    given = parser.parse_args()
    listening = None
    if given.socket is not None:
        listening = socket.socket(fileno=given.socket)
    server = Server(
        given.people,
        rules_file=given.rules,
        corrected_file=given.corrected,
        log_file=given.log,
        host=given.host,
        port=given.port,
        listening=listening,
    )
    # cut answers and callers that hang up are the point here
    logging.getLogger("waitress").setLevel(logging.ERROR)
    for stop_signal in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop_signal, lambda *_: server.leave())
    print(server.address, flush=True)
    server.serve()


if __name__ == "__main__":
    main()
