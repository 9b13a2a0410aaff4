"""The queue: the only module that knows RQ.

Redis is the doorbell, nothing more: a job carries the id of a batch and no word about a person (JSON, never pickle).
If all of Redis is lost, :func:`sweep` reads from the database what is still owed and rings again.
"""

import logging
import tempfile
import uuid
from dataclasses import fields
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from rq.utils import as_text, utcparse

from idapp.database import connected
from idapp.models import utc_now
from idapp.registry import Connector, RegistryConfig, open_connector
from idapp.settings import Settings, SettingsError, current
from idapp.verification import runs

log = logging.getLogger(__name__)
QUEUE = "idapp"
_LONGEST_SOCKET_PATH = 100  # the kernel allows 108 bytes
_JOB_TIMEOUT = 600
_SILENT_SECONDS = 90


def socket_path(settings: Settings) -> Path:
    """Where the embedded Redis listens: a socket in the data folder, or in a private folder if that is too long."""
    path = settings.data / "redis.sock"
    if len(str(path).encode()) <= _LONGEST_SOCKET_PATH:
        return path
    folder = Path(tempfile.gettempdir()) / f"idapp-{sha256(str(path).encode()).hexdigest()[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / "redis.sock"


def redis_of(settings: Settings) -> Redis:
    return Redis.from_url(settings.redis_url or f"unix://{socket_path(settings)}", socket_connect_timeout=2)


def queue_of(settings: Settings) -> Queue:
    return Queue(QUEUE, connection=redis_of(settings), serializer=JSONSerializer)


def verify_later(batch_id: int) -> bool:
    """Wake a worker for this batch. False if Redis is away: the batch stays queued and the next sweep rings again."""
    try:
        queue_of(current()).enqueue(
            verify, batch_id, job_id=f"verify-{batch_id}-{uuid.uuid4().hex[:8]}", job_timeout=_JOB_TIMEOUT,
            result_ttl=0, failure_ttl=3600,
        )  # fmt: skip
    except RedisError as error:
        log.warning("queue is away, batch %s waits for the sweep: %s", batch_id, type(error).__name__)
        return False
    return True


def verify(batch_id: int) -> None:
    """The job: one slice of a batch, then the next slice goes to the end of the queue."""
    settings = current()
    with connected():
        more = runs.run(batch_id, connector_of(settings), pace_of(settings))
    if more:
        verify_later(batch_id)


def sweep() -> int:
    """Ring for every batch that somebody should be working on and nobody is. Returns how many."""
    with connected():
        owed = [batch.id for batch in runs.due(utc_now())]
    if not owed:
        return 0
    waiting = {job_id.split("-")[1] for job_id in queue_of(current()).get_job_ids() if job_id.startswith("verify-")}
    rung = [batch_id for batch_id in owed if str(batch_id) not in waiting]
    return sum(verify_later(batch_id) for batch_id in rung)


def connector_of(settings: Settings) -> Connector:
    """The way into the population database that this installation's settings describe."""
    return open_connector(registry_config(settings))


def registry_config(settings: Settings) -> RegistryConfig:
    """`REGISTRY_HASH_PATH` -> ``hash_path`` and so on: the names are the same. Raises SettingsError for a bad value."""
    given: dict[str, object] = {}
    for field in fields(RegistryConfig):
        name = f"REGISTRY_{field.name.upper()}"
        text = settings.registry.get(name, "")
        if text and field.type in (int, float):
            given[field.name] = field.type(settings.registry_number(name, 0))
        elif text:
            given[field.name] = text == "1" if field.type is bool else text
    if "url" not in given:
        raise SettingsError("REGISTRY is soap, but REGISTRY_URL does not say where the service is.")
    return RegistryConfig(**given)  # type: ignore[arg-type]


def pace_of(settings: Settings) -> runs.Pace:
    number = settings.registry_number
    return runs.Pace(
        concurrency=max(1, int(number("REGISTRY_CONCURRENCY", 4))),
        rate=number("REGISTRY_RATE", 0),
        pause_after=max(1, int(number("REGISTRY_PAUSE_AFTER", 5))),
        pause_seconds=number("REGISTRY_PAUSE_SECONDS", 60),
    )


def health(settings: Settings) -> dict[str, str]:
    """What `/healthz` says of queue and worker.

    Asks for the heartbeats themselves: RQ's list of workers is written at their birth only, so a living worker would
    count as dead after Redis lost its data.
    """
    try:
        connection = redis_of(settings)
        beats = [connection.hget(key, "last_heartbeat") for key in connection.scan_iter("rq:worker:*")]
    except RedisError:
        return {"queue": "down", "worker": "down"}
    alive = [beat for beat in beats if beat and _age(utcparse(as_text(beat))) < _SILENT_SECONDS]
    return {"queue": "ok", "worker": "ok" if alive else "down"}


def _age(beat: datetime) -> float:
    return (utc_now() - beat.replace(tzinfo=None)).total_seconds()
