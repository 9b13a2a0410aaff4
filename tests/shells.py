"""Hands beside the program: another connection to the database of a test, as somebody with its shell has one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from idapp.database import _ONE_WRITER, linked_sqlite
from idapp.settings import Settings


class LockIsHeld(Exception):
    """Somebody else writes just now."""


@contextmanager
def shell(settings: Settings) -> Iterator[Any]:
    """A connection of the driver, each statement a transaction of its own; ``execute`` returns a cursor."""
    with closing(_connect(settings)) as connection:
        yield connection


def _connect(settings: Settings) -> Any:
    if settings.sqlite_file:
        # the same library: two of them in one process let go of each other's locks
        return linked_sqlite.connect(settings.sqlite_file, timeout=0, isolation_level=None)
    import psycopg

    return psycopg.connect(settings.database_url, autocommit=True)


def take_the_lock(connection: Any) -> None:
    """Begin as a writer, without waiting. Raises LockIsHeld, with nothing begun."""
    if isinstance(connection, linked_sqlite.Connection):
        try:
            connection.execute("BEGIN IMMEDIATE")
        except linked_sqlite.OperationalError as fault:
            raise LockIsHeld from fault
        return
    connection.execute("BEGIN")
    lock = connection.execute(f"SELECT pg_try_advisory_xact_lock({_ONE_WRITER})")
    if lock.fetchone() != (True,):
        connection.execute("ROLLBACK")
        raise LockIsHeld


def refusals(settings: Settings) -> tuple[type[Exception], ...]:
    """What a statement raises that the database refuses: by a trigger of ours, or for what a column must hold."""
    if settings.sqlite_file:
        return (linked_sqlite.IntegrityError,)
    import psycopg

    return (psycopg.IntegrityError, psycopg.errors.RaiseException)
