"""The worker: opens Redis, puts interrupted batches back, works the queue. Loads no Flask.

`python app.py` starts it; a larger installation starts as many as it likes with the same environment.
"""

import logging
import sys
import threading
import time

from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from idapp import jobs
from idapp.database import db, migrate, open_database
from idapp.settings import from_environment, use

log = logging.getLogger("worker")
_SWEEP_SECONDS = 5


def main() -> int:
    """Work until SIGTERM: the running job ends, then the worker leaves."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = use(from_environment())
    open_database(settings)
    migrate()
    db.close()  # before the fork: a connection must not be shared with the work horse
    threading.Thread(target=_keep_sweeping, daemon=True).start()
    connection = jobs.redis_of(settings)
    worker = Worker(
        [Queue(jobs.QUEUE, connection=connection, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=45,
        maintenance_interval=30,
        job_monitoring_interval=5,
    )
    worker.work(logging_level="WARNING")
    return 0


def _keep_sweeping() -> None:
    """What the database still owes is rung for again, whatever Redis has forgotten."""
    while True:
        try:
            if rung := jobs.sweep():
                log.info("put %s batches back", rung)
        except RedisError as error:
            log.warning("sweep: queue is away (%s)", type(error).__name__)
        except Exception:
            log.exception("sweep failed")
        time.sleep(_SWEEP_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
