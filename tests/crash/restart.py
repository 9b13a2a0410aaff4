"""The program is started again on a folder: what it does then, and what the folder holds afterwards."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import app
from idapp import doctor, jobs, maintenance, school
from idapp.database import connected, db
from idapp.settings import Settings
from tests.crash import clock

Rows = dict[str, list[dict[str, Any]]]
_TIME = re.compile(r"(_at|_until|_on|_since|_before)$|^at$")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*")
_OF_CHANCE = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])|(?<=restored-)[\d-]{15}")
# of files: moments, numbers of processes, names that tempfile makes up
_CHANCE_IN_NAMES = re.compile(
    r"[0-9a-f]{32}|\d{8}T\d{6}-\w{8}-\w{4}|(?<=before-restore-)[\d-]+|(?<=backup-)\w{8}|(?<=restore-)\w{8}|\d{3,}(?=\.part)"
    r"|\d{8}-\d{6}-\w{6}(?=\.age)"
)
_OF_CHANCE_THEMSELVES = (
    ".bin",
    ".upload",
    ".age",
    "-key",
    "secret_key",
    "about.json",
    "in-use.json",
    "followed",
    ".db",
)
# what a crash may leave another way: how often something was tried, and what says who is at work
_UNEVEN = {
    ("import", "attempts"),
    ("batch_item", "attempts"),
    ("batch_item", "request_code"),
    ("batch_item", "lease"),
    ("batch_item", "seconds"),
    ("batch", "lease"),
    ("card_photo", "attempts"),
    ("schema_migration", "applied"),
    ("change", "link"),  # the chain holds the times too
}
_UNEVEN_TABLES = {"attempt", "sqlite_sequence"}
# of one start: another one makes them, or takes one more copy before the next migration
_OF_THE_RUN = {"app.lock", "redis.sock", "lock", "rules-of", "history_head"}
_COPIES = "var/idapp.before-"


@dataclass
class Found:
    """What stands in a folder: the rows without times and chance, the files with their content's hash."""

    rows: Rows = field(default_factory=dict)
    files: dict[str, str | bool] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)  # what the doctor says


def start(settings: Settings) -> None:
    """What ``app.py`` does with the data before it serves anybody."""
    app.prepare_data(settings)


def work(settings: Settings) -> None:
    """What the worker does in the first minute: what was left undone, then the maintenance. Redis apart: a job is done
    where it would be enqueued."""
    jobs._enqueue = _at_once  # type: ignore[assignment]
    jobs._waiting_batches = set  # type: ignore[assignment]
    maintenance._tidied_at = float("-inf")  # as in every process that has just begun
    clock.go_on(timedelta(minutes=5))
    for _ in range(2):
        jobs.enqueue_stale()
        maintenance.run()


def _at_once(job: Callable[[int], None], name: str, id_: int) -> bool:
    job(id_)
    return True


def tidy(settings: Settings) -> None:
    """What the maintenance of the next days takes away."""
    clock.go_on(timedelta(days=3))
    maintenance._tidied_at = float("-inf")
    maintenance.run()


def faults(*, of_level: tuple[str, ...] = ("bad",)) -> list[str]:
    """What the doctor finds wrong in the rows."""
    with connected():
        if not school.is_set_up():
            return []
        findings = doctor.invariants()
    return [f"{one.name}: {one.sentence}" for one in findings if one.level in of_level]


def rows_of(tables: tuple[str, ...] = ()) -> Rows:
    """Every row of these tables (all of them), each name of chance replaced by the rank of its first appearance."""
    with connected():
        query = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        names = [name for (name,) in db.execute_sql(query).fetchall()]
        wanted = [
            one for one in names if one not in _UNEVEN_TABLES and (not tables or one in tables)
        ]
        ranks: dict[str, str] = {}
        return {name: _rows_of(name, ranks) for name in wanted}


def _rows_of(table: str, ranks: dict[str, str]) -> list[dict[str, Any]]:
    cursor = db.execute_sql(f'SELECT * FROM "{table}" ORDER BY 1')
    columns = [column[0] for column in cursor.description]
    kept = [(place, name) for place, name in enumerate(columns) if is_even(table, name)]
    return [{name: ranked(row[place], ranks) for place, name in kept} for row in cursor.fetchall()]


def is_even(table: str, column: str) -> bool:
    """Is this column the same, whenever and however often a deed was done?"""
    return not _TIME.search(column) and (table, column) not in _UNEVEN


def ranked(value: Any, ranks: dict[str, str]) -> Any:
    """A value with each name of chance replaced by the rank of its first appearance."""
    if not isinstance(value, str):
        return value
    value = _MOMENT.sub("(then)", value)
    return _OF_CHANCE.sub(lambda found: ranks.setdefault(found[0], f"#{len(ranks)}"), value)


_JOURNALS = (
    "-wal",
    "-shm",
)  # of a database that went aside: a killed process leaves them beside it


def files_of(folder: Path) -> dict[str, str | bool]:
    """{name with chance replaced: hash} of what lies in the folder beside the database; no hash of what is encrypted or
    holds a moment."""
    found: dict[str, str | bool] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if (
            path.is_file()
            and not name.startswith(("var/idapp.db", _COPIES))
            and path.name not in _OF_THE_RUN
            and not name.endswith(_JOURNALS)
        ):
            is_told = not name.endswith(_OF_CHANCE_THEMSELVES)
            found[without_chance(name)] = is_told and sha256(path.read_bytes()).hexdigest()
    return found


def without_chance(name: str) -> str:
    """The name of a file without what differs with each run."""
    return _CHANCE_IN_NAMES.sub("#", name)
