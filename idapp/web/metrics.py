"""Figures for a monitoring program (Prometheus), without a word about anybody: `/metrics`, off until `IDAPP_METRICS=1`.

There is one web process, so its counters are whole; what the worker does is read from the database and the queue at
the moment of asking. Labels are names of our own (a route, a state), never an address that somebody typed.
"""

import hmac
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from flask import Flask, Response, abort, g, request
from peewee import SqliteDatabase, fn
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from idapp import backup, jobs
from idapp.database import db, rows
from idapp.models import Batch, utc_now
from idapp.settings import LOOPBACK, Settings, current
from idapp.web.access import open_to_all

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_registry = CollectorRegistry()
_answers = Counter(
    "idapp_requests", "Answers of the web server", ("route", "status"), registry=_registry
)
_durations = Histogram(
    "idapp_request_seconds",
    "How long an answer took",
    ("route",),
    buckets=_SECONDS,
    registry=_registry,
)


class _Installation(Collector):
    """What is true of the installation at the moment of asking."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family after the other; needs an open database."""
        settings = current()
        health = jobs.health(settings)
        yield _gauge("idapp_worker_up", "Is a worker alive", float(health["worker"] == "ok"))
        yield _gauge("idapp_queue_up", "Does Redis answer", float(health["queue"] == "ok"))
        depth = jobs.queue_depth(settings)
        if depth is not None:
            yield _gauge("idapp_queue_jobs", "Jobs that wait for a worker", depth)
        yield _batches()
        made = backup.last_made()
        if made is not None:
            age = (utc_now() - made).total_seconds()
            yield _gauge("idapp_backup_age_seconds", "Since the last backup", age)
        yield _gauge("idapp_database_bytes", "Size of the database", _database_bytes(settings))
        free = shutil.disk_usage(settings.data).free
        yield _gauge("idapp_disk_free_bytes", "Room beside the data", free)


_registry.register(_Installation())


def register(app: Flask) -> None:
    """The page, and the two moments between which an answer is made."""
    app.before_request(_begin)
    app.after_request(_count)
    app.add_url_rule("/metrics", "metrics", open_to_all(page))


def page() -> Response:
    """For the one who has the token or, without one, for a program on this machine; to all others it is not there."""
    settings = current()
    if not settings.metrics or not _may_ask(settings):
        abort(404)
    return Response(generate_latest(_registry), content_type=CONTENT_TYPE_LATEST)


def _may_ask(settings: Settings) -> bool:
    if settings.metrics_token:
        wanted = f"Bearer {settings.metrics_token}".encode()
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), wanted)
    # whoever comes through a proxy, a declared one or not, sits elsewhere
    is_direct = "X-Forwarded-For" not in request.headers
    return is_direct and request.remote_addr in LOOPBACK


def _begin() -> None:
    g.began = time.perf_counter()


def _count(response: Response) -> Response:
    if current().metrics:
        route = request.endpoint or "none"
        _answers.labels(route, f"{response.status_code // 100}xx").inc()
        began = g.get("began")
        if began is not None:
            _durations.labels(route).observe(time.perf_counter() - began)
    return response


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _batches() -> GaugeMetricFamily:
    family = GaugeMetricFamily("idapp_batches", "Batches by state", labels=("state",))
    query = Batch.select(Batch.state, fn.COUNT(Batch.id)).group_by(Batch.state)
    for state, count in rows(query):
        family.add_metric((state,), count)
    return family


def _database_bytes(settings: Settings) -> float:
    if isinstance(db.obj, SqliteDatabase):
        return Path(settings.sqlite_file).stat().st_size
    return db.execute_sql("SELECT pg_database_size(current_database())").fetchone()[0]
