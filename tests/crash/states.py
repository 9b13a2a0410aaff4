"""What a killed process has left, told apart: two folders of one state need the program started on one of them only.

Between two steps that reach the disk for good nothing that counts changes: what SQLite wrote of a transaction without
its end counts for nothing. A state is every row and the schema as SQLite finds them, with what is in the journal, and
every other file to the byte. Moments and names of chance, which differ with each run, count by being there or not.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from peewee import sqlite3 as linked_sqlite  # type: ignore[attr-defined]

from tests.crash import restart

_DATABASE = "var/idapp.db"


def state_of(folder: Path) -> str:
    """A hash of it. Looks at a copy: whoever opens a database ends what stands in its journal."""
    told = sha256()
    with TemporaryDirectory(dir=folder.parent) as place:
        copy = Path(place) / "idapp.db"
        for ending in ("", "-wal", "-journal"):
            file = folder / f"{_DATABASE}{ending}"
            if file.exists():
                shutil.copyfile(file, f"{copy}{ending}")
        for row in _rows(copy):
            told.update(repr(row).encode())
    files = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not name.startswith(_DATABASE):
            files.append((restart.without_chance(name), _content(path)))
    told.update(repr(sorted(files)).encode())
    return told.hexdigest()


def _content(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"


def _rows(database: Path) -> Iterator[Any]:
    if not database.exists():
        return
    connection = linked_sqlite.connect(str(database))
    try:
        yield from connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name")
        names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ranks: dict[str, str] = {}
        for (table,) in connection.execute(names).fetchall():
            cursor = connection.execute(f'SELECT * FROM "{table}" ORDER BY 1')
            is_even = [restart.is_even(table, column[0]) for column in cursor.description]
            for row in cursor:
                yield (
                    table,
                    [
                        restart.ranked(value, ranks) if even else value is None
                        for value, even in zip(row, is_even, strict=True)
                    ],
                )
    finally:
        connection.close()
