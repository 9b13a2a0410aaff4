"""The worker: opens Redis, puts interrupted batches back, works the queue. Loads no Flask.

`python app.py` starts it; a larger installation starts as many as it likes with the same environment.
"""

import logging
import signal
import sys
import threading
import time

from redis.exceptions import RedisError

from idapp import chores, faults, jobs, place_sets, school
from idapp.database import db, migrate, open_database
from idapp.settings import SettingsError, from_environment, use

log = logging.getLogger("worker")
_SWEEP_SECONDS = 2


def main() -> int:
    """Work until SIGTERM: the running job ends, then the worker leaves."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = use(from_environment())
    open_database(settings)
    place_sets.use_today()
    migrate()
    school.check_mode(settings)
    db.close()  # before the fork: a connection must not be shared with the work horse
    threading.Thread(target=_keep_sweeping, daemon=True).start()
    signal.signal(
        signal.SIGUSR1, signal.SIG_IGN
    )  # meant for the work horse, which listens as soon as it works
    jobs.crew(settings).work(logging_level="WARNING")
    return 0


def _keep_sweeping() -> None:
    """What the database still owes is rung for again, whatever Redis has forgotten; then the chores."""
    while True:
        try:
            with jobs.quiet:
                if rung := jobs.sweep():
                    log.info("put %s batches back", rung)
                chores.do()
        except RedisError as error:
            log.warning("sweep: queue is away (%s)", type(error).__name__)
        except Exception as fault:
            log.error("sweep failed: %s", faults.told(fault))
        time.sleep(_SWEEP_SECONDS)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SettingsError as refusal:
        print(f"idapp: {refusal}", file=sys.stderr)
        sys.exit(1)
