"""Which installation holds the demo school is remembered; the demo schools seeded before are recognised.

By the name that the demo gives its school, now or before somebody changed it, and by an account whose password is the
printed one: no real school can have it, for a password never contains the name of its account.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_NAME = "Trường TH&THCS Thủ Thừa (minh họa)"


def up(migrator, db):
    db.execute_sql("ALTER TABLE school ADD COLUMN demo BOOLEAN NOT NULL DEFAULT FALSE")
    if _was_named_so(db) or _has_a_printed_password(db):
        db.execute_sql("UPDATE school SET demo = TRUE")


def _was_named_so(db):
    now = f"SELECT 1 FROM school WHERE name = {db.param}"
    before = f"SELECT 1 FROM change WHERE event = 'school.changed' AND old = {db.param}"
    return any(db.execute_sql(query, (_NAME,)).fetchone() for query in (now, before))


def _has_a_printed_password(db):
    accounts = db.execute_sql('SELECT username, password_hash FROM "user"').fetchall()
    return any(_is_password(hash_, f"demo-{username}") for username, hash_ in accounts)


def _is_password(hash_, password):
    try:
        return PasswordHasher().verify(hash_, password)
    except (VerificationError, InvalidHashError):
        return False
