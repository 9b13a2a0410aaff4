"""The web server alone: a larger installation starts as many as it likes, on one machine or several.

All with the same `DATABASE_URL` (PostgreSQL), `REDIS_URL` and data folder, each with a `PORT` of its own, behind one
proxy; beside them `worker.py`. On one machine with SQLite `python app.py` starts everything.
"""

import signal
import sys

from app import _listen, create_app
from idapp import faults, processes, redis_line, school, site_address
from idapp.database import connected
from idapp.settings import Settings, SettingsError, from_environment, use


def main() -> int:
    """Serve until SIGTERM or Ctrl-C."""
    processes.share_arenas()
    faults.log_to_standard_error()
    settings = use(from_environment())
    _check_shared(settings)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app = create_app(settings)
    with connected():
        school.check_mode(settings)
        site_address.check_names(settings)
    server, _ = _listen(app, settings)
    print(f"idapp: http://{settings.host}:{settings.port}", flush=True)
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        server.close()
    return 0


def _check_shared(settings: Settings) -> None:
    """Raises SettingsError where several processes would not know of each other, or the line to Redis is weak."""
    if settings.sqlite_file or not settings.redis_url:
        raise SettingsError(
            "web.py dành cho máy chủ có nhiều tiến trình: cần DATABASE_URL=postgresql://... và "
            "REDIS_URL=redis://... Trên một máy thì chạy python app.py."
        )
    redis_line.check(settings)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SettingsError as refusal:
        print(f"idapp: {refusal}", file=sys.stderr)
        sys.exit(1)
