"""The queue: the only module that knows RQ.

Redis only wakes the worker: a job carries the id of a batch and no word about a person (JSON, never pickle).
If all of Redis is lost, :func:`enqueue_stale` reads from the database what still waits and enqueues it again.
"""

import logging
import os
import signal
import stat
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import BaseTimeoutException
from rq.utils import as_text, utcparse

from idapp import (
    card_photos,
    faults,
    imports,
    maintenance,
    place_sets,
    redis_line,
    school,
    school_years,
    worker_ends,
)
from idapp.backup import nightly
from idapp.database import close_database, connected, db, open_database
from idapp.models import utc_now
from idapp.people import catching_up, epochs
from idapp.registry import RegistryConfig, connector_of, registry_config, way
from idapp.settings import RegistryMode, Settings, SettingsError, current
from idapp.verification import runs
from idapp.verification.runs import Pace

log = logging.getLogger(__name__)
QUEUE = "idapp"
_BATCH_JOB = "verify-"  # how the names of jobs about batches begin
_LONGEST_SOCKET_PATH = 100  # the kernel allows 108 bytes
_JOB_TIMEOUT = 2 * runs.LONGEST_SLICE
_SILENT_SECONDS = 90


def socket_path(settings: Settings) -> Path:
    """Where the embedded Redis listens: a socket in the data folder, or in a private folder if that is too long.

    Raises SettingsError if that folder is another's, or open to others.
    """
    path = settings.data / "redis.sock"
    name = os.fsencode(path)
    if len(name) <= _LONGEST_SOCKET_PATH:
        return path
    folder = Path(tempfile.gettempdir()) / f"idapp-{sha256(name).hexdigest()[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & 0o077:
        raise SettingsError(
            f"Thư mục {folder} không phải của riêng tài khoản đang chạy ứng dụng, nên không dùng "
            "để đặt hàng đợi. Hãy xóa thư mục đó, hoặc đặt IDAPP_DATA sang đường dẫn ngắn hơn."
        )
    return folder / "redis.sock"


def redis_of(settings: Settings) -> Redis:
    """A client of `REDIS_URL`, else of the embedded server; not connected yet."""
    # redis-py's own ten tries with their pauses let every page wait four seconds while Redis is away (measured).
    retry = Retry(NoBackoff(), 1)
    if settings.redis_url:
        return Redis.from_url(settings.redis_url, socket_connect_timeout=2, retry=retry)
    path = str(socket_path(settings))
    return Redis(unix_socket_path=path, socket_connect_timeout=2, retry=retry)


def queue_of(settings: Settings) -> Queue:
    """The one queue of this installation; not connected yet."""
    return Queue(QUEUE, connection=redis_of(settings), serializer=JSONSerializer)


# Held by a thread beside the worker while it uses the database: a work horse that is forked just
# then inherits locks that nobody will ever open, and hangs (seen).
fork_lock = threading.Lock()


class InterruptibleWorker(Worker):
    """RQ's worker, whose running job is told when the worker was asked to end: it hands back what it has not asked
    yet, settles the rest and is done, instead of working to the end of its slice."""

    def _set_ip_address(self, connection: Redis) -> None:
        """Nobody reads it here. RQ asks Redis for it, and redis-py cannot read the answer when the path of the
        socket has a blank or "=" in it ("Tài liệu"): every worker died as soon as it was born."""
        self.ip_address = "unknown"

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """RQ's, at a moment at which no thread beside the worker uses the database."""
        with fork_lock:
            close_database()
            super().fork_work_horse(job, queue)

    def handle_warm_shutdown_request(self) -> None:
        """RQ's, and the running job is told."""
        super().handle_warm_shutdown_request()
        if self.horse_pid:
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(self.horse_pid, signal.SIGUSR1)

    def setup_work_horse_signals(self) -> None:
        """RQ's, and the signal of ``handle_warm_shutdown_request``."""
        super().setup_work_horse_signals()
        signal.signal(signal.SIGUSR1, lambda *_: runs.shutdown_requested.set())


def worker_of(settings: Settings) -> InterruptibleWorker:
    """A worker of this installation: exactly one queue (RQ loses a job killed between two), short intervals."""
    connection = redis_of(settings)
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    return InterruptibleWorker(
        [queue],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=45,
        maintenance_interval=30,
        job_monitoring_interval=5,
    )


def verify_later(batch_id: int) -> bool:
    """Wake a worker for this batch. False if Redis is away: the batch stays queued and it is enqueued again later."""
    return _enqueue(verify, f"{_BATCH_JOB}{batch_id}", batch_id)


def _others_wait() -> bool:
    """Whether anything but batches waits for a worker: a file to be written, a backup, photos.

    Each takes seconds and a batch may take hours. Batches among each other share by longer slices (``Pace``).
    """
    try:
        waiting = queue_of(current()).job_ids
    except RedisError:
        return False
    return not all(name.startswith(_BATCH_JOB) for name in waiting)


def _enqueue(job: Callable[[int], None], name: str, id_: int) -> bool:
    try:
        queue_of(current()).enqueue(
            job,
            id_,
            # another one each time: a job of the same name would replace the one that runs
            job_id=f"{name}-{uuid.uuid4().hex[:8]}",
            job_timeout=_JOB_TIMEOUT,
            # what came of it stands in the rows
            result_ttl=0,
            failure_ttl=3600,
        )
    except RedisError as error:
        log.warning("queue is away, %s waits to be enqueued again: %s", name, type(error).__name__)
        return False
    return True


def verify(batch_id: int) -> None:
    """The job: one slice of a batch, then the next slice goes to the end of the queue.

    Raises JobFault, in place of any other fault. Settings that are wrong set the batch aside and raise nothing.
    """
    with _at_work():
        try:
            # as it stands now: what was changed in the browser counts from this slice on
            settings = way.obeyed(current())
            if settings.registry_mode != "soap":
                runs.set_aside(batch_id, "not_connected", _NOT_CONNECTED)
                return
            connector = connector_of(settings)
            pace = pace_of(settings)
        except SettingsError as error:
            log.error("batch %s is set aside: %s", batch_id, error)
            runs.set_aside(batch_id, "settings", _WRONG_SETTINGS)
            return
        if runs.run(batch_id, connector, pace, others_wait=_others_wait):
            verify_later(batch_id)
        else:
            maintenance.after_batch(batch_id)


class JobFault(RuntimeError):
    """What RQ logs, and keeps in Redis, of a job that failed: the kind of the fault, no word about a person."""


@contextmanager
def _at_work() -> Iterator[None]:
    """A connection for one job; a worker that `rq worker-pool` started has not opened the database yet."""
    if db.obj is None:
        open_database(current())
    try:
        with connected():
            redis_line.check(current())
            school.check_mode(current())  # nobody may have asked before: rq worker-pool
            place_sets.use_today()
            yield
    except BaseTimeoutException:
        raise
    except Exception as fault:
        log.error("a job failed: %s", faults.redacted_traceback(fault))
        raise JobFault(type(fault).__name__) from None


_NOT_CONNECTED = (
    "Hệ thống hiện không nối trực tiếp với cơ sở dữ liệu dân cư, nên đợt này tạm dừng. Hãy đặt "
    "lại kết nối trong phần Cài đặt rồi bấm Chạy tiếp, hoặc dừng đợt này."
)
_WRONG_SETTINGS = (
    "Cài đặt kết nối với cơ sở dữ liệu dân cư còn thiếu hoặc sai, nên chưa hồ sơ nào được gửi. "
    "Hãy sửa trong phần Cài đặt rồi bấm Chạy tiếp."
)


def import_later(import_id: int) -> bool:
    """Wake a worker to read a large workbook, to write a checked one or to take one back. False if Redis is away."""
    return _enqueue(go_on_with_import, f"import-{import_id}", import_id)


def go_on_with_import(import_id: int) -> None:
    """The job: what the workbook waits for, the parts that are left, each in a transaction of its own."""
    with _at_work():
        imports.go_on(import_id)


def read_card_photos_later() -> bool:
    """Wake a worker to read the photos of cards that wait, of everybody. False if Redis is away."""
    return _enqueue(read_card_photos, "photos", 0)


def read_card_photos(_: int) -> None:
    """The job: one photo after another, until none waits or the slice is over."""
    with _at_work():
        card_photos.go_on(current(), seconds=runs.LONGEST_SLICE)


def change_epoch_later(change_id: int) -> bool:
    """Wake a worker to rewrite the residences of a school. False if Redis is away."""
    return _enqueue(go_on_with_epoch, f"epoch-{change_id}", change_id)


def go_on_with_epoch(change_id: int) -> None:
    """The job: the parts that are left, each in a transaction of its own."""
    with _at_work():
        epochs.go_on(change_id)


def change_year_later(change_id: int) -> bool:
    """Wake a worker to take the school into its next year. False if Redis is away."""
    return _enqueue(go_on_with_year, f"year-{change_id}", change_id)


def go_on_with_year(change_id: int) -> None:
    """The job: the parts that are left, each in a transaction of its own."""
    with _at_work():
        school_years.go_on(change_id)


def back_up_later(run_id: int) -> bool:
    """Wake a worker to make a backup. False if Redis is away."""
    return _enqueue(back_up, f"backup-{run_id}", run_id)


def back_up(run_id: int) -> None:
    """The job: one file, in one or two folders."""
    with _at_work():
        nightly.run(run_id, current())


def recheck_later(change_id: int) -> bool:
    """Wake a worker to compute everybody anew after an update. False if Redis is away."""
    return _enqueue(go_on_with_recheck, f"recheck-{change_id}", change_id)


def go_on_with_recheck(change_id: int) -> None:
    """The job: the parts that are left, each in a transaction of its own."""
    with _at_work():
        catching_up.go_on(change_id)


def enqueue_stale() -> int:
    """Wake a worker for everything that should be worked on and is not. Returns for how many batches."""
    with connected():
        batch_ids = _stale_batches.overdue()
        photos_wait = card_photos.is_overdue()
        owed = [
            (import_later, imports.overdue()),
            (change_epoch_later, epochs.overdue()),
            (change_year_later, school_years.overdue()),
            (recheck_later, catching_up.owed()),
            (back_up_later, nightly.owed(current())),
        ]
    for wake, ids in owed:
        for id_ in ids:
            wake(id_)
    if photos_wait:
        read_card_photos_later()
    if not batch_ids:
        return 0
    waiting = _waiting_batches()
    missing = [batch_id for batch_id in batch_ids if str(batch_id) not in waiting]
    return sum(verify_later(batch_id) for batch_id in missing)


def _waiting_batches() -> set[str]:
    """Ids of the batches that have a job in the queue, as their jobs are called: ``verify-17-0a1b2c3d``."""
    job_ids = queue_of(current()).get_job_ids()
    return {job_id.split("-")[1] for job_id in job_ids if job_id.startswith(_BATCH_JOB)}


_stale_batches = runs.StaleBatchWatch()


def channel_of(settings: Settings) -> tuple[RegistryMode, str]:
    """How batches reach the register, and what is wrong with the settings: with a wrong one nothing is sent.

    What was stored in the browser counts too; needs an open database.
    """
    try:
        settings = way.obeyed(settings)
        if settings.registry_mode == "soap" and settings.registry.get("REGISTRY_URL"):
            registry_config(settings)
        pace_of(settings)
        return settings.registry_mode, ""
    except SettingsError as error:
        return "off", str(error)


def pace_of(settings: Settings) -> Pace:
    """How fast a batch may ask, and how long one question may take. Raises SettingsError for what is no number.

    A call ends within its two limits; with a token of the exchange there can be four of them to one question.
    """
    number = settings.registry_number
    calls = 1
    if settings.registry.get("REGISTRY_AUTH") == "lgsp":
        calls = 4
    connect = number("REGISTRY_CONNECT_TIMEOUT", RegistryConfig.connect_timeout)
    read = number("REGISTRY_READ_TIMEOUT", RegistryConfig.read_timeout)
    return Pace(
        concurrency=max(1, int(number("REGISTRY_CONCURRENCY", RegistryConfig.concurrency))),
        rate=number("REGISTRY_RATE", Pace.rate),
        pause_after=max(1, int(number("REGISTRY_PAUSE_AFTER", Pace.pause_after))),
        pause_seconds=number("REGISTRY_PAUSE_SECONDS", Pace.pause_seconds),
        call_seconds=calls * (connect + read) + 2,
    )


def health(settings: Settings) -> dict[str, str]:
    """What `/healthz` says of queue and worker.

    Asks for the heartbeats themselves: RQ's list of workers is written at their birth only, so a living worker would
    count as dead after Redis lost its data. One that dies again and again is down, whatever heartbeat it left; then
    ``worker_cause`` says why (of ``worker_ends``), if anybody knows.
    """
    ends = worker_ends.ends_of(settings)
    health = _heartbeats(settings)
    if ends.is_hopeless:
        health["worker"] = "down"
    if health["worker"] == "down" and ends.cause:
        health["worker_cause"] = ends.cause
    return health


def queue_depth(settings: Settings) -> int | None:
    """How many jobs wait for a worker; None while Redis is away."""
    try:
        return queue_of(settings).count
    except RedisError:
        return None


def _heartbeats(settings: Settings) -> dict[str, str]:
    try:
        connection = redis_of(settings)
        workers = filter(_is_worker, connection.scan_iter("rq:worker:*"))
        heartbeats = [connection.hget(worker, "last_heartbeat") for worker in workers]
    except RedisError:
        return {"queue": "down", "worker": "down"}
    if any(_is_recent(heartbeat) for heartbeat in heartbeats):
        return {"queue": "ok", "worker": "ok"}
    return {"queue": "ok", "worker": "down"}


def _is_worker(key: bytes | str) -> bool:
    """Beside each worker that has a job RQ keeps a set, which has no heartbeat to ask for.

    >>> _is_worker(b"rq:worker:5f1c"), _is_worker(b"rq:worker:5f1c:executions")
    (True, False)
    """
    return as_text(key).count(":") == 2


def _is_recent(heartbeat: bytes | str | None) -> bool:
    """None: the worker went away between the two questions."""
    if not heartbeat:
        return False
    moment: datetime = utcparse(as_text(heartbeat))
    return (utc_now() - moment.replace(tzinfo=None)).total_seconds() < _SILENT_SECONDS
