"""The database: one connection per request or job, one way to write, migrations at the start.

Writing goes through :func:`writing`, which opens ``BEGIN IMMEDIATE`` on SQLite: a transaction that reads first and
writes later under plain ``BEGIN`` fails with "database is locked" as soon as two teachers save at once (measured:
294 of 1,000 in WAL mode; 0 with IMMEDIATE). Inside one process a lock keeps the queue fair.
"""

import glob
import inspect
import logging
import select
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from peewee import SQL, Database, DatabaseProxy, SqliteDatabase, Value
from peewee import __exception_wrapper__ as _as_peewee_raises  # type: ignore[attr-defined]
from peewee import sqlite3 as linked_sqlite  # type: ignore[attr-defined]
from playhouse.db_url import parse
from playhouse.migrations import Runner
from playhouse.pool import MaxConnectionsExceeded, PooledDatabase, PooledPostgresqlDatabase

from idapp import data_folder, quick_rows, server_columns
from idapp.settings import Settings, SettingsError

log = logging.getLogger(__name__)
db = DatabaseProxy()
_write_lock = threading.RLock()
_MIGRATIONS = Path(__file__).parent / "migrations"
# locks of a database of PostgreSQL: the same numbers in every process of an installation
_ONE_WRITER = 20221025
_ONE_MIGRATION = 20221026
_ONE_KEEPER = 20221027
MOST_CONNECTIONS = 20  # of one process to PostgreSQL: a few more than it has threads
_WAIT_FOR_CONNECTION = 10  # seconds
_SURE_TO_HEAR = 30.0  # seconds without a word after which a line may be dead and nobody knows
_WAL_IS_SAFE_FROM = (3, 51, 3)
# For the LIMIT of a prepared statement, written out: SQLite looks at a LIMIT that comes as a value when it plans, and
# so plans the statement anew each time.
ONE_ROW = SQL("1")


def journal_mode() -> str:
    """`wal` only where the linked SQLite has the fix for the WAL-reset bug, else the rollback journal.

    Versions 3.7.0 to 3.51.2 can corrupt a WAL database when a checkpoint and a writer in two connections race. Peewee
    takes the newer of Python's own library and the one in the package pysqlite3. Measured here per commit, both with
    synchronous=FULL: 3.8 ms in WAL mode, 15 ms with the rollback journal.
    """
    if linked_sqlite.sqlite_version_info >= _WAL_IS_SAFE_FROM:
        return "wal"
    return "delete"


def open_database(settings: Settings) -> Database:
    """Point the models at this installation's database. Opens no connection yet, so that a worker can fork after it.

    Raises SettingsError where `DATABASE_URL` makes no sense, or the school has moved away from this file.
    """
    # at DEBUG it writes the values of every statement
    logging.getLogger("peewee").setLevel(logging.INFO)
    # a line for each step of a new folder: ``migrate`` says it in one
    logging.getLogger("peewee.migrations").setLevel(logging.WARNING)
    data_folder.check_not_moved(settings)
    data_folder.check_whole(settings)
    file = settings.sqlite_file
    database: Database
    # keys, photos and waiting workbooks lie there, wherever the database is
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if file:
        _make_private(Path(file))
        database = _File(
            file,
            timeout=10,
            lock_type="IMMEDIATE",
            pragmas={
                "journal_mode": journal_mode(),
                "synchronous": 2,  # FULL: "saved" means on the disk, also through a power cut
                "foreign_keys": 1,
                "cache_size": -400,  # KiB for each thread; behind it stands the system's own cache
                "secure_delete": 1,
                # else INSERT OR REPLACE deletes a row of the history and no trigger sees it
                "recursive_triggers": 1,
            },
        )
    else:
        database = server_database(settings.database_url)
    close_database()
    db.initialize(database)
    return database


class _File(SqliteDatabase):
    """SQLite, asked on the shortest way: a saved cell runs fifteen statements, and Peewee's own way to the library
    takes Python longer than the library takes for a statement."""

    _state: Any  # of the thread, as Peewee keeps it

    def execute_sql(self, sql: str, params: Sequence[object] | None = None) -> Any:
        """As Peewee's; what the library raises becomes one of Peewee's exceptions."""
        if self._state.closed or self.query_hooks:
            return super().execute_sql(sql, params)
        try:
            return self._state.conn.execute(sql, params or ())
        except linked_sqlite.Error:
            with _as_peewee_raises:
                raise


def server_database(address: str) -> Database:
    """PostgreSQL, with connections that are used again: opening one costs more than all that a saved cell does.

    One that the server has ended meanwhile is not handed out. Raises SettingsError for any other address.
    """
    scheme, mark, rest = address.partition("://")
    if not mark or not scheme.startswith("postgres"):
        raise SettingsError("DATABASE_URL phải là sqlite:///đường/dẫn/tệp hoặc postgresql://...")
    # in an address "%40" is the only way to write an "@"
    options = parse(f"postgresql://{rest}", unquote_user=True, unquote_password=True)
    if not options["database"]:
        raise SettingsError("DATABASE_URL thiếu tên cơ sở dữ liệu: postgresql://máy/tên")
    options |= {"max_connections": MOST_CONNECTIONS, "timeout": _WAIT_FOR_CONNECTION}
    return _Connections(**options)


class _Connections(PooledPostgresqlDatabase):  # type: ignore[misc]
    """Those of this process. A server that gives no further one is no error while others are out: as where all that
    are allowed are out, whoever asks waits for the first that comes back.

    The pool asks each connection that it hands out whether it lives: a way to the server before every request, with
    the lock held on which all threads wait. One that came back a moment ago is only looked at: a server that ends a
    connection says so at once. One that has lain for longer is asked, as something between may have forgotten it.
    """

    _came_back: dict[int, float]  # by the id of the connection, on the monotonic clock

    def init(self, *arguments: Any, **options: Any) -> None:
        """Peewee's."""
        self._came_back = {}
        super().init(*arguments, **options)

    def _close(self, connection: Any, close_conn: bool = False) -> None:
        self._came_back[id(connection)] = time.monotonic()
        super()._close(connection, close_conn=close_conn)

    def _is_closed(self, connection: Any) -> bool:
        lay_for = time.monotonic() - self._came_back[id(connection)]
        if lay_for < _SURE_TO_HEAR and not connection.closed and not _has_heard(connection):
            return False
        return bool(super()._is_closed(connection))

    def _connect(self) -> Any:
        try:
            return super()._connect()
        except Exception as fault:
            if not self._in_use:
                raise
            raise MaxConnectionsExceeded(str(fault)) from fault


def _has_heard(connection: Any) -> bool:
    """Did the server say something that nobody has asked for, or hang up?"""
    line = select.poll()
    line.register(connection.fileno(), select.POLLIN)
    return bool(line.poll(0))


def close_database() -> None:
    """No connection of this thread is left, nor one that waits to be used again, if any database was open.

    Before a fork, whose child would share them, and before anybody may replace or copy the database.
    """
    if db.obj is None:
        return
    if not db.is_closed():
        db.close()
    if isinstance(db.obj, PooledDatabase):
        db.obj.close_idle()


def _make_private(file: Path) -> None:
    """Before SQLite makes the file, which it would let everybody read; its journals get the same permissions."""
    if file.parent.is_dir() and not file.exists():
        file.touch(mode=0o600)


def migrate() -> list[str]:
    """Bring the schema up to date; returns the names of what was applied. A copy of a SQLite file is kept before."""
    with _migrating_alone():
        runner = _runner(db.obj)
        pending = [step for step in runner.status() if step.path and not step.applied]
        if pending and runner.applied():
            _copy_before(pending[0].name)
        names = build_schema(db.obj)
    if names:
        log.info("migrated: %s", ", ".join(names))
    return names


def build_schema(database: Database) -> list[str]:
    """The tables of this version in any database; returns the names of the migrations that were applied."""
    names: list[str] = _runner(database).up()
    if not isinstance(database, SqliteDatabase):
        server_columns.shape(database)
    return names


def _runner(database: Database) -> Runner:
    return Runner(database, glob.escape(str(_MIGRATIONS)))  # it looks for them with a pattern


@contextmanager
def _migrating_alone() -> Iterator[None]:
    """On a server several processes may start at once; those of one machine start one after another."""
    if is_sqlite():
        yield
        return
    db.connect(reuse_if_open=True)
    db.execute_sql(f"SELECT pg_advisory_lock({_ONE_MIGRATION})")
    try:
        yield
    finally:
        db.execute_sql(f"SELECT pg_advisory_unlock({_ONE_MIGRATION})")


def is_sqlite() -> bool:
    """Is the database a file, or that of a server?"""
    return isinstance(db.obj, SqliteDatabase)


@contextmanager
def alone() -> Iterator[bool]:
    """For what one process of a larger installation does for all: is it this one, for the length of the block?

    Needs a connection. On SQLite always True: there is one worker, and whatever it does may be done twice.
    """
    if is_sqlite():
        yield True
        return
    ours = bool(db.execute_sql(f"SELECT pg_try_advisory_lock({_ONE_KEEPER})").fetchone()[0])
    try:
        yield ours
    finally:
        if ours and not db.is_closed():  # a broken connection has lost the lock already
            db.execute_sql(f"SELECT pg_advisory_unlock({_ONE_KEEPER})")


def pending() -> list[str]:
    """The names of the migrations that these data still lack; looks only."""
    return [step.name for step in _runner(db.obj).status() if step.path and not step.applied]


def _copy_before(name: str) -> None:
    if is_sqlite():
        target = Path(db.obj.database).with_suffix(f".before-{name}.db")
        target.unlink(missing_ok=True)
        db.execute_sql("VACUUM INTO ?", (str(target),))
        target.chmod(0o600)


def turn_to_write() -> threading.RLock:
    """What a thread of this process holds while it writes; ``writing`` takes it by itself."""
    return _write_lock


@contextmanager
def writing() -> Iterator[None]:
    """One short write transaction. Never keep it open around the network or a file. Nested calls join the outer one."""
    with _write_lock:
        if db.obj.in_transaction():
            yield
        else:
            with db.obj.atomic():
                _wait_for_other_writers()
                yield


def _wait_for_other_writers() -> None:
    """On PostgreSQL what BEGIN IMMEDIATE does on SQLite: what a transaction reads still holds when it writes."""
    if not is_sqlite():
        db.execute_sql(f"SELECT pg_advisory_xact_lock({_ONE_WRITER})")


@contextmanager
def connected() -> Iterator[None]:
    """A connection for a block outside a request: a job, a command."""
    opened = db.connect(reuse_if_open=True)
    try:
        yield
    finally:
        if opened and not db.is_closed():
            db.close()


def release(*, broken: bool = False) -> None:
    """A request is over. On SQLite its thread keeps the connection: opening one costs as much as five queries, and
    closing the last one writes the whole WAL back. After a fault it is closed, with whatever still hung on it."""
    keeps_open = is_sqlite() and not broken
    if not keeps_open and not db.is_closed():
        db.close()


def empty_journal() -> None:
    """What was deleted must not be left in the WAL file. Outside of a transaction; nothing on PostgreSQL."""
    if is_sqlite():
        db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def rows(query: Any) -> list[tuple[Any, ...]]:
    """The columns of a query as plain tuples (Peewee's own typing says model instances there)."""
    return list(query.tuples())


class PreparedStatement:
    """A statement that Peewee puts into words once; afterwards only its values are new.

    Measured with ``tests.bench.saving``, this class and plain Peewee by turns: a saved cell runs 11 of these
    statements and takes 3.3 ms of processor time with this class, 7.6 ms without. Wording a record's 40 columns
    takes Peewee 1 ms, running it takes SQLite a twentieth of that. SQL texts beside their uses would be as fast, but
    name those columns a second time, for two databases. So: only for what every saved cell or every row of a
    workbook needs; all else is plain Peewee.

    ``build`` gets one marker for each value and returns the query::

        record_with = PreparedStatement(lambda id_: Person.select().where(Person.id == id_))
        record_with.rows(17)

    Values go to the database as they are: numbers and texts, not model instances. ``places``: how many values there
    are, where ``build`` takes any number of them.
    """

    def __init__(self, build: Callable[..., Any], *, places: int | None = None) -> None:
        if places is None:
            places = len(inspect.signature(build).parameters)
        self._build = build
        self._markers = [Value(_Marker(rank), converter=False) for rank in range(places)]
        # each kind of database has its own quotes and question marks
        self._compiled_for: dict[type, _Compiled] = {}

    def rows(self, *values: object) -> list[Any]:
        """The rows of a SELECT, in the form that its query asks for: model instances, tuples ..."""
        compiled = self._compiled()
        return compiled.read(db.obj.execute_sql(compiled.sql, compiled.filled(values)))

    def raw(self, *values: object) -> list[tuple[Any, ...]]:
        """The rows as the database gives them: for numbers and texts, which need no reading."""
        compiled = self._compiled()
        answer = db.obj.execute_sql(compiled.sql, compiled.filled(values))
        return answer.fetchall()

    def run(self, *values: object) -> int:
        """How many rows an UPDATE or INSERT touched."""
        compiled = self._compiled()
        return db.obj.execute_sql(compiled.sql, compiled.filled(values)).rowcount

    def run_many(self, many: Iterable[Sequence[object]]) -> None:
        """The same statement for many rows, without a way through Python for each."""
        compiled = self._compiled()
        db.cursor().executemany(compiled.sql, map(compiled.filled, many))

    def _compiled(self) -> "_Compiled":
        kind = type(db.obj)
        compiled = self._compiled_for.get(kind)
        if compiled is None:
            query = self._build(*self._markers)
            sql, parameters = db.get_sql_context().parse(query)
            compiled = _Compiled(query, sql, parameters, places=len(self._markers))
            self._compiled_for[kind] = compiled
        return compiled


class PreparedForMany:
    """A prepared statement about any number of values: ``build`` gets their markers as a list, for an ``IN``.

    There is one for each power of two, filled up with the last value: what is asked for twice is found once. At least
    one value; SQLite takes 999 in old builds.
    """

    def __init__(self, build: Callable[[list[Any]], Any]) -> None:
        self._build = build
        self._with: dict[int, PreparedStatement] = {}  # by how many values

    def rows(self, values: Sequence[object]) -> list[Any]:
        """As ``PreparedStatement.rows``."""
        filled_up = _filled_up(values)
        return self._for(len(filled_up)).rows(*filled_up)

    def raw(self, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """As ``PreparedStatement.raw``."""
        filled_up = _filled_up(values)
        return self._for(len(filled_up)).raw(*filled_up)

    def _for(self, places: int) -> PreparedStatement:
        if places not in self._with:
            statement = PreparedStatement(
                lambda *markers: self._build(list(markers)), places=places
            )
            self._with[places] = statement
        return self._with[places]


def _filled_up(values: Sequence[object]) -> list[object]:
    """To a power of two."""
    power = (len(values) - 1).bit_length()
    missing = 2**power - len(values)
    return [*values, *values[-1:] * missing]


class _Marker(int):
    """Stands among the parameters of a statement where the value of this rank comes."""


class _Compiled:
    """A query with its SQL, knowing what goes into the SQL's question marks and how its rows are read."""

    def __init__(self, query: Any, sql: str, parameters: list[object], *, places: int) -> None:
        """``parameters``: one for each question mark, either a marker or a constant of the query.

        ``places``: how many values come; a query may leave some of them out.
        """
        self.sql = sql
        self._query = query
        self._parameters = parameters
        # which values go in, where nothing else does
        self._ranks: list[int] = [rank for rank in parameters if isinstance(rank, _Marker)]
        self._only_markers = len(self._ranks) == len(parameters)
        self._is_straight = self._only_markers and self._ranks == list(range(places))
        self._read_row: Callable[[tuple[Any, ...]], Any] | None = None

    def filled(self, values: Sequence[object]) -> Sequence[object]:
        """What goes into the question marks; ``values`` in the order of ``build``."""
        if self._is_straight:
            return values
        if self._only_markers:
            return [values[rank] for rank in self._ranks]
        filled = []
        for parameter in self._parameters:
            if isinstance(parameter, _Marker):
                filled.append(values[parameter])
            else:
                filled.append(parameter)
        return filled

    def read(self, cursor: Any) -> list[Any]:
        """The rows of an answer, in the form of the query.

        The first answer with rows shows Peewee their columns; that knowledge serves all later ones.
        """
        if self._read_row is not None:
            return [self._read_row(row) for row in cursor.fetchall()]
        reader = self._query.clone().execute(_AlreadyExecuted(cursor))
        first_rows = list(reader)
        reader.row_cache.clear()  # its columns are kept, not its people
        if first_rows:  # without a row Peewee has not looked at the columns yet
            self._read_row = quick_rows.reader_of(reader) or reader.process_row
        return first_rows


class _AlreadyExecuted:
    """What a query takes for its database: one that has answered already."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, _: Any, **__: Any) -> Any:
        """The cursor of the answer, whatever is asked."""
        return self._cursor
