"""The worker: opens Redis, puts interrupted batches back, works the queue. Loads no Flask.

`python app.py` starts it; a larger installation starts as many as it likes with the same environment.
"""

import logging
import signal
import sys
import threading
import time

from redis.exceptions import RedisError

from idapp import faults, jobs, maintenance, place_sets, processes, redis_line, school, worker_ends
from idapp.database import alone, close_database, connected, migrate, open_database
from idapp.settings import Settings, SettingsError, from_environment, use

log = logging.getLogger("worker")
_LOOK_AGAIN_SECONDS = 2


def main() -> int:
    """Work until SIGTERM: the running job ends, then the worker leaves."""
    processes.share_arenas()
    faults.log_to_standard_error()
    settings = use(from_environment())
    try:
        _work(settings)
    except Exception as fault:
        worker_ends.note_fault(settings, fault)
        if isinstance(fault, SettingsError):
            raise
        log.critical("the worker ends: %s", faults.redacted_traceback(fault))
        return 1
    return 0


def _work(settings: Settings) -> None:
    redis_line.check(settings)
    open_database(settings)
    place_sets.use_today()
    migrate()
    school.check_mode(settings)
    close_database()  # before the fork: a connection must not be shared with the work horse
    threading.Thread(target=_keep_enqueuing, args=(settings,), daemon=True).start()
    # meant for the work horse, which listens as soon as it works
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    jobs.worker_of(settings).work(logging_level="WARNING")


def _look_after_everything() -> None:
    batches = jobs.enqueue_stale()
    if batches:
        log.info("put %s batches back", batches)
    maintenance.run()


def _keep_enqueuing(settings: Settings) -> None:
    """What still waits in the database is enqueued again, whatever Redis has forgotten; then the maintenance.

    Of several workers one at a time does it for all.
    """
    born_at = time.monotonic()
    while True:
        if time.monotonic() - born_at > worker_ends.A_LIFE:
            worker_ends.forget(settings)
        try:
            with jobs.fork_lock, connected(), alone() as it_is_us:
                if it_is_us:
                    _look_after_everything()
        except RedisError as error:
            log.warning("the queue is away (%s)", type(error).__name__)
        except Exception as fault:
            log.error("looking for stale batches failed: %s", faults.redacted_traceback(fault))
        time.sleep(_LOOK_AGAIN_SECONDS)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SettingsError as refusal:
        print(f"idapp: {refusal}", file=sys.stderr)
        sys.exit(1)
