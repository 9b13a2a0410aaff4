"""The history becomes a chain of hashes, and its triggers leave no way around.

Each row gets a salt for its texts (``seal``) and the hash of what it says and of the row before (``link``);
``idapp/history_chain.py`` describes the form, which stands here once more because a migration never changes. What is
older than this migration is chained as it stands now.

Triggers: besides UPDATE and DELETE, a row that is put in with a number that is not the next one (``INSERT OR REPLACE``
from a shell without recursive_triggers deletes a row and fires no other trigger), and on PostgreSQL TRUNCATE. One
UPDATE passes: the texts of a row are erased, their salted hash takes the place of the salt, and all else stays.
"""

import json
import os
from hashlib import sha256

from peewee import SqliteDatabase

_PAGE = 5000
_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the audit is append only'); END"
_STAYS = (
    "id",
    "at",
    "user_id",
    "event",
    "person_id",
    "subject",
    "undoes",
    "verb",
    "field",
    "source",
    "changeset",
    "version",
    "address",
    "link",
)
_ERASING = (
    "NEW.old = '' AND NEW.new = '' AND NEW.typed = ''"
    " AND length(OLD.seal) = 32 AND length(NEW.seal) = 64"
)
_SQLITE = (
    "DROP TRIGGER IF EXISTS change_no_update",
    "CREATE TRIGGER change_no_update BEFORE UPDATE ON change WHEN NOT ("
    + " AND ".join([_ERASING, *(f"NEW.{name} IS OLD.{name}" for name in _STAYS)])
    + f") {_REFUSE}",
    # -1 stands for a row whose number SQLite is to choose
    "CREATE TRIGGER change_no_replace BEFORE INSERT ON change"
    " WHEN NEW.id <> -1 AND NEW.id <= (SELECT MAX(id) FROM change)"
    f" {_REFUSE}",
)
_POSTGRESQL = (
    "DROP TRIGGER IF EXISTS change_no_rewrite ON change",
    "CREATE TRIGGER change_no_update BEFORE UPDATE ON change FOR EACH ROW WHEN (NOT ("
    + " AND ".join([_ERASING, *(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in _STAYS)])
    + ")) EXECUTE FUNCTION change_is_append_only()",
    "CREATE TRIGGER change_no_delete BEFORE DELETE ON change"
    " FOR EACH ROW EXECUTE FUNCTION change_is_append_only()",
    "CREATE TRIGGER change_no_truncate BEFORE TRUNCATE ON change"
    " FOR EACH STATEMENT EXECUTE FUNCTION change_is_append_only()",
)
_COLUMNS = (
    "ALTER TABLE change ADD COLUMN seal VARCHAR(255) NOT NULL DEFAULT ''",
    "ALTER TABLE change ADD COLUMN link VARCHAR(255) NOT NULL DEFAULT ''",
)
_SELECT = (
    "SELECT id, at, old, new, typed, user_id, event, person_id, subject, undoes, verb, field,"
    " source, changeset, version, address FROM change WHERE id > {} ORDER BY id LIMIT {}"
)


def up(migrator, db):
    triggers = _SQLITE if isinstance(db, SqliteDatabase) else _POSTGRESQL
    # the update that chains the rows, before anything refuses it
    for statement in (triggers[0], *_COLUMNS):
        db.execute_sql(statement)
    _chain(db)
    for statement in triggers[1:]:
        db.execute_sql(statement)


def _chain(db):
    newest = -(2**31)
    link = ""
    update = f"UPDATE change SET seal = {db.param}, link = {db.param} WHERE id = {db.param}"
    while True:
        page = db.execute_sql(_SELECT.format(newest, _PAGE)).fetchall()
        links = []
        for id_, at, old, new, typed, *more in page:
            seal = os.urandom(16).hex()
            texts = sha256((seal + _json([old, new, typed])).encode()).hexdigest()
            said = [id_, _moment(at), *more, texts]
            link = sha256((link + _json(said)).encode()).hexdigest()
            links.append((seal, link, id_))
        if links:
            db.cursor().executemany(update, links)
            newest = links[-1][2]
        if len(page) < _PAGE:
            return


def _json(values):
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _moment(at):
    text = str(at)
    if len(text) == len("2026-11-30 07:05:09"):
        text += "."
    return text.ljust(len("2026-11-30 07:05:09.000001"), "0")
